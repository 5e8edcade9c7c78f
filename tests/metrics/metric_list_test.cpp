// The list of metrics is complete: what evaluate_metrics reports is in it, and the other way round.
#include "trainers/metrics/evaluate_metrics.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nta {
namespace {

std::set<std::string> listed(MetricTask task) {
  std::set<std::string> names;
  for (MetricInfo const& info : kMetrics) {
    if ((info.tasks & task_bit(task)) != 0 && info.name != "loss") {
      names.emplace(info.name);
    }
  }
  return names;
}

std::set<std::string> reported(std::vector<MetricValue> const& values) {
  std::set<std::string> names;
  for (MetricValue const& entry : values) {
    names.insert(entry.name.substr(
        0, entry.name.find('/') + 1 == 0 ? std::string::npos : entry.name.find('/') + 1));
  }
  return names;
}

ClassificationPart two_classes(std::vector<double> const& p, std::vector<std::int32_t> const& out,
                               std::vector<std::int32_t> const& truth) {
  return {{"a", "b"}, {1, 1}, {1, 0}, p, out, truth};
}

TEST(MetricList, HoldsExactlyWhatIsReported) {
  std::vector<double> const p{0.9, 0.1, 0.2, 0.8};
  std::vector<std::int32_t> const truth{0, 1};
  EXPECT_EQ(reported(evaluate_metrics(two_classes(p, truth, truth))),
            listed(MetricTask::classification));
  std::vector<double> const scores{1, 2};
  std::vector<std::uint8_t> const positive{0, 1};
  EXPECT_EQ(reported(evaluate_metrics(AnomalyPart{scores, positive, positive, {"a", "b"}, truth})),
            listed(MetricTask::anomaly));
  EXPECT_EQ(reported(evaluate_metrics(RegressionPart{scores, scores})),
            listed(MetricTask::regression));
}

TEST(MetricList, EmptyPartIsNullWithReasonForEveryMetric) {
  auto const values = evaluate_metrics(two_classes({}, {}, {}));
  ASSERT_FALSE(values.empty());
  for (MetricValue const& entry : values) {
    EXPECT_FALSE(entry.value) << entry.name;
    EXPECT_FALSE(entry.reason.empty()) << entry.name;
  }
}

TEST(MetricList, EveryNullCarriesAReason) {
  std::vector<std::int32_t> const truth{1, 1};
  for (MetricValue const& entry : evaluate_metrics(two_classes({}, truth, truth))) {
    if (!entry.value) {
      EXPECT_FALSE(entry.reason.empty()) << entry.name;
    }
  }
  std::vector<double> const scores{1, 2};
  std::vector<std::uint8_t> const positive{0, 0};
  for (MetricValue const& entry : evaluate_metrics(AnomalyPart{scores, positive, {}, {}, {}})) {
    EXPECT_TRUE(entry.value || !entry.reason.empty()) << entry.name;
  }
}

TEST(MetricList, FindsNamesWithAndWithoutClass) {
  EXPECT_TRUE(find_metric("macro_f1"));
  EXPECT_TRUE(find_metric("recall/syn_scan"));
  EXPECT_FALSE(find_metric("recall/"));
  EXPECT_FALSE(find_metric("macro_f1/syn_scan"));
  EXPECT_FALSE(find_metric("f2"));
}

}  // namespace
}  // namespace nta
