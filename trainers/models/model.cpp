#include "trainers/models/model.hpp"

#include "libnta/core/error.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/lstm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace nta {
namespace {

void check_lengths(at::Tensor const& lengths, at::Tensor const& x) {
  NTA_EXPECTS(lengths.defined() && lengths.dim() == 1 && lengths.size(0) == x.size(0) &&
                  lengths.scalar_type() == at::kLong && lengths.is_contiguous(),
              ErrorKind::data, "a sequence model needs one int64 length per row");
  if (!lengths.is_cpu()) return;
  std::int64_t const* const values = lengths.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < lengths.size(0); ++i) {
    NTA_EXPECTS(values[i] >= 1 && values[i] <= x.size(1), ErrorKind::data,
                "row {}: sequence length {} is outside 1..{}", i, values[i], x.size(1));
  }
}

/// A layer's tensors and what it may look at.
struct Context {
  NamedTensor const* parameters;
  NamedTensor const* buffers;
  at::Tensor const& lengths;
  bool training;

  at::Tensor parameter(std::size_t i) const { return parameters[i].tensor; }
};

// See Note [Same operators in the script]: serving/torchscript_source.cpp writes these very calls.
struct Forward {
  at::Tensor x;
  Context const& in;

  at::Tensor operator()(LinearLayer const& layer) const {
    return at::linear(x, in.parameter(0), layer.has_bias ? in.parameter(1) : at::Tensor());
  }

  at::Tensor operator()(ActivationLayer const& layer) const {
    switch (layer.function) {
      case Activation::relu:
        return at::relu(x);
      case Activation::gelu:
        return at::gelu(x);
      case Activation::tanh:
        return at::tanh(x);
      case Activation::silu:
        return at::silu(x);
      case Activation::elu:
        return at::elu(x);
      case Activation::leaky_relu:
        return at::leaky_relu(x);
    }
    return x;
  }

  at::Tensor operator()(DropoutLayer const& layer) const {
    return at::dropout(x, layer.probability, in.training);
  }

  at::Tensor operator()(BatchNormLayer const&) const {
    bool const use_batch = in.training && x.size(0) > 1;  // one row has no variance
    return at::batch_norm(x, in.parameter(0), in.parameter(1), in.buffers[0].tensor,
                          in.buffers[1].tensor, use_batch, 0.1, 1e-5, true);
  }

  at::Tensor operator()(LayerNormLayer const& layer) const {
    return at::layer_norm(x, {layer.size}, in.parameter(0), in.parameter(1), 1e-5);
  }

  at::Tensor operator()(LstmLayer const& layer) const {
    if (!layer.bidirectional) return run_lstm(x, layer, 0, layer.layers);
    at::Tensor y = x;
    for (std::int64_t i = 0; i < layer.layers; ++i) {
      if (i > 0) y = at::dropout(y, layer.dropout, in.training);
      at::Tensor const ahead = run_lstm(y, layer, 2 * i, 1);
      at::Tensor const back = reverse(run_lstm(reverse(y), layer, 2 * i + 1, 1));
      y = at::cat({ahead, back}, 2);
    }
    return y;
  }

  at::Tensor operator()(PoolLayer const& layer) const {
    if (layer.over == Pool::last) {
      at::Tensor const last = (in.lengths - 1).view({-1, 1, 1}).expand({-1, 1, x.size(2)});
      return at::gather(x, 1, last).squeeze(1);
    }
    at::Tensor const padding = (steps() >= in.lengths.unsqueeze(1)).unsqueeze(2);
    if (layer.over == Pool::max) {
      return at::amax(x.masked_fill(padding, -std::numeric_limits<double>::infinity()), {1});
    }
    return at::sum(x.masked_fill(padding, 0.0), {1}) / in.lengths.unsqueeze(1);
  }

 private:
  at::Tensor steps() const { return at::arange(x.size(1), in.lengths.options()).unsqueeze(0); }

  /// `count` stacked layers whose tensors start at four times `first`.
  at::Tensor run_lstm(at::Tensor const& sequence, LstmLayer const& layer, std::int64_t first,
                      std::int64_t count) const {
    std::vector<at::Tensor> weights;
    for (std::int64_t i = 4 * first; i < 4 * (first + count); ++i) {
      weights.push_back(in.parameter(static_cast<std::size_t>(i)));
    }
    at::Tensor const start = at::zeros({count, sequence.size(0), layer.hidden}, x.options());
    double const dropout = layer.bidirectional ? 0.0 : layer.dropout;
    return std::get<0>(at::lstm(sequence, {start, start}, weights, true, count, dropout,
                                in.training, false, true));
  }

  /// Valid steps in reverse order, padding where it was.
  at::Tensor reverse(at::Tensor const& sequence) const {
    at::Tensor const t = steps();
    at::Tensor const end = in.lengths.unsqueeze(1);
    at::Tensor const source = at::where(t < end, end - 1 - t, t);
    return at::gather(sequence, 1, source.unsqueeze(2).expand({-1, -1, sequence.size(2)}));
  }
};

std::size_t n_parameters(Layer const& layer) {
  if (auto const* lstm = std::get_if<LstmLayer>(&layer.kind)) {
    return static_cast<std::size_t>(4 * lstm->layers * (lstm->bidirectional ? 2 : 1));
  }
  if (auto const* linear = std::get_if<LinearLayer>(&layer.kind)) return linear->has_bias ? 2 : 1;
  bool const is_norm = std::holds_alternative<BatchNormLayer>(layer.kind) ||
                       std::holds_alternative<LayerNormLayer>(layer.kind);
  return is_norm ? 2 : 0;
}

}  // namespace

Model::Model(LayerGraph graph, std::vector<NamedTensor> parameters,
             std::vector<NamedTensor> buffers)
    : graph_(std::move(graph)), parameters_(std::move(parameters)), buffers_(std::move(buffers)) {
  std::size_t next_parameter = 0, next_buffer = 0;
  for (Layer const& layer : graph_.layers) {
    std::size_t const n = n_parameters(layer);
    slots_.push_back({next_parameter, next_buffer});
    next_parameter += n;
    next_buffer += std::holds_alternative<BatchNormLayer>(layer.kind) ? 2 : 0;
  }
  NTA_EXPECTS(next_parameter == parameters_.size() && next_buffer == buffers_.size(),
              ErrorKind::data, "a {} needs {} parameters and {} buffers, got {} and {}",
              graph_.kind, next_parameter, next_buffer, parameters_.size(), buffers_.size());
}

at::Tensor Model::forward(at::Tensor const& x, at::Tensor const& lengths, bool training) {
  std::int64_t const dims = is_sequence() ? 3 : 2;
  NTA_EXPECTS(x.dim() == dims && x.size(dims - 1) == graph_.shape.n_features, ErrorKind::data,
              "a {} takes {} dimensions with {} columns, got {} with {}", graph_.kind, dims,
              graph_.shape.n_features, x.dim(), x.dim() > 0 ? x.size(x.dim() - 1) : 0);
  if (is_sequence()) check_lengths(lengths, x);
  at::Tensor y = x;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot const& slot = slots_[i];
    Context const context{parameters_.data() + slot.first_parameter,
                          buffers_.data() + slot.first_buffer, lengths, training};
    y = std::visit(Forward{y, context}, graph_.layers[i].kind);
  }
  return graph_.output == ModelOutput::value ? y.squeeze(1) : y;
}

}  // namespace nta
