#include "trainers/training/loss.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace nta {

std::vector<double> class_weights(ClassWeights rule, std::span<std::int64_t const> counts) {
  if (rule == ClassWeights::none) {
    return {};
  }
  std::vector<double> out(counts.size(), 0);
  double sum = 0, n_present = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) {
      continue;
    }
    double const inverse = 1.0 / static_cast<double>(counts[c]);
    out[c] = rule == ClassWeights::sqrt ? std::sqrt(inverse) : inverse;
    sum += out[c];
    ++n_present;
  }
  for (auto& weight : out) {
    weight *= n_present / sum;
  }
  return out;
}

Loss::Loss(LossKind kind, double label_smoothing, std::vector<double> const& weights)
    : kind_(kind), label_smoothing_(label_smoothing) {
  if (!weights.empty()) {
    class_weights_ = at::tensor(weights, at::kFloat);
  }
}

Loss::Value Loss::operator()(at::Tensor const& output, Batch const& batch) const {
  auto const n_rows = static_cast<double>(output.size(0));
  if (kind_ == LossKind::cross_entropy) {
    auto const mean = at::cross_entropy_loss(output, batch.target, class_weights_,
                                             at::Reduction::Mean, -100, label_smoothing_);
    return {mean, class_weights_.defined() ? class_weights_.index_select(0, batch.target).sum()
                                           : at::scalar_tensor(n_rows, at::kFloat)};
  }
  auto const& wanted = batch.target.defined() ? batch.target : batch.x;
  auto const mean = kind_ == LossKind::mae     ? at::l1_loss(output, wanted)
                    : kind_ == LossKind::huber ? at::huber_loss(output, wanted)
                                               : at::mse_loss(output, wanted);
  return {mean, at::scalar_tensor(n_rows, at::kFloat)};
}

}  // namespace nta
