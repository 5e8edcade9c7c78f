#include "trainers/models/row_score.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/var.h>

namespace nta {

// See Note [Same operators in the script].
at::Tensor class_probabilities(at::Tensor const& logits) {
  return at::softmax(logits, 1);
}

at::Tensor reconstruction_score(at::Tensor const& output, at::Tensor const& x,
                                ErrorStatistics const& statistics) {
  at::Tensor error = at::pow(output - x, 2);
  if (statistics.defined()) error = (error - statistics.mean) / statistics.scale;
  return at::mean(error, {1});
}

ErrorStatistics error_statistics(at::Tensor const& output, at::Tensor const& x) {
  at::Tensor const error = at::pow(output.detach().to(at::kDouble) - x.to(at::kDouble), 2);
  at::Tensor const scale = at::var(error, at::IntArrayRef{0}, false).sqrt().clamp_min(1e-12);
  return {error.mean({0}).to(at::kFloat), scale.to(at::kFloat)};
}

}  // namespace nta
