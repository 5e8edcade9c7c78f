// The watched metric decides on the best checkpoints and on early stop; its memory is part of the
// saved state. NaN is no gain.
#pragma once

#include "libnta/config/sections/training.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/metrics/evaluate_metrics.hpp"
#include "trainers/training/train_state.hpp"

#include <string>
#include <vector>

namespace nta {

class Monitor {
 public:
  /// Error(usage) for an unknown metric, or a part other than train and validation.
  explicit Monitor(TrainingConfig const& config);

  std::string const& full_name() const { return full_name_; }
  Part part() const { return part_; }
  bool maximize() const { return maximize_; }
  /// Error(usage) with the reason if the metric is undefined on this part.
  double value_in(std::vector<MetricValue> const& values) const;

  struct Outcome {
    bool is_best = false;  // better than all before
    bool keep = false;     // among the keep_best best: worth a checkpoint
  };
  /// Takes the value of a validation at state.step into the state; may set stopped_early.
  Outcome take(double value, TrainState& state) const;

 private:
  bool better(double value, double than) const { return maximize_ ? value > than : value < than; }

  TrainingConfig const& config_;
  std::string full_name_, metric_;
  Part part_ = Part::validation;
  bool maximize_ = false;
};

}  // namespace nta
