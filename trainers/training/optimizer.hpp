// Gradients in, updated weights out, in one flat float32 buffer each for parameters, gradients and
// moments. The model's parameters and their gradients are views into these buffers, so a step costs
// a handful of calls whatever the number of layers. Not one host read in a step: gradients that are
// not finite set a flag on the device, with which the fused update skips itself.
#pragma once

#include "libnta/config/sections/training.hpp"
#include "trainers/models/model.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nta {

/// Counts that the device keeps; read outside steps.
struct SkipCounts {
  std::int64_t total = 0, longest_in_a_row = 0;
};

class Optimizer {
 public:
  /// Moves the model's parameters into the flat buffers (decaying ones first); the model keeps
  /// views. Slices start at multiples of 16 elements; padding stays zero.
  Optimizer(OptimizerConfig const& rules, ClipConfig const& clip, Model& model);

  /// Clears all gradients. Never use torch's zero_grad: it drops the views.
  void zero_grad();
  /// Clips, checks and applies what backward left in the gradients.
  void step(double lr);

  /// L2 norm of the gradients before clipping, of the last step; 0-dimensional.
  at::Tensor const& gradient_norm() const { return norm_; }
  SkipCounts skip_counts() const;

  /// State as views by name, in a fixed order: m/NAME v/NAME or mom/NAME, steps, skips. Copy into
  /// them in place to restore.
  std::vector<NamedTensor> state() const;
  at::Tensor const& flat_values() const { return values_; }
  at::Tensor const& flat_gradients() const { return gradients_; }

 private:
  struct Slice {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t offset = 0, size = 0;
  };
  struct Segment {  // parameters of one weight decay
    double weight_decay = 0;
    std::vector<at::Tensor> values, gradients, first, second, steps;
  };

  void lay_out(Model const& model);
  void update(Segment& segment);

  OptimizerConfig rules_;
  ClipConfig clip_;
  std::vector<Slice> slices_;
  std::vector<Segment> segments_;
  std::int64_t n_decaying_ = 0, n_total_ = 0;
  at::Tensor values_, gradients_, first_, second_;  // second_ undefined for sgd
  at::Tensor step_count_, lr_, found_, norm_;
  at::Tensor skips_;  // total, now in a row, longest in a row
};

}  // namespace nta
