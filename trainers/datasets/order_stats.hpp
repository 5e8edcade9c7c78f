// Quantiles, means and variances of a column, as numpy and scikit-learn define them.
#pragma once

#include <span>
#include <vector>

namespace nta {

/// Linear interpolation between order statistics (numpy's default "linear"), q in [0, 1].
/// `sorted` ascends and is not empty.
double quantile_sorted(std::span<double const> sorted, double q);

/// The most frequent value; the smallest of equally frequent ones.
double most_frequent_sorted(std::span<double const> sorted);

struct MeanVariance {
  double mean = 0, variance = 0;  // ddof 0
};
/// Two passes in extended precision: exact enough that only the last bit depends on the order.
MeanVariance mean_variance(std::span<double const> values);

}  // namespace nta
