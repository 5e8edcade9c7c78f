// Probabilities against truth: how good the numbers themselves are, not only their order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace nta {

/// Row-major [n, n_classes] probabilities and class ids [n]. Rows with target < 0 are left out.
struct ProbabilityRows {
  std::span<double const> probabilities;
  std::span<std::int32_t const> targets;
  std::size_t n_classes = 0;
};

/// Mean -ln p(true), p clipped to [2.2e-16, 1 - 2.2e-16]. Null for an empty part.
std::optional<double> log_loss(ProbabilityRows rows);
/// Mean (p_1 - y)^2 for two classes, sum over classes of (p_k - y_k)^2 for more. Null if empty.
std::optional<double> brier(ProbabilityRows rows);
/// Expected calibration error: 15 equal bins (lo, hi] of the top probability,
/// sum n_b/N |accuracy_b - confidence_b| (Guo et al., ICML 2017). Null if empty.
std::optional<double> expected_calibration_error(ProbabilityRows rows);

}  // namespace nta
