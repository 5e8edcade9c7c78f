// The threshold rules and the decisions they lead to.
#include "trainers/metrics/threshold.hpp"

#include "libnta/core/error.hpp"
#include "trainers/datasets/order_stats.hpp"
#include "trainers/metrics/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace nta {

namespace {

std::vector<double> normal_scores(std::span<double const> scores,
                                  std::span<std::uint8_t const> positive) {
  std::vector<double> found;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (positive[i] == 0) {
      found.push_back(scores[i]);
    }
  }
  return found;
}

double quantile_of(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return quantile_sorted(values, q);
}

double at_false_positive_rate(std::vector<double> normals, double rate) {
  auto const n = static_cast<double>(normals.size());
  // The rate is a decimal: 0.29 of 100 rows is 29 rows, though 0.29 * 100 < 29 in binary.
  auto const k = static_cast<std::size_t>(std::floor(rate * n + 1e-9));
  NTA_EXPECTS(
      k >= 1, ErrorKind::usage,
      "/evaluation/threshold: target_fpr {} needs at least {} normal validation rows, there "
      "are {}",
      rate, std::ceil(1 / rate), normals.size());
  std::sort(normals.begin(), normals.end(), std::greater<>());
  return normals[std::min(k, normals.size() - 1)];
}

/// The highest threshold of the best ROC point.
double best_over_points(RocCurve const& curve,
                        std::function<double(RocPoint const&)> const& value) {
  double best = value({});  // alarm nothing: the threshold is the largest score
  std::size_t place = 0;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    double const here = value(curve.points[i]);
    if (here > best) {
      best = here;
      place = i + 1;
    }
  }
  // Alarms are scores above the threshold: point i needs the next lower score.
  if (place < curve.points.size()) {
    return curve.points[place].score;
  }
  return std::nextafter(curve.points.back().score, -std::numeric_limits<double>::infinity());
}

double best_f1(RocCurve const& curve) {
  return best_over_points(curve, [&](RocPoint const& point) {
    return static_cast<double>(2 * point.tp) /
           static_cast<double>(curve.positives + point.tp + point.fp);
  });
}

double best_youden(RocCurve const& curve) {
  // TPR - FPR over the common denominator: integers, so that ties are ties.
  return best_over_points(curve, [&](RocPoint const& point) {
    return static_cast<double>(point.tp * curve.negatives - point.fp * curve.positives);
  });
}

}  // namespace

Threshold choose_threshold(ThresholdConfig const& config, std::span<double const> scores,
                           std::span<std::uint8_t const> positive) {
  RocCurve const curve = roc_curve(scores, positive);
  Threshold chosen{
      .rule = config.rule, .normal_rows = curve.negatives, .other_rows = curve.positives};
  bool const needs_both =
      config.rule == ThresholdRule::max_f1 || config.rule == ThresholdRule::youden;
  NTA_EXPECTS(curve.negatives > 0 && (!needs_both || curve.positives > 0), ErrorKind::usage,
              "/evaluation/threshold: rule {} cannot choose on {} normal and {} other validation "
              "rows",
              name_of(config.rule), curve.negatives, curve.positives);
  switch (config.rule) {
    case ThresholdRule::task_default:
    case ThresholdRule::quantile: {
      bool const given = config.rule == ThresholdRule::quantile && config.value.has_value();
      chosen.parameter = given ? *config.value : 0.95;
      chosen.value = quantile_of(normal_scores(scores, positive), chosen.parameter);
      break;
    }
    case ThresholdRule::target_fpr:
      NTA_EXPECTS(config.value.has_value(), ErrorKind::usage,
                  "/evaluation/threshold/value: target_fpr needs the rate");
      chosen.parameter = *config.value;
      chosen.value = at_false_positive_rate(normal_scores(scores, positive), chosen.parameter);
      break;
    case ThresholdRule::max_f1:
      chosen.value = best_f1(curve);
      break;
    case ThresholdRule::youden:
      chosen.value = best_youden(curve);
      break;
  }
  return chosen;
}

std::vector<std::uint8_t> alarms(std::span<double const> scores, double threshold) {
  std::vector<std::uint8_t> raised(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    raised[i] = scores[i] > threshold ? 1 : 0;
  }
  return raised;
}

namespace {

/// The most probable class among those for which `wanted` holds; -1 if there is none.
template <class F>
std::int32_t best_class(std::span<double const> row, F wanted) {
  std::int32_t best = -1;
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (wanted(k) && (best < 0 || row[k] > row[static_cast<std::size_t>(best)])) {
      best = static_cast<std::int32_t>(k);
    }
  }
  return best;
}

}  // namespace

std::vector<double> attack_scores(ClassProbabilities probabilities) {
  std::vector<double> scores(probabilities.n_rows());
  std::size_t const width = probabilities.n_classes();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    double normal = 0;
    for (std::size_t k = 0; k < width; ++k) {
      if (probabilities.normal_class[k] != 0) {
        normal += probabilities.values[i * width + k];
      }
    }
    scores[i] = 1 - normal;
  }
  return scores;
}

std::vector<std::int32_t> arg_max_classes(ClassProbabilities probabilities) {
  std::vector<std::int32_t> classes(probabilities.n_rows());
  std::size_t const width = probabilities.n_classes();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i] = best_class(probabilities.values.subspan(i * width, width),
                            [](std::size_t) { return true; });
  }
  return classes;
}

std::vector<std::int32_t> thresholded_classes(ClassProbabilities probabilities, double threshold) {
  std::vector<double> const scores = attack_scores(probabilities);
  std::vector<std::int32_t> classes(scores.size());
  std::size_t const width = probabilities.n_classes();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    bool const alarm = scores[i] > threshold;
    auto const wanted = [&](std::size_t k) {
      return (probabilities.normal_class[k] == 0) == alarm;
    };
    classes[i] = best_class(probabilities.values.subspan(i * width, width), wanted);
  }
  return classes;
}

}  // namespace nta
