// Data sets and prepared matrices by what they are made from, so that a sweep's trials share them.
#pragma once

#include "libnta/config/load.hpp"
#include "trainers/datasets/dataset_builder.hpp"
#include "trainers/training/training_data.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace nta {

struct CachedDataset {
  BuiltDataset built;
  std::string hash;  // dataset_sha256
};

using DataLoader = std::function<BuiltDataset(Experiment const&)>;

class TrialCache {
 public:
  /// `split_seed`: of the sweep's experiment; trials with seeds of their own share its split.
  /// An empty loader reads the experiment's sources.
  TrialCache(std::int64_t split_seed, DataLoader load_data);

  std::shared_ptr<CachedDataset const> dataset(LoadedConfig const& trial);
  /// Keeps its data set alive.
  std::shared_ptr<TrainingData const> training_data(LoadedConfig const& trial);
  std::int64_t split_seed() const { return split_seed_; }

 private:
  std::int64_t split_seed_;
  DataLoader load_data_;
  std::map<std::string, std::shared_ptr<CachedDataset const>> datasets_;
  std::map<std::string, std::shared_ptr<TrainingData const>> prepared_;
};

}  // namespace nta
