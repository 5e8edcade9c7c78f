#include "trainers/training/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

constexpr StepSpan kSpan{100, 10};

ScheduleConfig of(ScheduleKind kind) {
  ScheduleConfig s;
  s.kind = kind;
  return s;
}

TEST(Schedule, WarmUpRisesByEqualStepsAndThenHandsOver) {
  auto s = of(ScheduleKind::linear);
  s.warmup_steps = 4;
  EXPECT_DOUBLE_EQ(schedule_factor(0, s, kSpan), 0.25);
  EXPECT_DOUBLE_EQ(schedule_factor(3, s, kSpan), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(4, s, kSpan), 1.0);   // u = 0
  EXPECT_DOUBLE_EQ(schedule_factor(52, s, kSpan), 0.5);  // u = 48 / 96
  EXPECT_DOUBLE_EQ(schedule_factor(500, s, kSpan), 0.0);
}

TEST(Schedule, CosineKeepsTheFloor) {
  auto s = of(ScheduleKind::cosine);
  s.min_ratio = 0.2;
  EXPECT_DOUBLE_EQ(schedule_factor(0, s, kSpan), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(50, s, kSpan), 0.6);  // cos(pi/2) = 0
  EXPECT_NEAR(schedule_factor(25, s, kSpan), 0.2 + 0.4 * (1 + std::sqrt(0.5)), 1e-15);
  EXPECT_DOUBLE_EQ(schedule_factor(100, s, kSpan), 0.2);
}

TEST(Schedule, StepKindsCountWholeEpochs) {
  auto s = of(ScheduleKind::step);
  s.gamma = 0.5;
  s.every = 3;
  EXPECT_DOUBLE_EQ(schedule_factor(29, s, kSpan), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(30, s, kSpan), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(60, s, kSpan), 0.25);
  s.kind = ScheduleKind::exponential;
  EXPECT_DOUBLE_EQ(schedule_factor(39, s, kSpan), 0.125);
  s.kind = ScheduleKind::constant;
  EXPECT_DOUBLE_EQ(schedule_factor(99, s, kSpan), 1);
}

TEST(Schedule, OneCyclePeaksWhereAskedAndIgnoresWarmUp) {
  auto s = of(ScheduleKind::one_cycle);
  s.peak_at = 0.3;
  s.warmup_steps = 20;
  EXPECT_NEAR(schedule_factor(0, s, kSpan), 0.04, 1e-15);
  EXPECT_DOUBLE_EQ(schedule_factor(15, s, kSpan), 0.52);  // half way: (0.04 + 1) / 2
  EXPECT_DOUBLE_EQ(schedule_factor(30, s, kSpan), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(65, s, kSpan), (1 + 1e-4) / 2);
  EXPECT_NEAR(schedule_factor(100, s, kSpan), 1e-4, 1e-16);
}

TEST(Schedule, DegenerateSpansStayFinite) {
  for (auto const& entry : names(ScheduleKind{})) {
    auto s = of(entry.value);
    s.warmup_steps = 5;
    for (std::int64_t step : {0, 4, 5, 9}) {
      EXPECT_TRUE(std::isfinite(schedule_factor(step, s, {1, 1}))) << entry.name << step;
    }
  }
}

}  // namespace
}  // namespace nta
