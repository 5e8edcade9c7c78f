// A real configuration around a made-up data set: what the tests of evaluation and worker train on.
#pragma once

#include "libnta/config/load.hpp"
#include "libnta/core/atomic_file.hpp"
#include "tests/training/synthetic.hpp"
#include "trainers/evaluation/train.hpp"

#include <string>

namespace nta::test {

/// `task` classification or anomaly; `more` is inserted into the top level: "\"seed\": 2,".
inline LoadedConfig small_config(TempDir const& dir, std::string const& task,
                                 std::string const& more = "") {
  std::string const model = task == "anomaly"
                                ? R"({"kind": "autoencoder", "hidden": [8], "code": 2})"
                                : R"({"kind": "mlp", "hidden": [8]})";
  auto const path = dir / (task + ".json");
  write_file_atomic(path, R"({"nta_experiment": 1, "task": ")" + task + R"(", "threads": 1,)" +
                              more +
                              R"( "data": {"sources": [{"files": ["none.pcap"]}],
                                           "labels": {"normal": ["benign"]}},
                                  "model": )" +
                              model + R"(,
                                  "training": {"epochs": 6, "batch_size": 32,
                                               "optimizer": {"lr": 0.02}}})");
  LoadOptions options;
  options.check_files = false;
  return load_experiment(path, options);
}

/// The set as if the data layer had read it.
inline BuiltDataset built(Dataset data) {
  BuiltDataset out;
  out.data = std::move(data);
  return out;
}

inline TrainOutcome train_config(LoadedConfig const& config, BuiltDataset const& data,
                                 std::filesystem::path const& folder, TrainObserver& observer) {
  auto request = trial_request(config);
  request.folder = folder;
  request.resume = true;
  auto const prepared = prepare_training(config.experiment, data.data);
  return train_on(request, data, {data.data, dataset_sha256(data.data), prepared}, observer);
}

}  // namespace nta::test
