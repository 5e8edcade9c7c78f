// THE list of metrics: name, which way is better, for which tasks, what null means. Help texts,
// the names an experiment may monitor, report tables and evaluate_metrics are fed from here.
#pragma once

#include <array>
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

namespace metric_list_detail {
inline constexpr unsigned kLabels = kForClasses | kForAnomaly;
inline constexpr auto kMax = Direction::maximize;
inline constexpr auto kMin = Direction::minimize;
}  // namespace metric_list_detail

inline constexpr auto kMetrics = [] {
  using namespace metric_list_detail;
  return std::to_array<MetricInfo>({
      {"loss", kMin, kLabels | kForRegression, "the training loss over the whole part", ""},
      {"accuracy", kMax, kLabels, "hits / rows", "no threshold was chosen"},
      {"balanced_accuracy", kMax, kLabels, "mean recall over the classes in truth",
       "no trained class in truth, or no threshold"},
      {"precision", kMax, kLabels, "of the positive class",
       "more than two classes, or no threshold"},
      {"recall", kMax, kLabels, "of the positive class", "more than two classes, or no threshold"},
      {"f1", kMax, kLabels, "of the positive class", "more than two classes, or no threshold"},
      {"macro_precision", kMax, kLabels, "mean over true and predicted classes",
       "no trained class in truth or prediction, or no threshold"},
      {"macro_recall", kMax, kLabels, "mean over true and predicted classes",
       "no trained class in truth or prediction, or no threshold"},
      {"macro_f1", kMax, kLabels, "mean over true and predicted classes",
       "no trained class in truth or prediction, or no threshold"},
      {"micro_precision", kMax, kLabels, "over summed counts",
       "no trained class in truth or prediction, or no threshold"},
      {"micro_recall", kMax, kLabels, "over summed counts",
       "no trained class in truth or prediction, or no threshold"},
      {"micro_f1", kMax, kLabels, "over summed counts",
       "no trained class in truth or prediction, or no threshold"},
      {"weighted_precision", kMax, kLabels, "mean weighted by true rows",
       "no trained class in truth or prediction, or no threshold"},
      {"weighted_recall", kMax, kLabels, "mean weighted by true rows",
       "no trained class in truth or prediction, or no threshold"},
      {"weighted_f1", kMax, kLabels, "mean weighted by true rows",
       "no trained class in truth or prediction, or no threshold"},
      {"mcc", kMax, kLabels, "multi-class correlation (Gorodkin 2004)",
       "only one class in truth or prediction, or no threshold"},
      {"kappa", kMax, kLabels, "Cohen: agreement above chance",
       "only one class in truth, or no threshold"},
      {"fpr", kMin, kLabels, "normal rows called something else / normal rows",
       "no normal row, no normal class named, or no threshold"},
      {"roc_auc", kMax, kLabels, "Mann-Whitney, ties 1/2; over two classes: mean one-vs-rest",
       "a class is missing in truth"},
      {"pr_auc", kMax, kLabels, "average precision; over two classes: mean one-vs-rest",
       "a class has no row"},
      {"log_loss", kMin, kLabels, "-ln p(true), p clipped to [2.2e-16, 1 - 2.2e-16]",
       "a detector gives no probability"},
      {"brier", kMin, kLabels, "(p - y)^2; over two classes: summed over classes",
       "a detector gives no probability"},
      {"ece", kMin, kLabels, "15 bins of the top probability: sum n_b/N |accuracy - confidence|",
       "a detector gives no probability"},
      {"tpr_at_fpr_0.001", kMax, kLabels, "largest TPR of a ROC point with FPR <= 0.001",
       "fewer than 1000 normal rows, no other row, or no normal class named"},
      {"tpr_at_fpr_0.01", kMax, kLabels, "largest TPR of a ROC point with FPR <= 0.01",
       "fewer than 100 normal rows, no other row, or no normal class named"},
      {"tpr_at_fpr_0.05", kMax, kLabels, "largest TPR of a ROC point with FPR <= 0.05",
       "fewer than 20 normal rows, no other row, or no normal class named"},
      {"fpr_at_tpr_95", kMin, kLabels, "least FPR of a ROC point with TPR >= 0.95",
       "one side has no row, or no normal class named"},
      {"max_f1", kMax, kLabels, "best F1 over all thresholds: an oracle's threshold, not a result",
       "one side has no row, or no normal class named"},
      {"precision/", kMax, kForClasses, "of one class, against the rest", ""},
      {"recall/", kMax, kLabels, "of one class; without training rows: called anything but normal",
       "the class has no row in truth, or no threshold"},
      {"f1/", kMax, kForClasses, "of one class, against the rest", ""},
      {"fpr/", kMin, kForClasses, "of one class, against the rest", "every row is of this class"},
      {"mae", kMin, kForRegression, "mean |error|", ""},
      {"rmse", kMin, kForRegression, "root of the mean squared error", ""},
      {"r2", kMax, kForRegression, "1 - SSE / SST", "the truth is constant"},
      {"mape", kMin, kForRegression, "mean |error / y|, rows with y = 0 left out and counted",
       "y is 0 in every row"},
  });
}();

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
