// A whole part's scores and truth -> every metric of its task, in the order of the list.
// Null always comes with a reason; a value may come with a remark.
#pragma once

#include "trainers/metrics/classification.hpp"
#include "trainers/metrics/metric_list.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nta {

struct MetricValue {
  std::string name;  // without the part: "macro_f1", "recall/syn_scan"
  std::optional<double> value;
  std::string reason;  // why null; else a remark or empty
};

/// One part of a classification. Rows with target -1 are left out.
struct ClassificationPart {
  std::vector<std::string> classes;           // [C]
  std::vector<std::uint8_t> seen;             // [C] has training rows
  std::vector<std::uint8_t> normal_class;     // [C] counts as normal; all 0: none named
  std::span<double const> probabilities;      // [n, C] row-major; empty: none
  std::span<std::int32_t const> predictions;  // [n] class ids
  std::span<std::int32_t const> targets;      // [n] class ids or -1
};

/// One part of an anomaly detection.
struct AnomalyPart {
  std::span<double const> scores;          // [n] larger = more unusual
  std::span<std::uint8_t const> positive;  // [n] 0: normal, 1: anything else
  std::span<std::uint8_t const> alarms;    // [n] score > threshold; empty: no threshold yet
  std::vector<std::string> classes;        // names for recall/<class>; may be empty
  std::span<std::int32_t const> targets;   // [n] class ids or -1; empty if classes is
};

struct RegressionPart {
  std::span<double const> truth, predicted;  // [n]
};

std::vector<MetricValue> evaluate_metrics(ClassificationPart const& part);
std::vector<MetricValue> evaluate_metrics(AnomalyPart const& part);
std::vector<MetricValue> evaluate_metrics(RegressionPart const& part);

/// The confusion matrix of a part: [C, C]; anomaly: normal, other against quiet, alarm.
ConfusionMatrix part_confusion(ClassificationPart const& part);
ConfusionMatrix part_confusion(AnomalyPart const& part);

/// The value of a name; nothing if it is null or not there.
std::optional<double> value_of(std::vector<MetricValue> const& values, std::string const& name);

}  // namespace nta
