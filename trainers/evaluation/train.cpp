#include "trainers/evaluation/train.hpp"

#include "libnta/config/run_dir.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "trainers/datasets/leakage.hpp"
#include "trainers/datasets/meter_source.hpp"
#include "trainers/training/run_facts.hpp"

namespace nta {
namespace fs = std::filesystem;
namespace {

/// eval/split.csv, eval/leakage.json: written before run.json, so that a run without them is none.
void write_data_report(fs::path const& folder, BuiltDataset const& built,
                       LeakageReport const& leakage) {
  std::error_code code;
  fs::create_directories(folder / "eval", code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot create " + folder.string(), code.value());
  }
  write_file_atomic(folder / "eval" / "split.csv", split_csv(built.data), "run");
  write_file_atomic(folder / "eval" / "leakage.json", leakage.json.dump(2) + "\n", "run");
}

}  // namespace

Exec exec_of(Experiment const& experiment) {
  Exec exec;
  exec.threads = thread_count(experiment);
  return exec;
}

TrialRequest trial_request(LoadedConfig const& config) {
  TrialRequest out;
  out.experiment = config.experiment;
  out.config_original = config.files.empty() ? "" : config.files.front().text;
  out.config_resolved = config.resolved_json;
  for (std::size_t i = 1; i < config.files.size(); ++i) {
    out.config_sources.emplace_back(config.files[i].name, config.files[i].text);
  }
  out.facts = {{"split_seed", config.experiment.seed}, {"config_hash", config.hash}};
  return out;
}

TrainOutcome train_on(TrialRequest const& request, BuiltDataset const& built, TrialData const& data,
                      TrainObserver& observer) {
  TrainOutcome out;
  out.run = request.folder;
  auto const leakage_rule = request.experiment.data.leakage;
  TrialRequest complete = request;
  complete.facts["dataset"] = to_json(built.report);
  complete.on_create = [&](fs::path const& folder) {
    auto const leakage = find_leakage(built.data);
    for (auto const& text : leakage.failures) {
      observer.on_note("leakage: " + text);
    }
    for (auto const& text : leakage.warnings) {
      observer.on_note("leakage: " + text);
    }
    enforce_leakage(leakage, leakage_rule);
    write_data_report(folder, built, leakage);
  };
  out.result = run_trial(complete, data, observer, [&](fs::path const& folder) {
    auto model = load_run_model(folder, "best");
    out.evaluation = evaluate(model, {data.dataset, data.data}, {});
  });
  return out;
}

TrainOutcome train(LoadedConfig const& config, TrainOptions const& options,
                   TrainObserver& observer) {
  StopSignals const signals;
  auto request = trial_request(config);
  request.resume = options.resume;
  request.folder =
      options.run.empty() ? default_run_folder("runs", config.experiment.name) : options.run;
  request.facts["argv"] = options.argv;
  auto const built = load_dataset(config.experiment, exec_of(config.experiment));
  for (auto const& note : built.report.notes) {
    observer.on_note(note);
  }
  auto const data = prepare_training(config.experiment, built.data);
  return train_on(request, built, {built.data, dataset_sha256(built.data), data}, observer);
}

}  // namespace nta
