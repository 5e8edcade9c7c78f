// One function per task: which metric looks at what.
#include "trainers/metrics/evaluate_metrics.hpp"

#include "libnta/core/error.hpp"
#include "trainers/metrics/calibration.hpp"
#include "trainers/metrics/metric_report.hpp"
#include "trainers/metrics/ranking.hpp"
#include "trainers/metrics/regression.hpp"
#include "trainers/metrics/threshold.hpp"

#include <algorithm>

namespace nta {

namespace {

constexpr char const* kEmpty = "no labelled row in this part";

bool any(std::vector<std::uint8_t> const& flags) {
  return std::any_of(flags.begin(), flags.end(), [](std::uint8_t f) { return f != 0; });
}

bool is_normal(ClassificationPart const& part, std::int32_t id) {
  return part.normal_class[static_cast<std::size_t>(id)] != 0;
}

/// Of two classes the one that is not normal; without a normal one the second. -1 for more.
std::int32_t positive_class(ClassificationPart const& part) {
  if (part.classes.size() != 2) {
    return -1;
  }
  return is_normal(part, 1) && !is_normal(part, 0) ? 0 : 1;
}

/// Counts over rows whose truth fits `counts`: (called something not normal, all).
template <class F>
std::optional<double> share_called_attack(ClassificationPart const& part, F counts) {
  std::int64_t called = 0, rows = 0;
  for (std::size_t i = 0; i < part.targets.size(); ++i) {
    if (part.targets[i] < 0 || !counts(part.targets[i])) {
      continue;
    }
    ++rows;
    called += is_normal(part, part.predictions[i]) ? 0 : 1;
  }
  if (rows == 0) {
    return std::nullopt;
  }
  return static_cast<double>(called) / static_cast<double>(rows);
}

std::optional<double> overall_fpr(ClassificationPart const& part,
                                  ConfusionMatrix const& confusion) {
  if (any(part.normal_class)) {
    return share_called_attack(part, [&](std::int32_t t) { return is_normal(part, t); });
  }
  std::int32_t const positive = positive_class(part);
  if (positive < 0) {
    return std::nullopt;
  }
  return false_positive_rate(class_counts(confusion, static_cast<std::size_t>(positive)));
}

/// Curve of `column` of the probabilities against "is of class `column`", over rows of seen
/// classes.
RocCurve class_curve(ClassificationPart const& part, std::size_t column) {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < part.targets.size(); ++i) {
    if (part.targets[i] < 0 || part.seen[static_cast<std::size_t>(part.targets[i])] == 0) {
      continue;
    }
    scores.push_back(part.probabilities[i * part.classes.size() + column]);
    labels.push_back(static_cast<std::size_t>(part.targets[i]) == column ? 1 : 0);
  }
  return roc_curve(scores, labels);
}

/// Mean over the seen classes; null if one of them is undefined.
std::optional<double> over_classes(ClassificationPart const& part,
                                   std::optional<double> (*metric)(RocCurve const&)) {
  std::int32_t const positive = positive_class(part);
  if (positive >= 0) {
    return metric(class_curve(part, static_cast<std::size_t>(positive)));
  }
  double sum = 0;
  int n = 0;
  for (std::size_t k = 0; k < part.classes.size(); ++k) {
    if (part.seen[k] == 0) {
      continue;
    }
    auto const one = metric(class_curve(part, k));
    if (!one) {
      return std::nullopt;
    }
    sum += *one;
    ++n;
  }
  if (n == 0) {
    return std::nullopt;
  }
  return sum / n;
}

/// 1 - p(normal) against "is not normal", unseen classes included: they must raise alarms too.
std::optional<RocCurve> detection_curve(ClassificationPart const& part) {
  if (part.probabilities.empty()) {
    return std::nullopt;
  }
  ClassificationPart view = part;
  if (!any(view.normal_class)) {
    std::int32_t const positive = positive_class(part);
    if (positive < 0) {
      return std::nullopt;
    }
    view.normal_class[static_cast<std::size_t>(1 - positive)] = 1;
  }
  std::vector<double> const all = attack_scores({view.probabilities, view.normal_class});
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < part.targets.size(); ++i) {
    if (part.targets[i] < 0) {
      continue;
    }
    scores.push_back(all[i]);
    labels.push_back(is_normal(view, part.targets[i]) ? 0 : 1);
  }
  return roc_curve(scores, labels);
}

void report_probabilities(MetricReport& report, ClassificationPart const& part) {
  if (part.probabilities.empty()) {
    for (char const* name : {"roc_auc", "pr_auc", "log_loss", "brier", "ece"}) {
      report.add(name, std::nullopt, "no probabilities were given");
    }
    return;
  }
  report.add("roc_auc", over_classes(part, roc_auc));
  report.add("pr_auc", over_classes(part, average_precision));
  // A class without training rows has no probability to judge.
  std::vector<std::int32_t> targets(part.targets.begin(), part.targets.end());
  for (std::int32_t& target : targets) {
    if (target >= 0 && part.seen[static_cast<std::size_t>(target)] == 0) {
      target = -1;
    }
  }
  ProbabilityRows const rows{part.probabilities, targets, part.classes.size()};
  constexpr char const* kNoRow = "no row of a trained class in this part";
  auto const add = [&](char const* name, std::optional<double> value) {
    report.add(name, value, value ? "" : kNoRow);
  };
  add("log_loss", log_loss(rows));
  add("brier", brier(rows));
  add("ece", expected_calibration_error(rows));
}

