#include "libnta/capture/frame.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

Frame timed(std::uint8_t resolution, std::uint64_t units, std::int64_t offset_s = 0) {
  Frame frame;
  set_time({resolution, offset_s}, units, frame);
  return frame;
}

TEST(TimeScale, CountsInPowersOfTen) {
  EXPECT_EQ(timed(6, 1'700'000'000'123'456).time_s, 1'700'000'000);
  EXPECT_EQ(timed(6, 1'700'000'000'123'456).time_ns, 123'456'000U);
  EXPECT_EQ(timed(9, 1'700'000'000'123'456'789).time_ns, 123'456'789U);
  EXPECT_EQ(timed(3, 1'700'000'000'250).time_ns, 250'000'000U);
  EXPECT_EQ(timed(0, 1'700'000'000).time_s, 1'700'000'000);
}

// 1.999999999999 s in picoseconds: 1 s and 999,999,999 ns, the rest is cut, not rounded up.
TEST(TimeScale, FloorsWhatIsFinerThanANanosecond) {
  EXPECT_EQ(timed(12, 1'999'999'999'999).time_s, 1);
  EXPECT_EQ(timed(12, 1'999'999'999'999).time_ns, 999'999'999U);
  EXPECT_EQ(timed(19, UINT64_MAX).time_s, 1);  // 1.8446744073709551615 s
  EXPECT_EQ(timed(19, UINT64_MAX).time_ns, 844'674'407U);
  EXPECT_EQ(timed(20, UINT64_MAX).time_ns, 184'467'440U);
  EXPECT_EQ(timed(28, UINT64_MAX).time_ns, 1U);  // 1.8446744 ns
  EXPECT_EQ(timed(29, UINT64_MAX).time_ns, 0U);
  EXPECT_EQ(timed(127, UINT64_MAX).time_s, 0);
}

TEST(TimeScale, CountsInPowersOfTwo) {
  EXPECT_EQ(timed(0x80 | 10, 3 * 1024 + 512).time_s, 3);
  EXPECT_EQ(timed(0x80 | 10, 3 * 1024 + 512).time_ns, 500'000'000U);
  EXPECT_EQ(timed(0x80 | 0, 5).time_s, 5);
  EXPECT_EQ(timed(0x80 | 63, UINT64_MAX).time_s, 1);
  EXPECT_EQ(timed(0x80 | 63, UINT64_MAX).time_ns, 999'999'999U);
  EXPECT_EQ(timed(0x80 | 64, std::uint64_t{1} << 63).time_ns, 500'000'000U);
  EXPECT_EQ(timed(0x80 | 94, UINT64_MAX).time_ns, 0U);
  EXPECT_EQ(timed(0x80 | 127, UINT64_MAX).time_ns, 0U);
}

TEST(TimeScale, AddsASignedOffset) {
  EXPECT_EQ(timed(6, 1'500'000, -10).time_s, -9);
  EXPECT_EQ(timed(6, 1'500'000, -10).time_ns, 500'000'000U);
  EXPECT_EQ(timed(6, 1'500'000, 4'700'000'000'000).time_s, 4'700'000'000'001);
}

TEST(TimeScale, SaysWhenSecondsDoNotFit) {
  EXPECT_FALSE(timed(0, UINT64_MAX).time_valid);
  EXPECT_FALSE(timed(6, 5'000'000, INT64_MAX).time_valid);
  EXPECT_TRUE(timed(6, 5'000'000, INT64_MAX - 5).time_valid);
}

TEST(TimeScale, HasAText) {
  EXPECT_EQ(TimeScale{}.text(), "1e-6");
  EXPECT_EQ((TimeScale{9, 0}.text()), "1e-9");
  EXPECT_EQ((TimeScale{0x80 | 20, 0}.text()), "2^-20");
}

}  // namespace
}  // namespace nta
