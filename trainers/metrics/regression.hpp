// Predicted against true numbers, in the target's unit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace nta {

/// truth, predicted: [n]. Error(data) if lengths differ or a value is not finite. Null if n = 0.
std::optional<double> mean_absolute_error(std::span<double const> truth,
                                          std::span<double const> predicted);
std::optional<double> root_mean_squared_error(std::span<double const> truth,
                                              std::span<double const> predicted);
/// 1 - SSE / SST; null if the truth is constant.
std::optional<double> r_squared(std::span<double const> truth, std::span<double const> predicted);

/// Mean |error / y| (a ratio, not per cent); rows with y = 0 are left out and counted.
struct PercentageError {
  std::optional<double> value;
  std::int64_t zeros = 0;
};
PercentageError mean_absolute_percentage_error(std::span<double const> truth,
                                               std::span<double const> predicted);

}  // namespace nta
