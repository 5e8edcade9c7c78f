// "training": how long, in which steps, by which optimiser, watched by which metric, saved when.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace nta {

enum class OptimizerKind { adamw, adam, sgd };
constexpr auto names(OptimizerKind) {
  using E = OptimizerKind;
  return std::to_array<Named<E>>({{E::adamw, "adamw"}, {E::adam, "adam"}, {E::sgd, "sgd"}});
}

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::adamw;
  double lr = 1e-3;
  double weight_decay = 0.01;
  std::array<double, 2> betas{0.9, 0.999};
  double eps = 1e-8;
  double momentum = 0.9;
  bool nesterov = false;

  template <class V>
  static void fields(V& v) {
    using S = OptimizerConfig;
    v("kind", &S::kind, Any{}, "update rule");
    v("lr", &S::lr, Range{1e-8, 10}, "learning rate before the schedule's factor");
    v("weight_decay", &S::weight_decay, Range{0, 1},
      "decoupled for adamw, added to the gradient else; none on biases and norms");
    v("betas", &S::betas, Range{0, 1, false, true}, "adam, adamw: decay of the two moments");
    v("eps", &S::eps, Range{1e-12, 1}, "adam, adamw: added to the denominator");
    v("momentum", &S::momentum, Range{0, 1, false, true}, "sgd");
    v("nesterov", &S::nesterov, Any{}, "sgd: look ahead; needs momentum > 0");
  }
};

enum class ScheduleKind { cosine, constant, linear, step, exponential, one_cycle };
constexpr auto names(ScheduleKind) {
  using E = ScheduleKind;
  return std::to_array<Named<E>>({{E::cosine, "cosine"},
                                  {E::constant, "constant"},
                                  {E::linear, "linear"},
                                  {E::step, "step"},
                                  {E::exponential, "exponential"},
                                  {E::one_cycle, "one_cycle"}});
}

struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::cosine;
  std::int64_t warmup_steps = 0;
  double min_ratio = 0;
  double gamma = 0.1;
  int every = 10;
  double peak_at = 0.3;

  template <class V>
  static void fields(V& v) {
    using S = ScheduleConfig;
    v("kind", &S::kind, Any{}, "how the factor on lr moves over the steps");
    v("warmup_steps", &S::warmup_steps, Range{0, 1e9},
      "linear rise before the schedule; not for "
      "one_cycle",
      Note{.unit = "steps"});
    v("min_ratio", &S::min_ratio, Range{0, 1}, "cosine, linear: the factor at the end");
    v("gamma", &S::gamma, Range{0, 1, true, false}, "step, exponential: factor at each fall");
    v("every", &S::every, Range{1, 100'000}, "step: epochs between falls", Note{.unit = "epochs"});
    v("peak_at", &S::peak_at, Range{0, 1, true, true}, "one_cycle: share of steps until the peak");
  }
};

enum class LossKind { automatic, cross_entropy, mse, mae, huber };
constexpr auto names(LossKind) {
  using E = LossKind;
  return std::to_array<Named<E>>({{E::automatic, "auto"},
                                  {E::cross_entropy, "cross_entropy"},
                                  {E::mse, "mse"},
                                  {E::mae, "mae"},
                                  {E::huber, "huber"}});
}

enum class ClassWeights { none, balanced, sqrt };
constexpr auto names(ClassWeights) {
  using E = ClassWeights;
  return std::to_array<Named<E>>({{E::none, "none"}, {E::balanced, "balanced"}, {E::sqrt, "sqrt"}});
}

struct LossConfig {
  LossKind kind = LossKind::automatic;
  ClassWeights class_weights = ClassWeights::none;
  double label_smoothing = 0;

  template <class V>
  static void fields(V& v) {
    using S = LossConfig;
    v("kind", &S::kind, Any{}, "auto: cross_entropy for classification, else mse");
    v("class_weights", &S::class_weights, Any{},
      "balanced: N / (C n_c) from training counts; sqrt: its root; both scaled to mean 1");
    v("label_smoothing", &S::label_smoothing, Range{0, 0.5}, "cross_entropy: share spread evenly");
  }
};

enum class Sampler { shuffle, sequential, balanced };
constexpr auto names(Sampler) {
  using E = Sampler;
  return std::to_array<Named<E>>(
      {{E::shuffle, "shuffle"}, {E::sequential, "sequential"}, {E::balanced, "balanced"}});
}

struct ClipConfig {
  std::optional<double> norm;
  std::optional<double> value;

  template <class V>
  static void fields(V& v) {
    using S = ClipConfig;
    v("norm", &S::norm, Range{0, kNoBound, true, false}, "largest global L2 norm of the gradient");
    v("value", &S::value, Range{0, kNoBound, true, false}, "largest absolute gradient element");
  }
};

enum class MonitorMode { automatic, min, max };
constexpr auto names(MonitorMode) {
  using E = MonitorMode;
  return std::to_array<Named<E>>({{E::automatic, "auto"}, {E::min, "min"}, {E::max, "max"}});
}

struct EarlyStopConfig {
  int patience = 10;
  double min_delta = 0;
  int min_epochs = 0;
  bool restore_best = true;

  template <class V>
  static void fields(V& v) {
    using S = EarlyStopConfig;
    v("patience", &S::patience, Range{1, 100'000}, "validations without a gain before the end");
    v("min_delta", &S::min_delta, Range{0, 1e6}, "a gain must exceed this");
    v("min_epochs", &S::min_epochs, Range{0, 100'000}, "never end before", Note{.unit = "epochs"});
    v("restore_best", &S::restore_best, Any{}, "go on with the best weights, not the last");
  }
};

struct CheckpointConfig {
  std::optional<double> every_seconds = 300;
  std::optional<std::int64_t> every_steps;
  std::optional<int> every_epochs = 1;
  int keep_last = 2;
  int keep_best = 1;

  template <class V>
  static void fields(V& v) {
    using S = CheckpointConfig;
    v("every_seconds", &S::every_seconds, Range{0, 1e9, true, false}, "save after this time",
      Note{.unit = "s"});
    v("every_steps", &S::every_steps, Range{1, 1e12}, "save after so many steps",
      Note{.unit = "steps"});
    v("every_epochs", &S::every_epochs, Range{1, 100'000}, "save after so many epochs",
      Note{.unit = "epochs"});
    v("keep_last", &S::keep_last, Range{1, 1000}, "newest checkpoints kept");
    v("keep_best", &S::keep_best, Range{0, 1000}, "best checkpoints kept");
  }
};

enum class NonFinite { stop, skip };
constexpr auto names(NonFinite) {
  using E = NonFinite;
  return std::to_array<Named<E>>({{E::stop, "stop"}, {E::skip, "skip"}});
}

struct TrainingConfig {
  int epochs = 20;
  std::optional<std::int64_t> max_steps;
  int batch_size = 1024;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  LossConfig loss;
  Sampler sampler = Sampler::shuffle;
  ClipConfig clip;
  std::string monitor = "validation/loss";
  MonitorMode monitor_mode = MonitorMode::automatic;
  int validate_every = 1;
  int log_every = 50;
  std::optional<EarlyStopConfig> early_stop = EarlyStopConfig{};
  CheckpointConfig checkpoint;
  NonFinite non_finite = NonFinite::stop;
  bool drop_last = false;

  template <class V>
  static void fields(V& v) {
    using S = TrainingConfig;
    v("epochs", &S::epochs, Range{1, 100'000}, "passes over the training part",
      Note{.unit = "epochs"});
    v("max_steps", &S::max_steps, Range{1, 1e12}, "end after so many steps; null: epochs decide",
      Note{.unit = "steps"});
    v("batch_size", &S::batch_size, Range{1, 16'777'216}, "rows a step", Note{.unit = "rows"});
    v("optimizer", &S::optimizer, Any{}, "update rule");
    v("schedule", &S::schedule, Any{}, "learning rate over time");
    v("loss", &S::loss, Any{}, "what is minimised");
    v("sampler", &S::sampler, Any{}, "order of rows; balanced: class, then row, both uniform");
    v("clip", &S::clip, Any{}, "limits on the gradient; null: none");
    v("monitor", &S::monitor, NameOf{NameKind::metric},
      "PART/METRIC that decides on the best checkpoint and early stop; never of the test part");
    v("monitor_mode", &S::monitor_mode, Any{}, "which direction is better; auto: the metric's own");
    v("validate_every", &S::validate_every, Range{1, 100'000}, "epochs between validations",
      Note{.unit = "epochs"});
    v("log_every", &S::log_every, Range{1, 1'000'000'000}, "steps between train lines",
      Note{.unit = "steps"});
    v("early_stop", &S::early_stop, Any{}, "end when the monitor no longer gains; null: never");
    v("checkpoint", &S::checkpoint, Any{}, "when to save and what to keep; the end always saves");
    v("non_finite", &S::non_finite, Any{},
      "a loss or gradient that is not finite: stop, or skip the step (at most 10 in a row)");
    v("drop_last", &S::drop_last, Any{}, "leave out an epoch's last, partial batch");
  }
};

}  // namespace nta
