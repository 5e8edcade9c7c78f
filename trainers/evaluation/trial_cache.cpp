#include "trainers/evaluation/trial_cache.hpp"

#include "libnta/core/sha256.hpp"
#include "trainers/datasets/meter_source.hpp"
#include "trainers/evaluation/train.hpp"

#include <nlohmann/json.hpp>

namespace nta {
namespace {

constexpr std::size_t kMaxEntries = 4;  // a sweep over columns must not fill the memory

/// Hash of the sections that decide on data (and, with `prepared`, on their preparation).
std::string key_of(LoadedConfig const& trial, bool prepared) {
  auto const tree = nlohmann::json::parse(trial.resolved_json);
  auto key = nlohmann::json::array();
  for (auto const* section : {"task", "data", "features"}) {
    key.push_back(tree.contains(section) ? tree.at(section) : nlohmann::json());
  }
  if (prepared && tree.contains("preparation")) {
    key.push_back(tree.at("preparation"));
  }
  return sha256_hex(key.dump());
}

template <class T, class Make>
std::shared_ptr<T const> cached(std::map<std::string, std::shared_ptr<T const>>& entries,
                                std::string const& key, Make const& make) {
  if (auto const found = entries.find(key); found != entries.end()) {
    return found->second;
  }
  if (entries.size() >= kMaxEntries) {
    entries.clear();
  }
  return entries[key] = std::make_shared<T const>(make());
}

}  // namespace

TrialCache::TrialCache(std::int64_t split_seed, DataLoader load_data)
    : split_seed_(split_seed), load_data_(std::move(load_data)) {
  if (!load_data_) {
    load_data_ = [](Experiment const& experiment) {
      return load_dataset(experiment, exec_of(experiment));
    };
  }
}

std::shared_ptr<CachedDataset const> TrialCache::dataset(LoadedConfig const& trial) {
  return cached(datasets_, key_of(trial, false), [&] {
    auto experiment = trial.experiment;
    experiment.seed = split_seed_;
    auto built = load_data_(experiment);
    auto hash = dataset_sha256(built.data);
    return CachedDataset{std::move(built), std::move(hash)};
  });
}

std::shared_ptr<TrainingData const> TrialCache::training_data(LoadedConfig const& trial) {
  auto const data = dataset(trial);
  return cached(prepared_, key_of(trial, true),
                [&] { return prepare_training(trial.experiment, data->built.data); });
}

}  // namespace nta
