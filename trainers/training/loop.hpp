// A training from where its state stands to its end: epochs, validation, early stop, checkpoints.
// Killed anywhere and resumed, it ends with the same weights and the same metrics, byte for byte:
// the order of rows, rates and sums are functions of the state, and saving changes none of them.
#pragma once

#include "libnta/config/experiment.hpp"
#include "libnta/config/run_dir.hpp"
#include "trainers/training/checkpoint.hpp"
#include "trainers/training/judge.hpp"
#include "trainers/training/monitor.hpp"
#include "trainers/training/observer.hpp"
#include "trainers/training/row_order.hpp"
#include "trainers/training/schedule.hpp"
#include "trainers/training/step.hpp"
#include "trainers/training/train_state.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace nta {

enum class TrainEnd { complete, preempted, pruned };

/// What a training reads; all of it outlives the Trainer.
struct TrainInputs {
  Experiment const& experiment;
  Dataset const& dataset;
  TrainingData const& data;
};

class Trainer {
 public:
  Trainer(TrainInputs inputs, RunDir& run, CheckpointIdentity identity, TrainObserver& observer);

  /// Takes up the newest whole checkpoint of the run, if there is one; else the start weights
  /// stand. Broken newer ones are removed. Error(data) if there are only broken ones.
  void resume();
  /// Takes up another run's newest whole checkpoint, if there is one, as a retried trial does;
  /// metrics and the list of best checkpoints start anew.
  void resume_from(std::filesystem::path const& other_run);

  /// To the end, or to a signal (saved, at the next step boundary). Error(diverged) if numbers are
  /// not finite; Error(storage) if the disk is full.
  TrainEnd run();

  TrainState const& state() const { return state_; }
  RunStatus status() const;
  std::int64_t steps_total() const { return span_.total; }
  Model& model() { return *model_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool last_step_done() const;
  bool ended() const;
  void run_step();
  void after_step();
  bool finish_epoch();
  EpochReport validate();
  void log_validation(EpochReport& report, std::vector<MetricValue> const& values);
  void log_line(std::string kind, MetricValues values);
  void check_finite() const;
  void save();
  void settle();
  void restore(Checkpoint const& checkpoint);
  Checkpoint snapshot() const;
  TrainProgress progress() const;

  Experiment const& experiment_;
  TrainingConfig const& config_;
  Dataset const& dataset_;
  TrainingData const& data_;
  RunDir& run_;
  CheckpointIdentity identity_;
  TrainObserver& observer_;
  std::unique_ptr<Model> model_;
  TrainStep step_;
  RowOrder order_;
  Monitor monitor_;
  StepSpan span_;
  TrainState state_;
  std::optional<MetricsLog> log_;
  std::vector<std::int64_t> rows_;  // of the batch

  std::int64_t saved_step_ = -1, first_step_ = 0;
  std::uint64_t checkpoint_bytes_ = 0;
  double lr_ = 0;
  Clock::time_point started_, saved_at_, status_at_, progress_at_;
};

}  // namespace nta
