// `nta train`: an experiment becomes a run folder, trained, judged, ready to export.
#pragma once

#include "libnta/config/load.hpp"
#include "libnta/core/exec.hpp"
#include "trainers/datasets/dataset_builder.hpp"
#include "trainers/evaluation/evaluate.hpp"
#include "trainers/training/run_trial.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nta {

struct TrainOptions {
  std::filesystem::path run;  // empty: runs/<name>-<UTC>-<4 hex>
  bool resume = false;
  std::vector<std::string> argv;  // recorded in run.json
};

struct TrainOutcome {
  std::filesystem::path run;
  TrialResult result;                    // its exit_code is the program's
  std::optional<Evaluation> evaluation;  // of the parts in evaluation.on; absent when not reached
};

/// Loads the data, trains (signals save and stop it), evaluates the chosen checkpoint, and only
/// then the run is complete. Errors as run_trial, load_dataset and evaluate.
TrainOutcome train(LoadedConfig const& config, TrainOptions const& options,
                   TrainObserver& observer);

/// A trial of a data set that is loaded already; `finish` of run_trial is the evaluation.
TrainOutcome train_on(TrialRequest const& request, BuiltDataset const& built, TrialData const& data,
                      TrainObserver& observer);

/// The request that a loaded experiment makes; `folder` is set by the caller.
TrialRequest trial_request(LoadedConfig const& config);

/// Number of threads as the experiment says (0: all of the affinity mask), CPU.
Exec exec_of(Experiment const& experiment);

}  // namespace nta
