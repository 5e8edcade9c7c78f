// "preparation": what happens to feature columns between the flow table and the model, in the fixed
// order missing, log, outliers, encode, scale; fitted on training rows only.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <string>
#include <vector>

namespace nta {

enum class MissingRule { median, mean, most_frequent, constant };
constexpr auto names(MissingRule) {
  using E = MissingRule;
  return std::to_array<Named<E>>({{E::median, "median"},
                                  {E::mean, "mean"},
                                  {E::most_frequent, "most_frequent"},
                                  {E::constant, "constant"}});
}

struct MissingConfig {
  MissingRule rule = MissingRule::median;
  double value = 0;

  template <class V>
  static void fields(V& v) {
    using S = MissingConfig;
    v("rule", &S::rule, Any{}, "what stands in for NaN and infinity");
    v("value", &S::value, Range{-1e15, 1e15}, "rule constant: this value");
  }
};

enum class OutlierRule { automatic, clip, none };
constexpr auto names(OutlierRule) {
  using E = OutlierRule;
  return std::to_array<Named<E>>({{E::automatic, "auto"}, {E::clip, "clip"}, {E::none, "none"}});
}

struct OutliersConfig {
  OutlierRule rule = OutlierRule::automatic;
  double low = 0.001;
  double high = 0.999;

  template <class V>
  static void fields(V& v) {
    using S = OutliersConfig;
    v("rule", &S::rule, Any{}, "clip to quantiles of the training part; auto: none for anomaly");
    v("low", &S::low, Range{0, 1}, "lower quantile");
    v("high", &S::high, Range{0, 1}, "upper quantile");
  }
};

enum class UnknownCategory { bucket, zero };
constexpr auto names(UnknownCategory) {
  using E = UnknownCategory;
  return std::to_array<Named<E>>({{E::bucket, "bucket"}, {E::zero, "zero"}});
}

struct EncodeConfig {
  std::vector<std::string> columns;
  UnknownCategory unknown = UnknownCategory::bucket;
  int min_count = 1;

  template <class V>
  static void fields(V& v) {
    using S = EncodeConfig;
    v("columns", &S::columns, NameOf{NameKind::feature_glob},
      "integer code columns that become one-hot groups (globs)");
    v("unknown", &S::unknown, Any{},
      "a code unseen in training: an extra last column, or all zero");
    v("min_count", &S::min_count, Range{1, 1'000'000'000}, "rarer codes count as unknown",
      Note{.unit = "rows"});
  }
};

enum class ScaleRule { standard, min_max, robust, none };
constexpr auto names(ScaleRule) {
  using E = ScaleRule;
  return std::to_array<Named<E>>({{E::standard, "standard"},
                                  {E::min_max, "min_max"},
                                  {E::robust, "robust"},
                                  {E::none, "none"}});
}

struct ScaleConfig {
  ScaleRule rule = ScaleRule::standard;

  template <class V>
  static void fields(V& v) {
    using S = ScaleConfig;
    v("rule", &S::rule, Any{},
      "standard: mean 0, deviation 1; min_max: [0, 1]; robust: median and quartiles");
  }
};

enum class TargetRule { standard, none };
constexpr auto names(TargetRule) {
  using E = TargetRule;
  return std::to_array<Named<E>>({{E::standard, "standard"}, {E::none, "none"}});
}

struct TargetConfig {
  TargetRule rule = TargetRule::standard;

  template <class V>
  static void fields(V& v) {
    using S = TargetConfig;
    v("rule", &S::rule, Any{}, "regression: scaling of the target, undone in scores");
  }
};

struct PreparationConfig {
  MissingConfig missing;
  std::vector<std::string> log;
  OutliersConfig outliers;
  EncodeConfig encode;
  ScaleConfig scale;
  TargetConfig target;

  template <class V>
  static void fields(V& v) {
    using S = PreparationConfig;
    v("missing", &S::missing, Any{}, "values that are not finite");
    v("log", &S::log, NameOf{NameKind::feature_glob},
      "columns (globs) that become sign(x) ln(1 + |x|)");
    v("outliers", &S::outliers, Any{}, "extreme values");
    v("encode", &S::encode, Any{}, "code columns");
    v("scale", &S::scale, Any{}, "scaling of all columns");
    v("target", &S::target, Any{}, "scaling of a regression's target");
  }
};

}  // namespace nta
