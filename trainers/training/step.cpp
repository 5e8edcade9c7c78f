#include "trainers/training/step.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn_like.h>

#include <cmath>
#include <variant>

namespace nta {
namespace {

LossKind loss_kind(Experiment const& experiment) {
  auto const kind = experiment.training.loss.kind;
  if (kind != LossKind::automatic) {
    return kind;
  }
  return experiment.task == Task::classification ? LossKind::cross_entropy : LossKind::mse;
}

at::Tensor rows_like(at::Tensor const& all, std::int64_t n_rows) {
  if (!all.defined()) {
    return {};
  }
  auto shape = all.sizes().vec();
  shape[0] = n_rows;
  return at::empty(shape, all.scalar_type());
}

}  // namespace

Loss make_loss(Experiment const& experiment, TrainingData const& data) {
  auto const& config = experiment.training.loss;
  return {loss_kind(experiment), config.label_smoothing,
          experiment.task == Task::classification
              ? class_weights(config.class_weights, data.class_counts)
              : std::vector<double>{}};
}

TrainStep::TrainStep(Experiment const& experiment, TrainingData const& data, Model& model)
    : data_(data),
      model_(model),
      loss_(make_loss(experiment, data)),
      optimizer_(experiment.training.optimizer, experiment.training.clip, model),
      skip_non_finite_(experiment.training.non_finite == NonFinite::skip) {
  auto const n_rows = static_cast<std::int64_t>(data.train_rows.size());
  auto const batch_rows = std::min<std::int64_t>(experiment.training.batch_size, n_rows);
  buffer_ = {rows_like(data.x, batch_rows),
             rows_like(data.lengths, batch_rows),
             rows_like(data.target, batch_rows),
             {}};
  if (auto const* detector = std::get_if<AutoencoderConfig>(&experiment.model)) {
    noise_ = detector->noise;
  }
}

Batch TrainStep::gather(std::span<std::int64_t const> rows) {
  auto const n_rows = static_cast<std::int64_t>(rows.size());
  auto const leading = [&](at::Tensor const& source, at::Tensor const& buffer) {
    if (!source.defined()) {
      return at::Tensor();
    }
    gather_rows(source, rows, buffer);
    return n_rows == buffer.size(0) ? buffer : buffer.narrow(0, 0, n_rows);
  };
  return {leading(data_.x, buffer_.x),
          leading(data_.lengths, buffer_.lengths),
          leading(data_.target, buffer_.target),
          {}};
}

void TrainStep::run(std::span<std::int64_t const> rows, double lr,
                    std::span<LossWindow* const> windows) {
  auto const batch = gather(rows);
  optimizer_.zero_grad();
  auto const input = noise_ > 0 ? batch.x + noise_ * at::randn_like(batch.x) : batch.x;
  auto const value = loss_(model_.forward(input, batch.lengths, true), batch);
  value.mean.backward();
  optimizer_.step(lr);
  double const weight = static_cast<double>(*value.weight.const_data_ptr<float>());
  double const sum = static_cast<double>(*value.mean.const_data_ptr<float>()) * weight;
  if (skip_non_finite_ && !std::isfinite(sum)) {
    return;
  }
  for (auto* const window : windows) {
    window->sum += sum;
    window->weight += weight;
  }
}

}  // namespace nta
