// One optimiser step of the autograd engine: gather a batch into a reused buffer, forward, loss,
// backward into the flat gradients, update. No host read of a device value but the two numbers
// that the loss sums need, which on the CPU are plain memory.
#pragma once

#include "libnta/config/experiment.hpp"
#include "trainers/training/loss.hpp"
#include "trainers/training/optimizer.hpp"
#include "trainers/training/training_data.hpp"

#include <cstdint>
#include <span>

namespace nta {

/// Sum of loss times weight and of weights; the mean is their ratio.
struct LossWindow {
  double sum = 0, weight = 0;
  double mean() const { return sum / weight; }
};

/// The loss that an experiment asks for, with class weights from the training counts.
Loss make_loss(Experiment const& experiment, TrainingData const& data);

class TrainStep {
 public:
  TrainStep(Experiment const& experiment, TrainingData const& data, Model& model);

  /// rows: 1..batch_size rows of the data. Adds the batch's loss to every window; a skipped step
  /// of `non_finite: skip` adds nothing.
  void run(std::span<std::int64_t const> rows, double lr, std::span<LossWindow* const> windows);

  Optimizer const& optimizer() const { return optimizer_; }
  Loss const& loss() const { return loss_; }

 private:
  Batch gather(std::span<std::int64_t const> rows);

  TrainingData const& data_;
  Model& model_;
  Loss loss_;
  Optimizer optimizer_;
  Batch buffer_;      // batch_size rows
  double noise_ = 0;  // deviation added to the inputs of an autoencoder
  bool skip_non_finite_ = false;
};

}  // namespace nta
