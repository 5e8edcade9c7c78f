#include "trainers/training/run_trial.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/core/stop_flag.hpp"
#include "trainers/training/run_facts.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <array>
#include <charconv>
#include <csignal>

namespace nta {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

/// Sums depend on the number of threads and on the algorithms chosen: both are fixed here.
void fix_numerics(int threads) {
  at::set_num_threads(threads);
  auto& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);  // costs time, changes no result
  context.setBenchmarkCuDNN(false);
}

/// config.sources/0-base.json ...: what the experiment extends, as it was.
void write_sources(fs::path const& folder, TrialRequest const& request) {
  std::error_code ignored;
  fs::create_directories(folder / "config.sources", ignored);
  for (std::size_t i = 0; i < request.config_sources.size(); ++i) {
    auto const& [name, text] = request.config_sources[i];
    auto const file = fmt::format("{}-{}", i, fs::path(name).filename().string());
    write_file_atomic(folder / "config.sources" / file, text, "run");
  }
}

void create_run(RunDir& run, TrialRequest const& request, TrialData const& trial, int threads) {
  write_file_atomic(run.folder() / "preparation.json", preparation_json(trial.data.preparation),
                    "run");
  if (request.on_create) {
    request.on_create(run.folder());
  }
  write_sources(run.folder(), request);
  run.create(
      {request.config_original, request.config_resolved, run_facts(request, trial, threads)});
}

void check_not_diverged(RunDir const& run) {
  auto const status = read_status(run.folder());
  NTA_EXPECTS(status.state != RunState::diverged, ErrorKind::diverged,
              "{} diverged at step {}: {}; begin a new run", run.folder().string(), status.step,
              status.reason);
}

void check_same_run(RunDir& run, TrialRequest const& request, TrialData const& trial) {
  auto const now = json::parse(request.config_resolved);
  auto const changes = forbidden_changes(run.resolved_config(), now);
  std::string paths;
  for (auto const& path : changes) {
    paths += "\n  " + path;
  }
  NTA_EXPECTS(changes.empty(), ErrorKind::usage,
              "{} was begun with another configuration; these differ:{}\nresume with the old "
              "values, or begin a new run",
              run.folder().string(), paths);
  auto const facts = run.facts();
  NTA_EXPECTS(facts.at("data_hash") == trial.dataset_hash, ErrorKind::data,
              "{}: the data are not those of the run's start (data_hash); restore them, or begin a "
              "new run",
              run.folder().string());
  if (now != run.resolved_config()) {
    run.replace_resolved_config(request.config_resolved);
  }
}

/// Who ended it and how, for status.json and attempts.jsonl.
void record_end(RunDir& run, RunStatus status, RunState state, std::string const& reason,
                int code) {
  status.state = state;
  status.reason = reason;
  status.exit_code = code;
  run.set_status(status);
  run.log_attempt(
      {{"event", "stop"}, {"step", status.step}, {"reason", reason}, {"exit_code", code}});
}

char const* signal_text(int number) {
  return number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGUSR1";
}

TrialResult result_of(RunStatus const& status, RunState state, std::string reason, int code) {
  return {state, std::move(reason), code, status.step, status.best, false};
}

/// Trains and judges; every way out but an Error is a result.
TrialResult train_and_finish(Trainer& trainer, RunDir& run, Finish const& finish) {
  switch (trainer.run()) {
    case TrainEnd::preempted: {
      auto const number = stop_requested();
      return result_of(trainer.status(), RunState::preempted, signal_text(number),
                       stop_exit_code(number));
    }
    case TrainEnd::pruned:
      return result_of(trainer.status(), RunState::complete, "pruned", 0);
    case TrainEnd::complete:
      break;
  }
  if (finish) {
    finish(run.folder());
  }
  return result_of(trainer.status(), RunState::complete,
                   trainer.state().stopped_early ? "early stop" : "all steps done", 0);
}

void record_error(RunDir& run, RunStatus const& status, Error const& error) {
  if (error.kind() == ErrorKind::storage) {
    run.free_reserve();
  }
  auto const state = error.kind() == ErrorKind::diverged ? RunState::diverged : RunState::failed;
  try {
    record_end(run, status, state, error.what(), exit_code(error.kind()));
  } catch (Error const&) {  // a full disk may refuse this, too; the first error matters more
  }
}

