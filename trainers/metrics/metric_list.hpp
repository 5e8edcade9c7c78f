// THE list of metrics: name, which way is better, for which tasks, what null means. Help texts,
// the names an experiment may monitor, report tables and evaluate_metrics are fed from here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

enum class MetricTask { classification, anomaly, regression };
enum class Direction { maximize, minimize };

/// Bits of MetricInfo::tasks.
enum TaskBit : unsigned { kForClasses = 1, kForAnomaly = 2, kForRegression = 4 };

struct MetricInfo {
  std::string_view name;  // a name ending in "/" is followed by a class
  Direction direction;
  unsigned tasks;
  std::string_view text;       // definition
  std::string_view undefined;  // reason given with null; "" = defined for every non-empty part
};

inline constexpr unsigned kForLabels = kForClasses | kForAnomaly;

inline constexpr MetricInfo kMetrics[] = {
    {"loss", Direction::minimize, kForLabels | kForRegression,
     "the training loss over the whole part", ""},
    {"accuracy", Direction::maximize, kForLabels, "hits / rows", "no threshold was chosen"},
    {"balanced_accuracy", Direction::maximize, kForLabels, "mean recall over the classes in truth",
     "no trained class in truth, or no threshold"},
    {"precision", Direction::maximize, kForLabels, "of the positive class",
     "more than two classes, or no threshold"},
    {"recall", Direction::maximize, kForLabels, "of the positive class",
     "more than two classes, or no threshold"},
    {"f1", Direction::maximize, kForLabels, "of the positive class",
     "more than two classes, or no threshold"},
    {"macro_precision", Direction::maximize, kForLabels, "mean over true and predicted classes",
     "no trained class in truth or prediction, or no threshold"},
    {"macro_recall", Direction::maximize, kForLabels, "mean over true and predicted classes",
     "no trained class in truth or prediction, or no threshold"},
    {"macro_f1", Direction::maximize, kForLabels, "mean over true and predicted classes",
     "no trained class in truth or prediction, or no threshold"},
    {"micro_precision", Direction::maximize, kForLabels, "over summed counts",
     "no trained class in truth or prediction, or no threshold"},
    {"micro_recall", Direction::maximize, kForLabels, "over summed counts",
     "no trained class in truth or prediction, or no threshold"},
    {"micro_f1", Direction::maximize, kForLabels, "over summed counts",
     "no trained class in truth or prediction, or no threshold"},
    {"weighted_precision", Direction::maximize, kForLabels, "mean weighted by true rows",
     "no trained class in truth or prediction, or no threshold"},
    {"weighted_recall", Direction::maximize, kForLabels, "mean weighted by true rows",
     "no trained class in truth or prediction, or no threshold"},
    {"weighted_f1", Direction::maximize, kForLabels, "mean weighted by true rows",
     "no trained class in truth or prediction, or no threshold"},
    {"mcc", Direction::maximize, kForLabels, "multi-class correlation (Gorodkin 2004)",
     "only one class in truth or prediction, or no threshold"},
    {"kappa", Direction::maximize, kForLabels, "Cohen: agreement above chance",
     "only one class in truth, or no threshold"},
    {"fpr", Direction::minimize, kForLabels, "normal rows called something else / normal rows",
     "no normal row, no normal class named, or no threshold"},
    {"roc_auc", Direction::maximize, kForLabels,
     "Mann-Whitney, ties 1/2; over two classes: mean one-vs-rest", "a class is missing in truth"},
    {"pr_auc", Direction::maximize, kForLabels,
     "average precision; over two classes: mean one-vs-rest", "a class has no row"},
    {"log_loss", Direction::minimize, kForLabels,
     "-ln p(true), p clipped to [2.2e-16, 1 - 2.2e-16]", "a detector gives no probability"},
    {"brier", Direction::minimize, kForLabels, "(p - y)^2; over two classes: summed over classes",
     "a detector gives no probability"},
    {"ece", Direction::minimize, kForLabels,
     "15 bins of the top probability: sum n_b/N |accuracy - confidence|",
     "a detector gives no probability"},
    {"tpr_at_fpr_0.001", Direction::maximize, kForLabels,
     "largest TPR of a ROC point with FPR <= 0.001",
     "fewer than 1000 normal rows, no other row, or no normal class named"},
    {"tpr_at_fpr_0.01", Direction::maximize, kForLabels,
     "largest TPR of a ROC point with FPR <= 0.01",
     "fewer than 100 normal rows, no other row, or no normal class named"},
    {"tpr_at_fpr_0.05", Direction::maximize, kForLabels,
     "largest TPR of a ROC point with FPR <= 0.05",
     "fewer than 20 normal rows, no other row, or no normal class named"},
    {"fpr_at_tpr_95", Direction::minimize, kForLabels, "least FPR of a ROC point with TPR >= 0.95",
     "one side has no row, or no normal class named"},
    {"max_f1", Direction::maximize, kForLabels,
     "best F1 over all thresholds: an oracle's threshold, not a result",
     "one side has no row, or no normal class named"},
    {"precision/", Direction::maximize, kForClasses, "of one class, against the rest", ""},
    {"recall/", Direction::maximize, kForLabels,
     "of one class; without training rows: called anything but normal",
     "the class has no row in truth, or no threshold"},
    {"f1/", Direction::maximize, kForClasses, "of one class, against the rest", ""},
    {"fpr/", Direction::minimize, kForClasses, "of one class, against the rest",
     "every row is of this class"},
    {"mae", Direction::minimize, kForRegression, "mean |error|", ""},
    {"rmse", Direction::minimize, kForRegression, "root of the mean squared error", ""},
    {"r2", Direction::maximize, kForRegression, "1 - SSE / SST", "the truth is constant"},
    {"mape", Direction::minimize, kForRegression,
     "mean |error / y|, rows with y = 0 left out and counted", "y is 0 in every row"},
};

/// The row of a name, also of "recall/syn_scan"; nothing for an unknown name.
std::optional<MetricInfo> find_metric(std::string_view name);

/// The bit of a task.
constexpr unsigned task_bit(MetricTask task) {
  switch (task) {
    case MetricTask::classification:
      return kForClasses;
    case MetricTask::anomaly:
      return kForAnomaly;
    case MetricTask::regression:
      return kForRegression;
  }
  return 0;
}

/// Names an experiment may monitor (without the part): those with no class in them.
std::vector<std::string> metric_names();

}  // namespace nta
