// From a model's output to what a row is judged by: class probabilities, or how unusual it is.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace nta {

/// softmax(logits): float32 [B, C].
at::Tensor class_probabilities(at::Tensor const& logits);

/// Statistics of each column's squared error over normal validation rows, float32 [F] each.
/// Undefined tensors: the score is the plain mean ("mse").
struct ErrorStatistics {
  at::Tensor mean, scale;
  bool defined() const { return mean.defined(); }
};

/// Anomaly score of each row, [B]: mean over columns of (output - x)^2, or of
/// ((output - x)^2 - mean) / scale. Larger is more unusual.
at::Tensor reconstruction_score(at::Tensor const& output, at::Tensor const& x,
                                ErrorStatistics const& statistics);

/// Mean and deviation (at least 1e-12) per column of (output - x)^2, summed in float64.
ErrorStatistics error_statistics(at::Tensor const& output, at::Tensor const& x);

}  // namespace nta
