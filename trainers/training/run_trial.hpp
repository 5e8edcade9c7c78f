// One training as a run folder: made or taken up again, locked, trained, judged, its end recorded.
// `nta train` and a sweep's worker both come through here, with a data set loaded once.
#pragma once

#include "libnta/config/experiment.hpp"
#include "libnta/config/run_dir.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/training/loop.hpp"
#include "trainers/training/observer.hpp"
#include "trainers/training/training_data.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nta {

struct TrialRequest {
  Experiment experiment;
  std::string config_original;  // as given
  std::string config_resolved;  // canonical, all defaults
  std::filesystem::path folder;
  bool resume = false;
  std::optional<std::filesystem::path>
      resume_from;  // another run whose newest checkpoint starts a new run
  nlohmann::json facts = nlohmann::json::object();                  // more of run.json: argv ...
  std::vector<std::pair<std::string, std::string>> config_sources;  // extended files: name, text
  std::function<void(std::filesystem::path const&)> on_create;      // before run.json is written
};

/// A data set with its preparation, shared by trials that ask for the same.
struct TrialData {
  Dataset const& dataset;
  std::string dataset_hash;  // dataset_sha256(dataset)
  TrainingData const& data;
};

struct TrialResult {
  RunState state = RunState::complete;
  std::string reason;  // "early stop", "pruned", "SIGTERM" ...
  int exit_code = 0;
  std::int64_t step = 0;
  std::optional<BestSoFar> best;
  bool was_complete = false;  // nothing was left to do
};

/// Called after the training with the run folder, before its state becomes complete: evaluation.
using Finish = std::function<void(std::filesystem::path const& run)>;

/// Trains to the end, a signal or a prune. A run that is complete is left as it is; one that
/// diverged is refused. Error: usage (locked, exists, other configuration), data (other data, no
/// whole checkpoint), diverged, storage; the folder's status then says so, too.
TrialResult run_trial(TrialRequest const& request, TrialData const& data, TrainObserver& observer,
                      Finish const& finish);

/// What a checkpoint must agree on: the configuration without what a resume may change (name,
/// device, threads, evaluation, checkpoint, log_every, epochs, max_steps), and the preparation.
CheckpointIdentity checkpoint_identity(nlohmann::json const& resolved_config,
                                       Preparation const& preparation);

/// The checkpoint that evaluation and export use: "best" (the last one if none is kept as best or
/// restore_best is off), "last", or a step. Error(usage) if it is not there.
std::filesystem::path chosen_checkpoint(std::filesystem::path const& run,
                                        TrainingConfig const& config, std::string const& which);

}  // namespace nta
