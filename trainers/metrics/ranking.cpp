// ROC points and what is read off them.
#include "trainers/metrics/ranking.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nta {

namespace {

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

RocCurve roc_curve(std::span<double const> scores, std::span<std::uint8_t const> labels) {
  NTA_EXPECTS(scores.size() == labels.size(), ErrorKind::data, "{} scores, {} labels",
              scores.size(), labels.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    NTA_EXPECTS(!std::isnan(scores[i]), ErrorKind::data, "the score of row {} is not a number", i);
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  RocCurve curve;
  for (std::size_t const row : order) {
    (labels[row] != 0 ? curve.positives : curve.negatives) += 1;
    if (curve.points.empty() || curve.points.back().score != scores[row]) {
      curve.points.push_back({scores[row], 0, 0});
    }
    curve.points.back().tp = curve.positives;
    curve.points.back().fp = curve.negatives;
  }
  return curve;
}

std::optional<double> roc_auc(RocCurve const& curve) {
  if (curve.positives == 0 || curve.negatives == 0) {
    return std::nullopt;
  }
  // Twice the Mann-Whitney count, exact: a positive beats negatives below it, ties half.
  double twice_wins = 0;
  RocPoint before{};
  for (RocPoint const& point : curve.points) {
    std::int64_t const new_tp = point.tp - before.tp;
    std::int64_t const below = curve.negatives - point.fp;
    std::int64_t const equal = point.fp - before.fp;
    twice_wins += static_cast<double>(new_tp * (2 * below + equal));
    before = point;
  }
  return twice_wins / 2 /
         (static_cast<double>(curve.positives) * static_cast<double>(curve.negatives));
}

std::optional<double> average_precision(RocCurve const& curve) {
  if (curve.positives == 0) {
    return std::nullopt;
  }
  double sum = 0;
  std::int64_t tp_before = 0;
  for (RocPoint const& point : curve.points) {
    sum += share(point.tp - tp_before, curve.positives) * share(point.tp, point.tp + point.fp);
    tp_before = point.tp;
  }
  return sum;
}

std::optional<double> tpr_at_fpr(RocCurve const& curve, double limit) {
  bool const measurable = static_cast<double>(curve.negatives) * limit >= 1 - 1e-9;
  if (curve.positives == 0 || !measurable) {
    return std::nullopt;
  }
  std::int64_t best_tp = 0;  // alarming nothing is a point too
  for (RocPoint const& point : curve.points) {
    if (share(point.fp, curve.negatives) <= limit) {
      best_tp = std::max(best_tp, point.tp);
    }
  }
  return share(best_tp, curve.positives);
}

std::optional<double> fpr_at_tpr(RocCurve const& curve, double wanted) {
  if (curve.positives == 0 || curve.negatives == 0) {
    return std::nullopt;
  }
  for (RocPoint const& point : curve.points) {
    if (share(point.tp, curve.positives) >= wanted) {
      return share(point.fp, curve.negatives);
    }
  }
  return 1.0;
}

std::optional<double> max_f1(RocCurve const& curve) {
  if (curve.positives == 0 || curve.negatives == 0) {
    return std::nullopt;
  }
  double best = 0;
  for (RocPoint const& point : curve.points) {
    best = std::max(best, share(2 * point.tp, curve.positives + point.tp + point.fp));
  }
  return best;
}

}  // namespace nta
