// Scores (larger = more positive) and 0/1 labels -> threshold-free metrics. All are functions of
// the ROC points, one per distinct score: ties are never broken by row order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nta {

/// Counts when every score >= `score` is an alarm.
struct RocPoint {
  double score = 0;
  std::int64_t tp = 0, fp = 0;
};
struct RocCurve {
  std::vector<RocPoint> points;  // falling distinct scores; the last one alarms every row
  std::int64_t positives = 0, negatives = 0;
};

/// scores, labels: [n], labels 0 or 1. NaN throws ErrorKind::data. O(n log n).
RocCurve roc_curve(std::span<double const> scores, std::span<std::uint8_t const> labels);

/// Area under the ROC curve; ties count one half (Hanley & McNeil, Radiology 143, 1982).
/// Null if a class is absent.
std::optional<double> roc_auc(RocCurve const& curve);
/// Average precision: sum of recall steps times precision. Null without a positive.
std::optional<double> average_precision(RocCurve const& curve);
/// Largest TPR among points with FPR <= limit, no interpolation; null with fewer than 1/limit
/// negatives (the rate could not be measured) or without a positive.
std::optional<double> tpr_at_fpr(RocCurve const& curve, double limit);
/// Least FPR among points with TPR >= wanted; null if a class is absent.
std::optional<double> fpr_at_tpr(RocCurve const& curve, double wanted);
/// Best F1 over all points: what an oracle's threshold would give. Null if a class is absent.
std::optional<double> max_f1(RocCurve const& curve);

}  // namespace nta
