// A sweep file as a struct: which experiment, which fields vary, judged by what, how many trials.
#pragma once

#include "libnta/config/config_value.hpp"
#include "libnta/config/rules.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nta {

inline constexpr int kSweepVersion = 1;

enum class ObjectiveDirection { minimize, maximize };
constexpr auto names(ObjectiveDirection) {
  using E = ObjectiveDirection;
  return std::to_array<Named<E>>({{E::minimize, "minimize"}, {E::maximize, "maximize"}});
}

enum class Take { best, last };
constexpr auto names(Take) {
  using E = Take;
  return std::to_array<Named<E>>({{E::best, "best"}, {E::last, "last"}});
}

struct ObjectiveConfig {
  std::string metric;
  ObjectiveDirection direction = ObjectiveDirection::minimize;
  Take take = Take::best;

  template <class V>
  static void fields(V& v) {
    using S = ObjectiveConfig;
    v("metric", &S::metric, NameOf{NameKind::metric},
      "PART/METRIC that is optimised; never of test", Note{.required = true});
    v("direction", &S::direction, Any{}, "which way is better", Note{.required = true});
    v("take", &S::take, Any{}, "the value of the best or of the last validation");
  }
};

enum class DimensionType { real, integer, categorical };
constexpr auto names(DimensionType) {
  using E = DimensionType;
  return std::to_array<Named<E>>(
      {{E::real, "float"}, {E::integer, "int"}, {E::categorical, "categorical"}});
}

/// One varied field: a range, or choices (any JSON values that the field takes).
struct DimensionConfig {
  DimensionType type = DimensionType::real;
  std::optional<double> low;
  std::optional<double> high;
  bool log = false;
  std::optional<double> step;
  std::optional<std::vector<Json>> choices;

  template <class V>
  static void fields(V& v) {
    using S = DimensionConfig;
    v("type", &S::type, Any{}, "how the field varies", Note{.required = true});
    v("low", &S::low, Range{-kNoBound, kNoBound}, "float, int: least value");
    v("high", &S::high, Range{-kNoBound, kNoBound}, "float, int: greatest value");
    v("log", &S::log, Any{}, "float, int: drawn evenly in the logarithm; needs low > 0, no step");
    v("step", &S::step, Range{0, kNoBound, true, false}, "float, int: distance of values");
    v("choices", &S::choices, Length{1, 1000}, "categorical: the values");
  }
};

enum class SweepSampler { tpe, random, grid };
constexpr auto names(SweepSampler) {
  using E = SweepSampler;
  return std::to_array<Named<E>>({{E::tpe, "tpe"}, {E::random, "random"}, {E::grid, "grid"}});
}

struct SweepSamplerConfig {
  SweepSampler name = SweepSampler::tpe;
  std::int64_t seed = 1;

  template <class V>
  static void fields(V& v) {
    using S = SweepSamplerConfig;
    v("name", &S::name, Any{}, "how trials are chosen");
    v("seed", &S::seed, Range{0, 4294967295.0}, "of the choice of trials");
  }
};

enum class TrialSeed { fixed, per_trial };
constexpr auto names(TrialSeed) {
  using E = TrialSeed;
  return std::to_array<Named<E>>({{E::fixed, "fixed"}, {E::per_trial, "per_trial"}});
}

enum class OnDiverged { prune, fail };
constexpr auto names(OnDiverged) {
  using E = OnDiverged;
  return std::to_array<Named<E>>({{E::prune, "prune"}, {E::fail, "fail"}});
}

struct SweepConfig {
  std::string name;
  std::string experiment;
  std::map<std::string, Json> set;
  ObjectiveConfig objective;
  std::map<std::string, DimensionConfig> space;
  SweepSamplerConfig sampler;
  TrialSeed seed = TrialSeed::fixed;
  int trials_total = 16;
  int max_retries = 1;
  int max_consecutive_failures = 3;
  OnDiverged on_diverged = OnDiverged::prune;

  template <class V>
  static void fields(V& v) {
    using S = SweepConfig;
    v("name", &S::name, Pattern{"[A-Za-z0-9._-]{1,80}", "1 to 80 of A-Z a-z 0-9 . _ -"},
      "names the sweep's folder; default: the file's stem");
    v("experiment", &S::experiment, PathTo{PathKind::file}, "the experiment file that is varied",
      Note{.required = true});
    v("set", &S::set, Any{}, "experiment path -> value, for all trials");
    v("objective", &S::objective, Any{}, "what is optimised", Note{.required = true});
    v("space", &S::space, Length{1, 100}, "experiment path -> how it varies",
      Note{.required = true});
    v("sampler", &S::sampler, Any{}, "how trials are chosen");
    v("seed", &S::seed, Any{}, "fixed: the experiment's seed; per_trial: one drawn per trial");
    v("trials_total", &S::trials_total, Range{1, 1'000'000}, "complete, pruned and running trials",
      Note{.unit = "trials"});
    v("max_retries", &S::max_retries, Range{0, 100}, "new tries of a trial whose worker died");
    v("max_consecutive_failures", &S::max_consecutive_failures, Range{1, 1000},
      "failures in a row that close a worker's slot");
    v("on_diverged", &S::on_diverged, Any{}, "how a diverged trial counts");
  }
};

}  // namespace nta
