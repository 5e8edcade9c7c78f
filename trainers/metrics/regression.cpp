// Error sums of a whole part.
#include "trainers/metrics/regression.hpp"

#include "libnta/core/error.hpp"

#include <cmath>

namespace nta {

namespace {

void check(std::span<double const> truth, std::span<double const> predicted) {
  NTA_EXPECTS(truth.size() == predicted.size(), ErrorKind::data, "{} true values, {} predicted",
              truth.size(), predicted.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    NTA_EXPECTS(std::isfinite(truth[i]) && std::isfinite(predicted[i]), ErrorKind::data,
                "row {}: truth {}, predicted {}", i, truth[i], predicted[i]);
  }
}

double squared_error_sum(std::span<double const> truth, std::span<double const> predicted) {
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
  }
  return sum;
}

}  // namespace

std::optional<double> mean_absolute_error(std::span<double const> truth,
                                          std::span<double const> predicted) {
  check(truth, predicted);
  if (truth.empty()) {
    return std::nullopt;
  }
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    sum += std::abs(truth[i] - predicted[i]);
  }
  return sum / static_cast<double>(truth.size());
}

std::optional<double> root_mean_squared_error(std::span<double const> truth,
                                              std::span<double const> predicted) {
  check(truth, predicted);
  if (truth.empty()) {
    return std::nullopt;
  }
  return std::sqrt(squared_error_sum(truth, predicted) / static_cast<double>(truth.size()));
}

std::optional<double> r_squared(std::span<double const> truth, std::span<double const> predicted) {
  check(truth, predicted);
  bool varies = false;
  long double sum = 0;
  for (double const y : truth) {
    sum += y;
    varies = varies || y != truth.front();
  }
  if (!varies) {
    return std::nullopt;
  }
  auto const mean = static_cast<double>(sum / static_cast<long double>(truth.size()));
  double spread = 0;
  for (double const y : truth) {
    spread += (y - mean) * (y - mean);
  }
  return 1 - squared_error_sum(truth, predicted) / spread;
}

PercentageError mean_absolute_percentage_error(std::span<double const> truth,
                                               std::span<double const> predicted) {
  check(truth, predicted);
  PercentageError result;
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] == 0) {
      ++result.zeros;
    } else {
      sum += std::abs((truth[i] - predicted[i]) / truth[i]);
    }
  }
  auto const n = static_cast<std::int64_t>(truth.size()) - result.zeros;
  if (n > 0) {
    result.value = sum / static_cast<double>(n);
  }
  return result;
}

}  // namespace nta
