// Learning rate as a pure function of the step: nothing to save, so a resumed run takes the same
// rates.
#pragma once

#include "libnta/config/sections/training.hpp"

#include <cstdint>

namespace nta {

/// How many steps a training has, all and per epoch.
struct StepSpan {
  std::int64_t total = 1, per_epoch = 1;
};

/// Rate of step t (from 0) relative to lr. Warm-up: (t + 1) / warmup_steps; then by kind (formulas:
/// trainers/training/README.md). Steps beyond `total` keep the last value. O(1).
double schedule_factor(std::int64_t step, ScheduleConfig const& schedule, StepSpan span);

}  // namespace nta
