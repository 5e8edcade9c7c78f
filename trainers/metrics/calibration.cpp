// Log loss, Brier score, expected calibration error over a whole part.
#include "trainers/metrics/calibration.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace nta {

namespace {

/// Calls f(row of probabilities, target) for each labelled row; returns their number.
template <class F>
std::int64_t for_each_row(ProbabilityRows rows, F f) {
  NTA_EXPECTS(rows.probabilities.size() == rows.targets.size() * rows.n_classes, ErrorKind::data,
              "{} probabilities for {} rows of {} classes", rows.probabilities.size(),
              rows.targets.size(), rows.n_classes);
  std::int64_t n = 0;
  for (std::size_t i = 0; i < rows.targets.size(); ++i) {
    if (rows.targets[i] < 0) {
      continue;
    }
    auto const p = rows.probabilities.subspan(i * rows.n_classes, rows.n_classes);
    for (double const v : p) {
      NTA_EXPECTS(!std::isnan(v), ErrorKind::data, "a probability of row {} is not a number", i);
    }
    f(p, static_cast<std::size_t>(rows.targets[i]));
    ++n;
  }
  return n;
}

std::optional<double> mean(double sum, std::int64_t n) {
  if (n == 0) {
    return std::nullopt;
  }
  return sum / static_cast<double>(n);
}

}  // namespace

std::optional<double> log_loss(ProbabilityRows rows) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double sum = 0;
  std::int64_t const n = for_each_row(rows, [&](std::span<double const> p, std::size_t truth) {
    sum -= std::log(std::clamp(p[truth], kEpsilon, 1 - kEpsilon));
  });
  return mean(sum, n);
}

std::optional<double> brier(ProbabilityRows rows) {
  double sum = 0;
  std::int64_t const n = for_each_row(rows, [&](std::span<double const> p, std::size_t truth) {
    for (std::size_t k = p.size() == 2 ? 1 : 0; k < p.size(); ++k) {
      double const error = p[k] - (k == truth ? 1.0 : 0.0);
      sum += error * error;
    }
  });
  return mean(sum, n);
}

std::optional<double> expected_calibration_error(ProbabilityRows rows) {
  constexpr std::size_t kBins = 15;
  std::array<double, kBins> hits{}, confidence{};
  std::int64_t const n = for_each_row(rows, [&](std::span<double const> p, std::size_t truth) {
    auto const top = std::max_element(p.begin(), p.end());  // ties: the first, as arg max
    // Bin b holds (b/15, (b+1)/15]: upper ends belong to their bin.
    double const place = std::ceil(*top * kBins) - 1;
    auto const bin = static_cast<std::size_t>(std::clamp(place, 0.0, double{kBins - 1}));
    hits[bin] += static_cast<std::size_t>(top - p.begin()) == truth ? 1.0 : 0.0;
    confidence[bin] += *top;
  });
  double sum = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    sum += std::abs(hits[bin] - confidence[bin]);
  }
  return mean(sum, n);
}

}  // namespace nta
