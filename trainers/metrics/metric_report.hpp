// What both label tasks report alike: names and values of hard decisions and of rankings.
// Internal to evaluate_metrics.
#pragma once

#include "trainers/metrics/evaluate_metrics.hpp"
#include "trainers/metrics/ranking.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nta {

/// Collects values; a null takes its reason from the list of metrics unless one is given.
class MetricReport {
 public:
  void add(std::string const& name, std::optional<double> value, std::string remark = "");
  std::vector<MetricValue> take() { return std::move(values_); }

 private:
  std::vector<MetricValue> values_;
};

/// accuracy ... fpr. `positive`: the one positive class of two, or -1. `fpr`: see the list.
struct HardDecisions {
  ConfusionMatrix const& confusion;
  std::vector<std::uint8_t> const& seen;
  std::int32_t positive = -1;
  std::optional<double> fpr;
};
void report_hard(MetricReport& report, HardDecisions const& decisions);

/// tpr_at_fpr_X, fpr_at_tpr_95, max_f1 of a curve; null without one.
void report_detection(MetricReport& report, std::optional<RocCurve> const& curve);

/// Every metric of the task as null, for a part without rows.
std::vector<MetricValue> all_null(MetricTask task, std::string const& reason);

}  // namespace nta
