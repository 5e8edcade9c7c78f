// "evaluation": which parts are judged, and where the line between normal and alarm is drawn.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <optional>
#include <vector>

namespace nta {

enum class JudgedPart { train, validation, test };
constexpr auto names(JudgedPart) {
  using E = JudgedPart;
  return std::to_array<Named<E>>(
      {{E::train, "train"}, {E::validation, "validation"}, {E::test, "test"}});
}

/// task_default: arg max for classes, the .95 quantile for detectors.
enum class ThresholdRule { task_default, max_f1, youden, target_fpr, quantile };
constexpr auto names(ThresholdRule) {
  using E = ThresholdRule;
  return std::to_array<Named<E>>({{E::task_default, "default"},
                                  {E::max_f1, "max_f1"},
                                  {E::youden, "youden"},
                                  {E::target_fpr, "target_fpr"},
                                  {E::quantile, "quantile"}});
}

struct ThresholdConfig {
  ThresholdRule rule = ThresholdRule::task_default;
  std::optional<double> value;

  template <class V>
  static void fields(V& v) {
    using S = ThresholdConfig;
    v("rule", &S::rule, Any{},
      "chosen on validation, applied unchanged on test; default: arg max, detectors quantile 0.95");
    v("value", &S::value, Range{0, 1, true, true},
      "target_fpr: the rate; quantile: of the normal "
      "validation scores");
  }
};

struct EvaluationConfig {
  std::vector<JudgedPart> on{JudgedPart::validation, JudgedPart::test};
  ThresholdConfig threshold;
  bool save_scores = true;

  template <class V>
  static void fields(V& v) {
    using S = EvaluationConfig;
    v("on", &S::on, Length{1, 3}, "the parts that are judged");
    v("threshold", &S::threshold, Any{}, "when a score becomes an alarm");
    v("save_scores", &S::save_scores, Any{}, "write a score per row");
  }
};

}  // namespace nta
