// Model output and batch become one number to minimise, and the weight with which it enters an
// epoch's mean: loss = sum over rows / sum of row weights, so that a partial batch and a part's
// total are the same formula.
#pragma once

#include "libnta/config/sections/training.hpp"
#include "trainers/models/model.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace nta {

/// Weight per class from training counts, mean 1 over the classes that occur; absent classes 0.
/// balanced N / (C n_c); sqrt: its root. Empty for none.
std::vector<double> class_weights(ClassWeights rule, std::span<std::int64_t const> counts);

class Loss {
 public:
  /// mse, mae, huber (delta 1): against the target, or the input where there is no target.
  /// `kind` is not automatic.
  Loss(LossKind kind, double label_smoothing, std::vector<double> const& weights);

  struct Value {
    at::Tensor mean;    // 0-dimensional, float32; carries the graph
    at::Tensor weight;  // 0-dimensional: sum of row weights
  };
  Value operator()(at::Tensor const& output, Batch const& batch) const;

 private:
  LossKind kind_;
  double label_smoothing_;
  at::Tensor class_weights_;  // undefined: all 1
};

}  // namespace nta
