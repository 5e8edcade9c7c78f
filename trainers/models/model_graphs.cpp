#include "trainers/models/model_graphs.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"

#include <cmath>
#include <numbers>

namespace nta {
namespace {

/// Appends layers, each fed by the one before.
class Chain {
 public:
  explicit Chain(LayerGraph& graph) : graph_(graph) {}
  void add(std::string name, LayerKind kind) {
    graph_.layers.push_back({name, kind, previous_});
    previous_ = std::move(name);
  }

 private:
  LayerGraph& graph_;
  std::string previous_ = "x";
};

LayerGraph predictor(std::string_view kind, ModelShape const& shape) {
  NTA_EXPECTS(shape.n_features >= 1, ErrorKind::usage, "model {}: no features are left", kind);
  NTA_EXPECTS(shape.n_classes != 1, ErrorKind::usage,
              "model {}: the training part has one class; a classifier needs two", kind);
  LayerGraph graph;
  graph.kind = kind;
  graph.shape = shape;
  graph.output = shape.n_classes > 0 ? ModelOutput::logits : ModelOutput::value;
  return graph;
}

void want_rows(std::string_view kind, ModelShape const& shape) {
  NTA_EXPECTS(shape.n_steps == 0, ErrorKind::usage,
              "model {} takes flow features; data.unit sequence needs model lstm", kind);
}

std::int64_t n_outputs(LayerGraph const& graph) {
  return graph.output == ModelOutput::logits ? graph.shape.n_classes : 1;
}

}  // namespace

LayerGraph layer_graph(LinearConfig const& config, ModelShape const& shape) {
  want_rows("linear", shape);
  LayerGraph graph = predictor("linear", shape);
  Chain(graph).add("head", LinearLayer{shape.n_features, n_outputs(graph), config.intercept});
  return graph;
}

LayerGraph layer_graph(MlpConfig const& config, ModelShape const& shape) {
  want_rows("mlp", shape);
  LayerGraph graph = predictor("mlp", shape);
  Chain chain(graph);
  std::int64_t width = shape.n_features;
  int number = 0;
  for (int const hidden : config.hidden) {
    ++number;
    chain.add(fmt::format("fc{}", number), LinearLayer{width, hidden, true});
    if (config.norm == Norm::batch) chain.add(fmt::format("bn{}", number), BatchNormLayer{hidden});
    if (config.norm == Norm::layer) chain.add(fmt::format("ln{}", number), LayerNormLayer{hidden});
    chain.add(fmt::format("act{}", number), ActivationLayer{config.activation});
    if (config.dropout > 0) chain.add(fmt::format("drop{}", number), DropoutLayer{config.dropout});
    width = hidden;
  }
  chain.add("head", LinearLayer{width, n_outputs(graph), true});
  return graph;
}

LayerGraph layer_graph(LstmConfig const& config, ModelShape const& shape) {
  NTA_EXPECTS(shape.n_steps > 0, ErrorKind::usage,
              "model lstm takes packet sequences; set data.unit to sequence");
  LayerGraph graph = predictor("lstm", shape);
  Chain chain(graph);
  double const between = config.layers > 1 ? config.dropout : 0;
  chain.add("lstm", LstmLayer{shape.n_features, config.hidden, config.layers, config.bidirectional,
                              between});
  chain.add("pool", PoolLayer{config.pool});
  if (config.dropout > 0) chain.add("drop", DropoutLayer{config.dropout});
  std::int64_t const width = std::int64_t{config.hidden} * (config.bidirectional ? 2 : 1);
  chain.add("head", LinearLayer{width, n_outputs(graph), true});
  return graph;
}

LayerGraph layer_graph(AutoencoderConfig const& config, ModelShape const& shape) {
  want_rows("autoencoder", shape);
  LayerGraph graph = predictor("autoencoder", {shape.n_features, 0, 0});
  graph.output = ModelOutput::reconstruction;
  Chain chain(graph);
  std::vector<std::int64_t> widths{shape.n_features};
  widths.insert(widths.end(), config.hidden.begin(), config.hidden.end());
  widths.push_back(config.code);
  std::size_t const n = widths.size() - 1;
  auto const dense = [&](std::string const& side, std::size_t number, std::int64_t in,
                         std::int64_t out) {
    chain.add(fmt::format("{}{}", side, number), LinearLayer{in, out, true});
    if (side == "dec" && number == n) return;  // the output stays linear
    chain.add(fmt::format("{}_act{}", side, number), ActivationLayer{config.activation});
    if (config.dropout > 0) {
      chain.add(fmt::format("{}_drop{}", side, number), DropoutLayer{config.dropout});
    }
  };
  for (std::size_t i = 0; i < n; ++i) dense("enc", i + 1, widths[i], widths[i + 1]);
  for (std::size_t i = 0; i < n; ++i) dense("dec", i + 1, widths[n - i], widths[n - i - 1]);
  return graph;
}

LayerGraph layer_graph(ModelConfig const& config, ModelShape const& shape) {
  LayerGraph graph = std::visit([&](auto const& c) { return layer_graph(c, shape); }, config);
  check_graph(graph);
  return graph;
}

Init init_of(ModelConfig const& config) {
  auto const* mlp = std::get_if<MlpConfig>(&config);
  return mlp != nullptr ? mlp->init : Init::torch;
}

std::vector<float> initial_values(TensorSpec const& spec, std::uint64_t index, Init init,
                                  std::uint64_t seed) {
  std::size_t n = 1;
  for (std::int64_t const size : spec.shape) n *= static_cast<std::size_t>(size);
  std::vector<float> out(n, static_cast<float>(spec.constant));
  bool const is_bias = spec.shape.size() == 1;
  if (spec.fan_in == 0 || (is_bias && init != Init::torch)) return out;
  std::uint64_t const key = stream_key(seed, "init", index);
  auto const in = static_cast<double>(spec.fan_in);
  if (init == Init::he) {
    for (std::size_t i = 0; i < n; ++i) {  // Box and Muller 1958; 1 - u keeps the logarithm finite
      double const radius = std::sqrt(-2 * std::log(1 - random_unit(key, 2 * i)));
      double const angle = 2 * std::numbers::pi * random_unit(key, 2 * i + 1);
      out[i] = static_cast<float>(std::sqrt(2 / in) * radius * std::cos(angle));
    }
    return out;
  }
  double const bound = init == Init::torch
                           ? 1 / std::sqrt(in)
                           : std::sqrt(6 / (in + static_cast<double>(spec.fan_out)));
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = static_cast<float>(bound * (2 * random_unit(key, i) - 1));
  }
  return out;
}

}  // namespace nta
