// Validation scores -> the line between normal and alarm. A row is an alarm if score > threshold.
// Chosen on validation, stored with rule and counts, applied unchanged to test and export.
#pragma once

#include "libnta/config/sections/evaluation.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace nta {

struct Threshold {
  double value = 0;
  ThresholdRule rule = ThresholdRule::task_default;
  double parameter = 0;  // the rate or the quantile; 0 where the rule has none
  std::int64_t normal_rows = 0, other_rows = 0;
};

/// scores, positive: [n] of the validation part, positive 0 for normal rows, else 1.
/// task_default: quantile 0.95. quantile q: of the normal scores, linear. target_fpr f: normal
/// scores sorted falling, k = floor(f n), the (k+1)th. max_f1, youden: best over distinct scores
/// (and one below all of them); ties: the highest threshold.
/// Error(usage) with the counts if a needed side has no row, or fewer than 1/f normal rows.
/// Error(data) on NaN.
Threshold choose_threshold(ThresholdConfig const& config, std::span<double const> scores,
                           std::span<std::uint8_t const> positive);

/// 1 where score > threshold.
std::vector<std::uint8_t> alarms(std::span<double const> scores, double threshold);

/// Row-major [n, n_classes] probabilities and, per class, whether it counts as normal.
struct ClassProbabilities {
  std::span<double const> values;
  std::span<std::uint8_t const> normal_class;
  std::size_t n_classes() const { return normal_class.size(); }
  std::size_t n_rows() const { return n_classes() == 0 ? 0 : values.size() / n_classes(); }
};

/// Per row 1 - p(normal classes): what a threshold acts on.
std::vector<double> attack_scores(ClassProbabilities probabilities);
/// The class of the largest probability, the first of equal ones.
std::vector<std::int32_t> arg_max_classes(ClassProbabilities probabilities);
/// The best other class where 1 - p(normal) > threshold, else the best normal class.
std::vector<std::int32_t> thresholded_classes(ClassProbabilities probabilities, double threshold);

}  // namespace nta
