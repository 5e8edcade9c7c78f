// Where a training stands, besides tensors: everything that decides what comes next. Two equal
// states with equal tensors have equal futures, which is what exact resume rests on.
#pragma once

#include "trainers/training/step.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nta {

/// A checkpoint that was among the best when it was saved.
struct BestCheckpoint {
  double value = 0;
  std::int64_t step = 0;
};

struct TrainState {
  std::int64_t step = 0, epoch = 0, batch = 0;  // done; batch: within the epoch
  bool initial_validation = false;              // the one before epoch 1 is logged
  std::int64_t validations = 0;                 // after steps
  std::int64_t validated_step = 0;
  LossWindow epoch_loss, line_loss;      // since the epoch began, since the last train line
  std::vector<BestCheckpoint> best;      // best first
  std::optional<double> gain_reference;  // early stop: last value that was a gain
  std::int64_t without_gain = 0;
  bool stopped_early = false;
  std::uint64_t metrics_bytes = 0;  // length of metrics.jsonl
};

/// Doubles are written as their bit patterns in hexadecimal: exact, and NaN has one too.
nlohmann::ordered_json to_json(TrainState const& state);
/// Error(data) naming the key that is missing or of another type.
TrainState train_state_from_json(nlohmann::json const& json);

}  // namespace nta
