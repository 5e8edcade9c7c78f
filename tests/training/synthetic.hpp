// Small data sets and experiments with known structure, for the tests of training and evaluation.
#pragma once

#include "libnta/config/experiment.hpp"
#include "libnta/core/counter_rng.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/training/run_trial.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace nta::test {

/// n rows, 4 columns; class = quadrant-like rule of the first two, with noise in the others.
/// Parts: 60 % train, 20 % validation, 20 % test, in turn. Class 2 ("flood") is in the test part
/// only if `unseen`.
inline Dataset blobs(std::size_t n, std::uint64_t seed, bool unseen = false) {
  Dataset data;
  data.feature_names = {"a", "b", "c", "d"};
  data.feature_units = {"", "", "", ""};
  data.classes = {"benign", "flood", "scan"};
  data.captures = {"synthetic.pcap"};
  data.capture_sha256 = {std::string(64, '0')};
  data.capture_group = {"synthetic"};
  data.x = {n, 4, {}};
  auto const key = stream_key(seed, "blobs");
  for (std::size_t i = 0; i < n; ++i) {
    auto const draw = [&](std::uint64_t k) { return random_unit(key, i * 8 + k); };
    auto const part = i % 5 < 3 ? Part::train : i % 5 == 3 ? Part::validation : Part::test;
    auto target = static_cast<std::int32_t>(draw(0) * 3);
    if (unseen && target == 1 && part != Part::test) {
      target = 0;
    }
    double const angle = 2.1 * target;
    data.x.values.insert(data.x.values.end(),
                         {std::cos(angle) + draw(1), std::sin(angle) + draw(2), draw(3), draw(4)});
    data.target.push_back(target);
    data.normal.push_back(target == 0);
    data.part.push_back(part);
    data.identity.capture.push_back(0);
    data.identity.start_s.push_back(static_cast<std::int64_t>(i));
    data.identity.start_ns.push_back(0);
    data.identity.row_in_file.push_back(i);
  }
  return data;
}

/// Sequences of 3 to 6 steps whose first field alternates (class 1) or not (class 0).
inline Dataset sequences(std::size_t n, std::uint64_t seed) {
  Dataset data = blobs(n, seed);
  data.x = {n, 0, {}};
  data.feature_names.clear();
  data.feature_units.clear();
  data.sequence.n_steps = 6;
  data.sequence.n_fields = 2;
  data.sequence.field_names = {"direction", "size"};
  auto const key = stream_key(seed, "sequences");
  for (std::size_t i = 0; i < n; ++i) {
    data.target[i] = static_cast<std::int32_t>(i % 2);
    auto const length = static_cast<std::int64_t>(3 + i % 4);
    data.sequence.length.push_back(length);
    for (std::int64_t t = 0; t < 6; ++t) {
      bool const valid = t < length;
      double const direction = i % 2 == 1 && t % 2 == 1 ? -1 : 1;
      data.sequence.values.push_back(valid ? direction : 0);
      data.sequence.values.push_back(valid ? random_unit(key, i * 8 + static_cast<std::uint64_t>(t))
                                           : 0);
    }
  }
  return data;
}

/// An MLP with dropout, so that the generator's state matters.
inline Experiment small_experiment() {
  Experiment e;
  e.name = "small";
  e.threads = 1;
  e.data.labels.normal = {"benign"};
  MlpConfig mlp;
  mlp.hidden = {8};
  mlp.dropout = 0.2;
  e.model = mlp;
  e.training.epochs = 4;
  e.training.batch_size = 16;
  e.training.log_every = 3;
  e.training.optimizer.lr = 0.01;
  return e;
}

/// Stands in for the configuration text: the parts that the tests change.
inline std::string resolved_text(Experiment const& e) {
  nlohmann::json const out{{"seed", e.seed},
                           {"training",
                            {{"epochs", e.training.epochs},
                             {"batch_size", e.training.batch_size},
                             {"lr", e.training.optimizer.lr}}}};
  return out.dump();
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nta-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(TempDir const&) = delete;
  TempDir& operator=(TempDir const&) = delete;
  std::filesystem::path operator/(std::string const& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline TrialResult train_in(std::filesystem::path const& folder, Experiment const& experiment,
                            Dataset const& dataset, bool resume = false,
                            TrainObserver* observer = nullptr) {
  TrainObserver silent;
  auto const data = prepare_training(experiment, dataset);
  TrialRequest request;
  request.experiment = experiment;
  request.config_original = request.config_resolved = resolved_text(experiment);
  request.folder = folder;
  request.resume = resume;
  return run_trial(request, {dataset, dataset_sha256(dataset), data},
                   observer != nullptr ? *observer : silent, {});
}

}  // namespace nta::test
