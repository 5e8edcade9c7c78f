// Names, values and reasons of the metrics that classification and anomaly detection share.
#include "trainers/metrics/metric_report.hpp"

#include <array>
#include <utility>

namespace nta {

void MetricReport::add(std::string const& name, std::optional<double> value, std::string remark) {
  if (!value && remark.empty()) {
    auto const info = find_metric(name);
    remark = info ? std::string(info->undefined) : std::string();
  }
  values_.push_back({name, value, std::move(remark)});
}

namespace {

std::string zero_division(PrecisionRecall const& values) {
  if (values.no_prediction) {
    return "0/0 = 0: a class was never predicted";
  }
  if (values.no_truth) {
    return "0/0 = 0: a predicted class has no row in truth";
  }
  return "";
}

void report_triple(MetricReport& report, std::string const& prefix,
                   std::optional<PrecisionRecall> const& values) {
  auto const pick = [&](double PrecisionRecall::*member) {
    return values ? std::optional<double>((*values).*member) : std::nullopt;
  };
  std::string const remark = values ? zero_division(*values) : "";
  report.add(prefix + "precision", pick(&PrecisionRecall::precision), remark);
  report.add(prefix + "recall", pick(&PrecisionRecall::recall), remark);
  report.add(prefix + "f1", pick(&PrecisionRecall::f1), remark);
}

}  // namespace

void report_hard(MetricReport& report, HardDecisions const& decisions) {
  ConfusionMatrix const& confusion = decisions.confusion;
  report.add("accuracy", accuracy(confusion));
  report.add("balanced_accuracy", balanced_accuracy(confusion, decisions.seen));
  std::optional<PrecisionRecall> of_positive;
  if (decisions.positive >= 0) {
    of_positive =
        precision_recall(class_counts(confusion, static_cast<std::size_t>(decisions.positive)));
  }
  report_triple(report, "", of_positive);
  report_triple(report, "macro_", averaged(confusion, decisions.seen, Average::macro));
  report_triple(report, "micro_", averaged(confusion, decisions.seen, Average::micro));
  report_triple(report, "weighted_", averaged(confusion, decisions.seen, Average::weighted));
  report.add("mcc", matthews(confusion));
  report.add("kappa", cohen_kappa(confusion));
  report.add("fpr", decisions.fpr);
}

void report_detection(MetricReport& report, std::optional<RocCurve> const& curve) {
  constexpr std::array<std::pair<char const*, double>, 3> kLimits{
      {{"tpr_at_fpr_0.001", 0.001}, {"tpr_at_fpr_0.01", 0.01}, {"tpr_at_fpr_0.05", 0.05}}};
  for (auto const& [name, limit] : kLimits) {
    report.add(name, curve ? tpr_at_fpr(*curve, limit) : std::nullopt);
  }
  report.add("fpr_at_tpr_95", curve ? fpr_at_tpr(*curve, 0.95) : std::nullopt);
  auto const best = curve ? max_f1(*curve) : std::nullopt;
  report.add("max_f1", best, best ? "oracle threshold" : "");
}

std::vector<MetricValue> all_null(MetricTask task, std::string const& reason) {
  std::vector<MetricValue> values;
  for (MetricInfo const& info : kMetrics) {
    bool const asked = (info.tasks & task_bit(task)) != 0;
    if (asked && !info.name.ends_with('/') && info.name != "loss") {
      values.push_back({std::string(info.name), std::nullopt, reason});
    }
  }
  return values;
}

}  // namespace nta
