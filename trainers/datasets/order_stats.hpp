// Quantiles, means and variances of a column, as numpy and scikit-learn define them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace nta {

/// Linear interpolation between order statistics (numpy's default "linear"), q in [0, 1].
/// `sorted` ascends and is not empty.
inline double quantile_sorted(std::span<double const> sorted, double q) {
  double const position = q * static_cast<double>(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(position);
  double const a = sorted[below];
  double const b = sorted[std::min(below + 1, sorted.size() - 1)];
  double const t = position - std::floor(position);
  if (a == b) {
    return a;
  }  // also of two infinities
  // From the nearer end, as numpy does: exact at t = 1 and monotone in t.
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

/// The most frequent value; the smallest of equally frequent ones.
double most_frequent_sorted(std::span<double const> sorted);

struct MeanVariance {
  double mean = 0, variance = 0;  // ddof 0
};
/// Two passes in extended precision: exact enough that only the last bit depends on the order.
MeanVariance mean_variance(std::span<double const> values);

}  // namespace nta
