// Who watches a training: the command line shows progress, a sweep's worker reports and may prune.
// The library itself never prints.
#pragma once

#include "libnta/config/metrics_log.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace nta {

/// Inside an epoch, at most ten times a second.
struct TrainProgress {
  std::int64_t step = 0, steps_total = 0, epoch = 0, epochs = 0;
  double rows_per_s = 0, eta_s = 0;
};

/// After a validation. `epoch` 0: before the first one; train_loss is null then.
struct EpochReport {
  TrainProgress progress;
  std::optional<double> train_loss;
  MetricValues validation;  // without the part; defined ones only
  std::string monitor;      // "validation/loss"
  double monitor_value = 0;
  bool is_best = false;
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  /// Something the user should know: a checkpoint passed over, a resume that is not bit-exact.
  virtual void on_note(std::string const& text) { static_cast<void>(text); }
  virtual void on_progress(TrainProgress const& progress) { static_cast<void>(progress); }
  virtual void on_epoch(EpochReport const& report) { static_cast<void>(report); }
  /// After the nth (from 1) validation that follows training: true ends the training as pruned.
  virtual bool should_prune(std::int64_t validation, EpochReport const& report) {
    static_cast<void>(validation);
    static_cast<void>(report);
    return false;
  }
};

}  // namespace nta
