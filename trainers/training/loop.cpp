#include "trainers/training/loop.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "trainers/models/make_model.hpp"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

namespace nta {
namespace {

constexpr std::chrono::seconds kStatusPeriod{10};
constexpr std::chrono::milliseconds kProgressPeriod{100};
constexpr std::int64_t kMaxSkipsInARow = 10;
constexpr char const* kGenerator = "generator/cpu";

at::Generator const& dropout_generator() {
  return at::globalContext().defaultGenerator(at::kCPU);
}

at::Tensor generator_state() {
  auto generator = dropout_generator();
  std::lock_guard const lock(generator.mutex());
  return generator.get_state();
}

std::int64_t steps_per_epoch(TrainingConfig const& config, std::int64_t n_rows) {
  auto const size = std::min<std::int64_t>(config.batch_size, n_rows);
  return config.drop_last ? n_rows / size : (n_rows + size - 1) / size;
}

StepSpan step_span(TrainingConfig const& config, std::int64_t n_rows) {
  StepSpan span;
  span.per_epoch = steps_per_epoch(config, n_rows);
  span.total = span.per_epoch * config.epochs;
  if (config.max_steps) {
    span.total = std::min(span.total, *config.max_steps);
  }
  return span;
}

std::vector<std::int64_t> train_classes(TrainingData const& data) {
  std::vector<std::int64_t> out;
  if (data.task != Task::classification) {
    return out;
  }
  auto const* const target = data.target.const_data_ptr<std::int64_t>();
  for (auto const row : data.train_rows) {
    out.push_back(target[row]);
  }
  return out;
}

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

Trainer::Trainer(TrainInputs inputs, RunDir& run, CheckpointIdentity identity,
                 TrainObserver& observer)
    : experiment_(inputs.experiment),
      config_(inputs.experiment.training),
      dataset_(inputs.dataset),
      data_(inputs.data),
      run_(run),
      identity_(std::move(identity)),
      observer_(observer),
      model_(
          make_model(experiment_.model, data_.shape, static_cast<std::uint64_t>(experiment_.seed))),
      step_(experiment_, data_, *model_),
      order_(config_.sampler, static_cast<std::uint64_t>(experiment_.seed),
             static_cast<std::int64_t>(data_.train_rows.size()), train_classes(data_)),
      monitor_(config_),
      span_(step_span(config_, static_cast<std::int64_t>(data_.train_rows.size()))) {
  rows_.resize(
      std::min<std::size_t>(static_cast<std::size_t>(config_.batch_size), data_.train_rows.size()));
  auto generator = dropout_generator();
  std::lock_guard const lock(generator.mutex());
  generator.set_current_seed(stream_key(static_cast<std::uint64_t>(experiment_.seed), "dropout"));
}

Checkpoint Trainer::snapshot() const {
  auto optimizer = step_.optimizer().state();
  optimizer.push_back({kGenerator, generator_state()});
  return {state_, all_tensors(*model_), std::move(optimizer)};
}

void Trainer::restore(Checkpoint const& checkpoint) {
  at::NoGradGuard const no_grad;
  copy_into(*model_, checkpoint.weights);
  for (auto const& own : snapshot().optimizer) {
    auto const saved = std::find_if(checkpoint.optimizer.begin(), checkpoint.optimizer.end(),
                                    [&](auto const& entry) { return entry.name == own.name; });
    if (own.name != kGenerator) {
      at::Tensor(own.tensor).copy_(saved->tensor);
      continue;
    }
    auto generator = dropout_generator();
    std::lock_guard const lock(generator.mutex());
    generator.set_state(saved->tensor);
  }
  state_ = checkpoint.state;
}

void Trainer::resume() {
  sweep_checkpoints(run_.folder());
  auto const step = load_newest(
      run_.folder(),
      [&](auto const& folder) { restore(read_checkpoint(folder, identity_, snapshot())); },
      [&](auto const& text) { observer_.on_note(text); });
  if (!step) {
    return;
  }
  saved_step_ = *step;
  std::set<std::int64_t> whole;
  for (auto const other : checkpoint_steps(run_.folder())) {
    if (other <= *step) {
      whole.insert(other);
    }
  }
  keep_checkpoints(run_.folder(), whole);
  settle();
}

void Trainer::resume_from(std::filesystem::path const& other_run) {
  auto const step = load_newest(
      other_run,
      [&](auto const& folder) { restore(read_checkpoint(folder, identity_, snapshot())); },
      [&](auto const& text) { observer_.on_note(text); });
  if (!step) {
    return;
  }
  state_.metrics_bytes = 0;
  state_.best.clear();  // those checkpoints lie in the other run
}

bool Trainer::last_step_done() const {
  return state_.step >= span_.total || state_.epoch >= config_.epochs;
}

bool Trainer::ended() const {
  // The last step may be done and saved, but not yet its validation.
  return state_.stopped_early ||
         (last_step_done() && (state_.validated_step == state_.step || state_.step == 0));
}

TrainEnd Trainer::run() {
  started_ = saved_at_ = status_at_ = progress_at_ = Clock::now();
  first_step_ = state_.step;
  log_.emplace(run_.folder() / "metrics.jsonl", state_.metrics_bytes);
  run_.set_status(status());
  if (!state_.initial_validation) {
    observer_.on_epoch(validate());
    state_.initial_validation = true;
  }
  while (!ended()) {
    while (state_.batch < span_.per_epoch && state_.step < span_.total) {
      if (stop_requested() != 0) {
        if (saved_step_ != state_.step) {
          save();
        }
        return TrainEnd::preempted;
      }
      run_step();
      after_step();
    }
    if (finish_epoch()) {
      return TrainEnd::pruned;
    }
  }
  if (saved_step_ != state_.step) {
    save();
  }
  return TrainEnd::complete;
}

void Trainer::run_step() {
  auto const size = static_cast<std::int64_t>(rows_.size());
  auto const first = state_.batch * size;
  auto const n = std::min(size, order_.n_rows() - first);
  auto const rows = std::span(rows_).first(static_cast<std::size_t>(n));
  order_.fill(static_cast<std::uint64_t>(state_.epoch), first, rows);
  for (auto& row : rows) {
    row = data_.train_rows[static_cast<std::size_t>(row)];
  }
  lr_ = config_.optimizer.lr * schedule_factor(state_.step, config_.schedule, span_);
  LossWindow* const windows[] = {&state_.epoch_loss, &state_.line_loss};
  step_.run(rows, lr_, windows);
  ++state_.step;
  ++state_.batch;
  if (state_.step % config_.log_every != 0) {
    return;
  }
  check_finite();
  log_line("train", {{"loss", state_.line_loss.mean()},
                     {"lr", lr_},
                     {"grad_norm", step_.optimizer().gradient_norm().item<double>()}});
  state_.line_loss = {};
}

void Trainer::after_step() {
  auto const now = Clock::now();
  auto const& when = config_.checkpoint;
  bool const by_steps = when.every_steps && state_.step % *when.every_steps == 0;
  bool const by_time = when.every_seconds && seconds_since(saved_at_) >= *when.every_seconds;
  if (by_steps || by_time) {
    save();
  }
  if (now - status_at_ >= kStatusPeriod) {
    run_.set_status(status());
    status_at_ = now;
  }
  if (now - progress_at_ >= kProgressPeriod) {
    observer_.on_progress(progress());
    progress_at_ = now;
  }
}

bool Trainer::finish_epoch() {
  auto const train_loss = state_.epoch_loss.mean();
  log_line("train", {{"epoch_loss", train_loss}});
  if (state_.batch >= span_.per_epoch) {
    ++state_.epoch;
    state_.batch = 0;
    state_.epoch_loss = {};
  }
  auto const now = progress();
  log_line("system", {{"rows_per_s", now.rows_per_s},
                      {"step_ms", 1e3 * seconds_since(started_) /
                                      static_cast<double>(state_.step - first_step_)}});
  bool worth_keeping = false, prune = false;
  if (last_step_done() || state_.epoch % config_.validate_every == 0) {
    auto report = validate();
    report.train_loss = train_loss;
    auto const outcome = monitor_.take(report.monitor_value, state_);
    report.is_best = outcome.is_best;
    worth_keeping = outcome.keep;
    observer_.on_epoch(report);
    prune = observer_.should_prune(state_.validations, report);
  }
  auto const& every = config_.checkpoint.every_epochs;
  bool const by_epochs = every && state_.epoch % *every == 0;
  if (worth_keeping || by_epochs || prune || ended()) {
    save();
  }
  return prune;
}

EpochReport Trainer::validate() {
  check_finite();
  auto const normal =
      data_.task == Task::anomaly ? data_.loss_rows(Part::validation) : std::vector<std::int64_t>{};
  auto const statistics = detector_statistics(experiment_.model, *model_, data_, normal);
  auto const judged = [&](Part part) {
    auto const& rows = data_.part_rows[static_cast<std::size_t>(part)];
    return judge(data_, dataset_, run_model(*model_, data_, step_.loss(), rows, statistics), {});
  };
  auto const validation = judged(Part::validation);
  EpochReport report;
  report.monitor_value =
      monitor_.value_in(monitor_.part() == Part::validation ? validation : judged(monitor_.part()));
  state_.validated_step = state_.step;
  log_validation(report, validation);
  return report;
}

void Trainer::log_validation(EpochReport& report, std::vector<MetricValue> const& values) {
  for (auto const& entry : values) {
    if (entry.value) {
      report.validation.emplace_back(entry.name, *entry.value);
    }
  }
  report.monitor = monitor_.full_name();
  report.progress = progress();
  log_line("validation", report.validation);
  if (monitor_.part() == Part::train) {
    log_line("train", {{"monitor", report.monitor_value}});
  }
}

void Trainer::log_line(std::string kind, MetricValues values) {
  log_->append({std::move(kind), state_.step, state_.epoch, std::move(values)});
}

void Trainer::check_finite() const {
  auto const skips = step_.optimizer().skip_counts();
  bool const stop = config_.non_finite == NonFinite::stop;
  NTA_EXPECTS(stop ? skips.total == 0 : skips.longest_in_a_row <= kMaxSkipsInARow,
              ErrorKind::diverged,
              "gradients were not finite in {} of {} steps ({} in a row); lower "
              "/training/optimizer/lr or set /training/clip/norm",
              skips.total, state_.step, skips.longest_in_a_row);
}

void Trainer::save() {
  check_finite();
  log_->sync();
  state_.metrics_bytes = log_->length();
  checkpoint_bytes_ = write_checkpoint(run_.folder(), snapshot(), identity_, checkpoint_bytes_);
  saved_step_ = state_.step;
  saved_at_ = Clock::now();
  settle();
}

/// Pointers and the checkpoints that are kept, as the saved state says. Also after a resume: the
/// run may have been killed between its last checkpoint and these.
void Trainer::settle() {
  auto const& folder = run_.folder();
  write_pointer(folder, "last", state_.step);
  std::set<std::int64_t> keep;
  auto const steps = checkpoint_steps(folder);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (static_cast<int>(i) < config_.checkpoint.keep_last) {
      keep.insert(steps[i]);
    }
  }
  int n_best = 0;
  for (auto const& [value, step] : state_.best) {
    if (n_best++ < config_.checkpoint.keep_best) {
      keep.insert(step);
    }
  }
  if (config_.checkpoint.keep_best > 0 && !state_.best.empty()) {
    write_pointer(folder, "best", state_.best[0].step, monitor_.full_name(), state_.best[0].value);
  }
  keep_checkpoints(folder, keep);
}

TrainProgress Trainer::progress() const {
  TrainProgress out{state_.step, span_.total, state_.epoch, config_.epochs, 0, 0};
  double const seconds = seconds_since(started_);
  auto const done = static_cast<double>(state_.step - first_step_);
  if (done > 0 && seconds > 0) {
    out.rows_per_s = done * static_cast<double>(rows_.size()) / seconds;
    out.eta_s = seconds / done * static_cast<double>(span_.total - state_.step);
  }
  return out;
}

RunStatus Trainer::status() const {
  RunStatus out;
  out.state = RunState::running;
  out.step = state_.step;
  out.epoch = state_.epoch;
  out.steps_total = span_.total;
  if (!state_.best.empty()) {
    out.best = BestSoFar{monitor_.full_name(), state_.best[0].value, state_.best[0].step};
  }
  return out;
}

}  // namespace nta
