#include "trainers/training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nta {
namespace {

constexpr double kOneCycleStart = 1.0 / 25, kOneCycleEnd = 1e-4;

/// From a (u = 0) to b (u = 1) along half a cosine.
double cosine_between(double a, double b, double u) {
  return b + (a - b) * (1 + std::cos(std::numbers::pi * u)) / 2;
}

double one_cycle(double t, double peak_at, double total) {
  double const peak = peak_at * total;
  if (t < peak) {
    return cosine_between(kOneCycleStart, 1, t / peak);
  }
  double const rest = std::max(total - peak, 1.0);
  return cosine_between(1, kOneCycleEnd, std::clamp((t - peak) / rest, 0.0, 1.0));
}

/// Share of the way from the end of warm-up to the end.
double progress(double t, double warmup, double total) {
  return total <= warmup ? 1 : std::clamp((t - warmup) / (total - warmup), 0.0, 1.0);
}

}  // namespace

double schedule_factor(std::int64_t step, ScheduleConfig const& s, StepSpan span) {
  double const t = static_cast<double>(step), total = static_cast<double>(span.total);
  double const warmup = static_cast<double>(s.warmup_steps);
  if (s.kind == ScheduleKind::one_cycle) {
    return one_cycle(t, s.peak_at, total);
  }
  if (step < s.warmup_steps) {
    return (t + 1) / warmup;
  }
  auto const epoch = step / std::max<std::int64_t>(span.per_epoch, 1);
  double const u = progress(t, warmup, total);
  switch (s.kind) {
    case ScheduleKind::one_cycle:
    case ScheduleKind::constant:
      return 1;
    case ScheduleKind::linear:
      return 1 - (1 - s.min_ratio) * u;
    case ScheduleKind::cosine:
      return cosine_between(1, s.min_ratio, u);
    case ScheduleKind::step:
      return std::pow(s.gamma, static_cast<double>(epoch / s.every));
    case ScheduleKind::exponential:
      return std::pow(s.gamma, static_cast<double>(epoch));
  }
  return 1;
}

}  // namespace nta
