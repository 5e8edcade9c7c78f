#include "trainers/training/monitor.hpp"

#include "libnta/core/error.hpp"
#include "trainers/metrics/metric_list.hpp"

#include <algorithm>
#include <cmath>

namespace nta {

Monitor::Monitor(TrainingConfig const& config) : config_(config), full_name_(config.monitor) {
  auto const slash = full_name_.find('/');
  auto const part = full_name_.substr(0, slash);
  NTA_EXPECTS(slash != std::string::npos && (part == "train" || part == "validation"),
              ErrorKind::usage,
              "/training/monitor: \"{}\" is not train/METRIC or validation/METRIC", full_name_);
  part_ = part == "train" ? Part::train : Part::validation;
  metric_ = full_name_.substr(slash + 1);
  auto const info = find_metric(metric_);
  NTA_EXPECTS(info.has_value(), ErrorKind::usage, "/training/monitor: unknown metric \"{}\"",
              metric_);
  maximize_ = config.monitor_mode == MonitorMode::automatic
                  ? info->direction == Direction::maximize
                  : config.monitor_mode == MonitorMode::max;
}

double Monitor::value_in(std::vector<MetricValue> const& values) const {
  auto const found = std::find_if(values.begin(), values.end(),
                                  [&](auto const& entry) { return entry.name == metric_; });
  NTA_EXPECTS(found != values.end(), ErrorKind::usage,
              "/training/monitor: {} is no metric of this task", full_name_);
  NTA_EXPECTS(found->value.has_value(), ErrorKind::usage,
              "/training/monitor: {} is undefined here: {}; monitor another metric", full_name_,
              found->reason);
  return *found->value;
}

Monitor::Outcome Monitor::take(double value, TrainState& state) const {
  ++state.validations;
  Outcome outcome;
  auto& best = state.best;
  if (!std::isnan(value)) {
    // Behind equal values: the earliest of equals stays the best.
    auto const place = std::find_if(best.begin(), best.end(),
                                    [&](auto const& entry) { return better(value, entry.value); });
    auto const index = place - best.begin();
    best.insert(place, {value, state.step});
    auto const capacity = std::max(config_.checkpoint.keep_best, 1);
    if (static_cast<int>(best.size()) > capacity) {
      best.pop_back();
    }
    outcome.is_best = index == 0;
    outcome.keep = index < config_.checkpoint.keep_best;
  }
  double const min_delta = config_.early_stop ? config_.early_stop->min_delta : 0;
  auto const& reference = state.gain_reference;
  if (!std::isnan(value) &&
      (!reference || better(value, maximize_ ? *reference + min_delta : *reference - min_delta))) {
    state.gain_reference = value;
    state.without_gain = 0;
    return outcome;
  }
  ++state.without_gain;
  auto const& stop = config_.early_stop;
  if (stop && state.without_gain >= stop->patience && state.epoch >= stop->min_epochs) {
    state.stopped_early = true;
  }
  return outcome;
}

}  // namespace nta
