// JSON lines in, JSON lines out: one metrics call per line, so that an oracle in another language
// can feed it. {"call": "classification" | "anomaly" | "regression" | "threshold", ...}.
#include "libnta/core/error.hpp"
#include "trainers/metrics/evaluate_metrics.hpp"
#include "trainers/metrics/threshold.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace {

using Json = nlohmann::ordered_json;
using Bytes = std::vector<std::uint8_t>;
using Ids = std::vector<std::int32_t>;
using Doubles = std::vector<double>;

Json as_json(std::vector<nta::MetricValue> const& values) {
  Json out = Json::object();
  for (auto const& entry : values) {
    out[entry.name] = {{"value", entry.value ? Json(*entry.value) : Json(nullptr)},
                       {"reason", entry.reason}};
  }
  return out;
}

Json classification(Json const& in) {
  auto const p = in.at("probabilities").get<Doubles>();
  auto const predictions = in.at("predictions").get<Ids>();
  auto const targets = in.at("targets").get<Ids>();
  nta::ClassificationPart const part{in.at("classes").get<std::vector<std::string>>(),
                                     in.at("seen").get<Bytes>(),
                                     in.at("normal").get<Bytes>(),
                                     p,
                                     predictions,
                                     targets};
  return as_json(nta::evaluate_metrics(part));
}

Json anomaly(Json const& in) {
  auto const scores = in.at("scores").get<Doubles>();
  auto const positive = in.at("positive").get<Bytes>();
  auto const raised = in.at("alarms").get<Bytes>();
  return as_json(nta::evaluate_metrics(nta::AnomalyPart{scores, positive, raised, {}, {}}));
}

Json regression(Json const& in) {
  auto const truth = in.at("truth").get<Doubles>();
  auto const predicted = in.at("predicted").get<Doubles>();
  return as_json(nta::evaluate_metrics(nta::RegressionPart{truth, predicted}));
}

Json threshold(Json const& in) {
  nta::ThresholdConfig config;
  for (auto const& entry : names(nta::ThresholdRule{})) {
    if (entry.name == in.at("rule").get<std::string>()) {
      config.rule = entry.value;
    }
  }
  if (!in.at("value").is_null()) {
    config.value = in.at("value").get<double>();
  }
  auto const scores = in.at("scores").get<Doubles>();
  auto const positive = in.at("positive").get<Bytes>();
  auto const chosen = nta::choose_threshold(config, scores, positive);
  return {{"value", chosen.value}, {"normal_rows", chosen.normal_rows}};
}

Json answer(Json const& in) {
  std::string const call = in.at("call").get<std::string>();
  if (call == "classification") {
    return classification(in);
  }
  if (call == "anomaly") {
    return anomaly(in);
  }
  if (call == "regression") {
    return regression(in);
  }
  return threshold(in);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      std::cout << answer(Json::parse(line)).dump() << '\n';
    } catch (nta::Error const& error) {
      std::cout << Json{{"error", error.what()}}.dump() << '\n';
    }
  }
  return 0;
}
