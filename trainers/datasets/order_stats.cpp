// Order statistics and moments of one column.
#include "trainers/datasets/order_stats.hpp"

#include <cstddef>

namespace nta {

double most_frequent_sorted(std::span<double const> sorted) {
  double best = sorted.front();
  std::size_t best_count = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    while (end < sorted.size() && sorted[end] == sorted[i]) {
      ++end;
    }
    if (end - i > best_count) {
      best = sorted[i];
      best_count = end - i;
    }
    i = end;
  }
  return best;
}

MeanVariance mean_variance(std::span<double const> values) {
  long double sum = 0;
  for (double const v : values) {
    sum += v;
  }
  auto const n = static_cast<long double>(values.size());
  long double const mean = sum / n;
  long double squares = 0;
  for (double const v : values) {
    squares += (v - mean) * (v - mean);
  }
  return {static_cast<double>(mean), static_cast<double>(squares / n)};
}

}  // namespace nta
