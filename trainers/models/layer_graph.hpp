// A model as data: a list of layers (name, kind, attributes, inputs). This one description drives
// construction, forward, the TorchScript text and the architecture JSON, so that no two of them can
// disagree. No torch here.
#pragma once

#include "libnta/config/sections/model.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nta {

/// y = x W' + b; weight [out, in], bias [out] unless has_bias is false.
struct LinearLayer {
  std::int64_t in = 0, out = 0;
  bool has_bias = true;
};
struct ActivationLayer {
  Activation function = Activation::relu;
};
struct DropoutLayer {
  double probability = 0;
};
/// momentum 0.1, eps 1e-5; running statistics are buffers.
struct BatchNormLayer {
  std::int64_t size = 0;
};
/// eps 1e-5 over the last dimension.
struct LayerNormLayer {
  std::int64_t size = 0;
};
/// [B, T, in] -> [B, T, hidden * (bidirectional ? 2 : 1)]. The backward direction starts at each
/// row's last valid step, so padding never changes a valid step.
struct LstmLayer {
  std::int64_t in = 0, hidden = 0, layers = 1;
  bool bidirectional = false;
  double dropout = 0;  // between layers
};
/// [B, T, F] -> [B, F] over the valid steps.
struct PoolLayer {
  Pool over = Pool::last;
};

using LayerKind = std::variant<LinearLayer, ActivationLayer, DropoutLayer, BatchNormLayer,
                               LayerNormLayer, LstmLayer, PoolLayer>;

struct Layer {
  std::string name;  // [a-z][a-z0-9_]*, unique; part of tensor names
  LayerKind kind;
  std::string input;  // an earlier layer, or "x" = the prepared input
};

/// What forward returns.
enum class ModelOutput { logits, value, reconstruction };
constexpr auto names(ModelOutput) {
  using E = ModelOutput;
  return std::to_array<Named<E>>(
      {{E::logits, "logits"}, {E::value, "value"}, {E::reconstruction, "reconstruction"}});
}

/// Shape of the data a model is made for. n_classes 0: no classes (regression, anomaly).
/// n_steps 0: rows [B, n_features]; else sequences [B, n_steps, n_features].
struct ModelShape {
  std::int64_t n_features = 0, n_classes = 0, n_steps = 0;
};

struct LayerGraph {
  std::string kind;  // linear mlp lstm autoencoder
  ModelShape shape;
  ModelOutput output = ModelOutput::logits;
  std::vector<Layer> layers;  // the last one is the output
};

/// A tensor that a graph needs.
struct TensorSpec {
  std::string name;  // <layer>.weight, as in an equal Python module
  std::vector<std::int64_t> shape;
  bool is_parameter = true;              // else a buffer
  bool decays = true;                    // false: biases and norm weights take no weight decay
  std::int64_t fan_in = 0, fan_out = 0;  // 0: filled with `constant`
  double constant = 0;
};

/// All tensors in layer order. LSTM: weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0, then
/// _reverse.
std::vector<TensorSpec> tensor_specs(LayerGraph const& graph);

/// Error(data) naming the layer if names, inputs or sizes do not fit together.
void check_graph(LayerGraph const& graph);

/// Architecture JSON and back. `layer_graph_from_json` accepts exactly what `to_json` writes and
/// checks the graph: Error(data) naming the key that is unknown, missing or out of range.
nlohmann::json to_json(LayerGraph const& graph);
LayerGraph layer_graph_from_json(nlohmann::json const& json);

}  // namespace nta
