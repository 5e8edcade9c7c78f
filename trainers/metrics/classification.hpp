// Class ids of truth and prediction -> confusion counts -> hard-decision metrics.
// Everything is a function of the counts of the whole part; nothing is averaged over batches.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nta {

/// counts[true * n_classes + predicted].
struct ConfusionMatrix {
  std::size_t n_classes = 0;
  std::vector<std::int64_t> counts;
  std::int64_t at(std::size_t truth, std::size_t predicted) const {
    return counts[truth * n_classes + predicted];
  }
};

/// targets, predictions: [n] ids in [0, n_classes); rows with target < 0 (unlabelled) are left out.
/// Error(data) if the lengths differ or an id lies outside. O(n).
ConfusionMatrix confusion_matrix(std::span<std::int32_t const> targets,
                                 std::span<std::int32_t const> predictions, std::size_t n_classes);

/// One class against the rest.
struct ClassCounts {
  std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;
};
ClassCounts class_counts(ConfusionMatrix const& confusion, std::size_t of_class);

/// precision = tp/(tp+fp), recall = tp/(tp+fn), f1 = 2tp/(2tp+fp+fn); 0/0 = 0 with its flag set.
struct PrecisionRecall {
  double precision = 0, recall = 0, f1 = 0;
  bool no_prediction = false;  // tp + fp = 0
  bool no_truth = false;       // tp + fn = 0
};
PrecisionRecall precision_recall(ClassCounts counts);
/// fp/(fp+tn); null without negatives.
std::optional<double> false_positive_rate(ClassCounts counts);

/// Hits / rows; null for an empty part.
std::optional<double> accuracy(ConfusionMatrix const& confusion);
/// Mean recall over the classes in truth among `seen` [n_classes]; null if there is none.
std::optional<double> balanced_accuracy(ConfusionMatrix const& confusion,
                                        std::span<std::uint8_t const> seen);

enum class Average { macro, micro, weighted };
/// Over the seen classes that occur in truth or prediction; rows of unseen classes still count as
/// false positives of the class they were taken for. Null if no such class.
std::optional<PrecisionRecall> averaged(ConfusionMatrix const& confusion,
                                        std::span<std::uint8_t const> seen, Average average);

/// Gorodkin, Computational Biology and Chemistry 28, 2004. Null if truth or prediction holds one
/// class only.
std::optional<double> matthews(ConfusionMatrix const& confusion);
/// Cohen 1960. Null if truth holds one class only.
std::optional<double> cohen_kappa(ConfusionMatrix const& confusion);

}  // namespace nta