void report_unseen(MetricReport& report, ClassificationPart const& part, std::size_t k) {
  std::string const name = "recall/" + part.classes[k];
  if (!any(part.normal_class)) {
    report.add(name, std::nullopt, "no training rows, and no normal class named");
    return;
  }
  auto const found =
      share_called_attack(part, [&](std::int32_t t) { return static_cast<std::size_t>(t) == k; });
  report.add(name, found, found ? "unseen in training: called anything but normal" : "");
}

void report_classes(MetricReport& report, ClassificationPart const& part,
                    ConfusionMatrix const& confusion) {
  for (std::size_t k = 0; k < part.classes.size(); ++k) {
    if (part.seen[k] == 0) {
      report_unseen(report, part, k);
      continue;
    }
    ClassCounts const counts = class_counts(confusion, k);
    PrecisionRecall const values = precision_recall(counts);
    std::string const& name = part.classes[k];
    report.add("precision/" + name, values.precision,
               values.no_prediction ? "0/0 = 0: never predicted" : "");
    report.add("recall/" + name,
               values.no_truth ? std::nullopt : std::optional<double>(values.recall));
    report.add("f1/" + name, values.f1, values.no_prediction ? "0/0 = 0: never predicted" : "");
    report.add("fpr/" + name, false_positive_rate(counts));
  }
}

void check_part(ClassificationPart const& part) {
  std::size_t const n_classes = part.classes.size();
  NTA_EXPECTS(part.seen.size() == n_classes && part.normal_class.size() == n_classes,
              ErrorKind::data, "{} classes, {} seen flags, {} normal flags", n_classes,
              part.seen.size(), part.normal_class.size());
  NTA_EXPECTS(
      part.probabilities.empty() || part.probabilities.size() == part.targets.size() * n_classes,
      ErrorKind::data, "{} probabilities for {} rows of {} classes", part.probabilities.size(),
      part.targets.size(), n_classes);
}

void report_detector_nulls(MetricReport& report) {
  for (char const* name : {"log_loss", "brier", "ece"}) {
    report.add(name, std::nullopt);
  }
}

void report_detector_recalls(MetricReport& report, AnomalyPart const& part) {
  for (std::size_t k = 0; k < part.classes.size(); ++k) {
    std::int64_t rows = 0, raised = 0;
    for (std::size_t i = 0; i < part.targets.size(); ++i) {
      if (part.positive[i] == 0 || part.targets[i] != static_cast<std::int32_t>(k)) {
        continue;
      }
      ++rows;
      raised += !part.alarms.empty() && part.alarms[i] != 0 ? 1 : 0;
    }
    if (rows == 0) {
      continue;
    }  // a normal class, or none of it here
    bool const known = !part.alarms.empty();
    report.add("recall/" + part.classes[k],
               known
                   ? std::optional<double>(static_cast<double>(raised) / static_cast<double>(rows))
                   : std::nullopt);
  }
}

}  // namespace

ConfusionMatrix part_confusion(ClassificationPart const& part) {
  return confusion_matrix(part.targets, part.predictions, part.classes.size());
}

ConfusionMatrix part_confusion(AnomalyPart const& part) {
  std::vector<std::int32_t> const truth(part.positive.begin(), part.positive.end());
  std::vector<std::int32_t> const raised(part.alarms.begin(), part.alarms.end());
  if (raised.empty()) {
    return {2, std::vector<std::int64_t>(4)};
  }
  return confusion_matrix(truth, raised, 2);
}

std::vector<MetricValue> evaluate_metrics(ClassificationPart const& part) {
  check_part(part);
  ConfusionMatrix const confusion = part_confusion(part);
  if (!accuracy(confusion)) {
    return all_null(MetricTask::classification, kEmpty);
  }
  MetricReport report;
  report_hard(report, {confusion, part.seen, positive_class(part), overall_fpr(part, confusion)});
  report_probabilities(report, part);
  report_detection(report, detection_curve(part));
  report_classes(report, part, confusion);
  return report.take();
}

std::vector<MetricValue> evaluate_metrics(AnomalyPart const& part) {
  if (part.scores.empty()) {
    return all_null(MetricTask::anomaly, kEmpty);
  }
  RocCurve const curve = roc_curve(part.scores, part.positive);
  ConfusionMatrix const confusion = part_confusion(part);
  std::vector<std::uint8_t> const both{1, 1};
  MetricReport report;
  bool const decided = !part.alarms.empty();
  report_hard(report,
              {confusion, both, decided ? 1 : -1, false_positive_rate(class_counts(confusion, 1))});
  report.add("roc_auc", roc_auc(curve));
  report.add("pr_auc", average_precision(curve));
  report_detector_nulls(report);
  report_detection(report, curve);
  report_detector_recalls(report, part);
  return report.take();
}

std::vector<MetricValue> evaluate_metrics(RegressionPart const& part) {
  if (part.truth.empty()) {
    return all_null(MetricTask::regression, kEmpty);
  }
  MetricReport report;
  report.add("mae", mean_absolute_error(part.truth, part.predicted));
  report.add("rmse", root_mean_squared_error(part.truth, part.predicted));
  report.add("r2", r_squared(part.truth, part.predicted));
  PercentageError const percentage = mean_absolute_percentage_error(part.truth, part.predicted);
  report.add("mape", percentage.value,
             percentage.value && percentage.zeros > 0
                 ? fmt::format("{} rows with y = 0 left out", percentage.zeros)
                 : "");
  return report.take();
}

std::optional<double> value_of(std::vector<MetricValue> const& values, std::string const& name) {
  for (MetricValue const& entry : values) {
    if (entry.name == name) {
      return entry.value;
    }
  }
  return std::nullopt;
}

}  // namespace nta