/// What an earlier end means for this start: a result if there is nothing to do.
std::optional<TrialResult> earlier_end(RunDir& run, std::int64_t steps_total) {
  auto const status = read_status(run.folder());
  if (status.state != RunState::complete || steps_total > status.steps_total) {
    return std::nullopt;
  }
  auto out = result_of(status, RunState::complete, status.reason, 0);
  out.was_complete = true;
  return out;
}

}  // namespace

CheckpointIdentity checkpoint_identity(json const& resolved_config,
                                       Preparation const& preparation) {
  auto config = resolved_config;
  for (auto const* key : {"name", "device", "threads", "evaluation"}) {
    config.erase(key);
  }
  if (config.contains("training")) {
    for (auto const* key : {"checkpoint", "log_every", "epochs", "max_steps", "max_seconds"}) {
      config.at("training").erase(key);
    }
  }
  return {sha256_hex(config.dump()), preparation_sha256(preparation)};
}

fs::path chosen_checkpoint(fs::path const& run, TrainingConfig const& config,
                           std::string const& which) {
  std::optional<std::int64_t> step;
  bool const best = which == "best" && (!config.early_stop || config.early_stop->restore_best);
  if (best) {
    step = read_pointer(run, "best");
  }
  if (which == "last" || (which == "best" && !step)) {
    step = read_pointer(run, "last");
    auto const steps = checkpoint_steps(run);
    if (!step && !steps.empty()) {
      step = steps[0];
    }
  }
  if (which != "best" && which != "last") {
    std::int64_t number = -1;
    auto const [end, code] = std::from_chars(which.data(), which.data() + which.size(), number);
    NTA_EXPECTS(code == std::errc() && end == which.data() + which.size(), ErrorKind::usage,
                "checkpoint \"{}\" is not best, last or a step", which);
    step = number;
  }
  NTA_EXPECTS(step && fs::exists(checkpoint_folder(run, *step)), ErrorKind::usage,
              "{} has no checkpoint \"{}\"", run.string(), which);
  return checkpoint_folder(run, *step);
}

TrialResult run_trial(TrialRequest const& request, TrialData const& trial, TrainObserver& observer,
                      Finish const& finish) {
  NTA_EXPECTS(request.experiment.device == "auto" || request.experiment.device == "cpu",
              ErrorKind::device, "/device: training on \"{}\" is not built yet; use cpu or auto",
              request.experiment.device);
  RunDir run(request.folder, request.resume);
  bool const is_new = !run.exists();
  if (is_new) {
    create_run(run, request, trial, step_threads(request.experiment, trial.data.shape));
  } else {
    check_not_diverged(run);
    check_same_run(run, request, trial);
  }
  auto const facts = run.facts();
  fix_numerics(facts.at("threads").get<int>());
  auto const note = is_new ? std::string() : bit_exactness_note(facts);
  if (!note.empty()) {
    observer.on_note(note);
  }
  auto const identity =
      checkpoint_identity(json::parse(request.config_resolved), trial.data.preparation);
  RunStatus before;
  try {
    Trainer trainer({request.experiment, trial.dataset, trial.data}, run, identity, observer);
    if (auto const done = earlier_end(run, trainer.steps_total())) {
      return *done;
    }
    run.make_reserve();
    trainer.resume();
    if (is_new && request.resume_from) {
      trainer.resume_from(*request.resume_from);
    }
    before = trainer.status();
    run.log_attempt({{"event", "start"}, {"step", before.step}, {"note", note}});
    try {
      auto const result = train_and_finish(trainer, run, finish);
      record_end(run, trainer.status(), result.state, result.reason, result.exit_code);
      return result;
    } catch (...) {
      before = trainer.status();
      throw;
    }
  } catch (Error const& error) {
    record_error(run, before, error);
    throw;
  } catch (std::exception const& error) {
    Error const wrapped(ErrorKind::failed, fmt::format("training failed: {}", error.what()));
    record_error(run, before, wrapped);
    throw wrapped;
  }
}

}  // namespace nta
