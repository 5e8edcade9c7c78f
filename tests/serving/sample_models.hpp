// A small model of each kind with a preparation written down by hand.
#pragma once

#include "trainers/models/make_model.hpp"
#include "trainers/serving/model_folder.hpp"

#include <limits>
#include <string>
#include <vector>

namespace nta::test {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Raw columns duration_ns, wire_bytes, tcp_state -> 6 outputs, one of each sort of step.
inline Preparation row_preparation() {
  Preparation out;
  out.inputs = {"duration_ns", "wire_bytes", "tcp_state"};
  out.columns = {
      {"duration_ns", 0, ColumnKind::numeric, 0, 5e8, true, 0, 25, 15, 4},
      {"wire_bytes", 1, ColumnKind::numeric, 0, 120, false, 40, 1e6, 900, 333},
      {"tcp_state=2", 2, ColumnKind::one_hot, 2, 0, false, -kInfinity, kInfinity, 0.25, 0.5},
      {"tcp_state=3", 2, ColumnKind::one_hot, 3, 0, false, -kInfinity, kInfinity, 0.5, 0.5},
      {"tcp_state=unknown", 2, ColumnKind::unknown, 0, 0, false, -kInfinity, kInfinity, 0, 1},
      {"wire_bytes_again", 1, ColumnKind::numeric, 0, 7, true, -kInfinity, kInfinity, 1, 0.1}};
  out.fitted_rows = 100;
  return out;
}

inline Preparation sequence_preparation() {
  Preparation out;
  out.fields = {{"direction", false, 0.1, 1}, {"size", true, 5, 2}, {"gap_ns", true, 12, 3}};
  out.fitted_rows = 100;
  return out;
}

struct Sample {
  std::string name;
  ModelConfig config;
  std::int64_t n_classes = 3, n_steps = 0;
  bool has_threshold = false, has_statistics = false;
};

inline std::vector<Sample> samples() {
  LstmConfig const lstm{.hidden = 6, .layers = 2, .dropout = 0.2};
  LstmConfig both = lstm;
  both.bidirectional = true;
  both.pool = Pool::mean;
  LstmConfig most = lstm;
  most.layers = 1;
  most.pool = Pool::max;
  AutoencoderConfig const detector{.hidden = {5}, .code = 2};
  std::vector<Sample> out{
      {"linear", LinearConfig{}, 3, 0, true, false},
      {"value", LinearConfig{.intercept = false}, 0, 0, false, false},
      {"mlp", MlpConfig{.hidden = {8, 4}, .dropout = 0.3, .norm = Norm::batch}, 3, 0, true, false},
      {"lstm", lstm, 3, 9, true, false},
      {"lstm_both", both, 2, 9, false, false},
      {"lstm_max", most, 2, 9, false, false},
      {"autoencoder", detector, 0, 0, true, false},
      {"autoencoder_z", detector, 0, 0, true, true}};
  for (auto const& [activation, name] : names(Activation{})) {
    MlpConfig const config{.hidden = {7}, .activation = activation, .norm = Norm::layer};
    out.push_back({"mlp_" + std::string(name), config, 2, 0, false, false});
  }
  return out;
}

inline ModelMeta meta_of(Sample const& sample) {
  ModelMeta meta;
  meta.name = sample.name;
  bool const is_detector = std::holds_alternative<AutoencoderConfig>(sample.config);
  meta.task = sample.n_classes > 0 ? "classification" : is_detector ? "anomaly" : "regression";
  meta.features = {"{\"name\":\"nta\",\"idle_s\":60}", "p-hash", "nta", "s-hash", {}, {}};
  if (sample.n_steps > 0) {
    meta.preparation = sequence_preparation();
    meta.sequence = {sample.n_steps, "all", "ip", {"direction", "size", "gap_ns"}};
  } else {
    meta.preparation = row_preparation();
    meta.features.names = meta.preparation.inputs;
    meta.features.units = {"ns", "B", "code"};
  }
  if (meta.task == "regression") meta.preparation.target = {100, 7};
  std::vector<std::string> const classes{"benign", "scan", "flood"};
  meta.classes.assign(classes.begin(), classes.begin() + sample.n_classes);
  if (sample.n_classes > 0) meta.normal_classes = {"benign"};
  if (sample.has_threshold) meta.threshold = Threshold{0.6, ThresholdRule::target_fpr, 0.01, 50, 9};
  meta.origin = {"runs/x", "c-hash", "split", 1, 20, 2, {{"a.pcap", "f00"}}, {}, {{"nta", "0"}}};
  meta.origin.metrics = {{"test/macro_f1", 0.925}, {"test/roc_auc", std::nullopt}};
  return meta;
}

inline std::unique_ptr<Model> model_of(Sample const& sample) {
  std::int64_t const width = sample.n_steps > 0 ? 3 : 6;
  return make_model(sample.config, {width, sample.n_classes, sample.n_steps}, 5);
}

}  // namespace nta::test
