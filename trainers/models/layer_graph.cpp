#include "trainers/models/layer_graph.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace nta {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

constexpr std::array<std::string_view, 24> kKeywords{
    "and",    "as",   "assert", "break", "class", "continue", "def",  "del",
    "elif",   "else", "except", "for",   "from",  "if",       "in",   "is",
    "lambda", "not",  "or",     "pass",  "raise", "return",   "with", "while"};

bool is_source_name(std::string_view name) {
  auto const fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, fits) &&
         std::ranges::find(kKeywords, name) == kKeywords.end();
}

using Shape = std::vector<std::int64_t>;

TensorSpec weight(std::string name, Shape shape, std::int64_t fan_in, std::int64_t fan_out) {
  bool const decays = shape.size() > 1;
  return {std::move(name), std::move(shape), true, decays, fan_in, fan_out, 0};
}

TensorSpec constant(std::string name, std::int64_t size, bool is_parameter, double value) {
  return {std::move(name), {size}, is_parameter, false, 0, 0, value};
}

void add_lstm(std::string const& name, LstmLayer const& lstm, std::vector<TensorSpec>& out) {
  std::int64_t const directions = lstm.bidirectional ? 2 : 1;
  for (std::int64_t layer = 0; layer < lstm.layers; ++layer) {
    std::int64_t const in = layer == 0 ? lstm.in : lstm.hidden * directions;
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      std::string const tail = fmt::format("_l{}{}", layer, direction == 1 ? "_reverse" : "");
      std::int64_t const h = lstm.hidden;  // all four start as U(+-1/sqrt(hidden))
      out.push_back(weight(name + ".weight_ih" + tail, {4 * h, in}, h, 4 * h));
      out.push_back(weight(name + ".weight_hh" + tail, {4 * h, h}, h, 4 * h));
      out.push_back(weight(name + ".bias_ih" + tail, {4 * h}, h, 4 * h));
      out.push_back(weight(name + ".bias_hh" + tail, {4 * h}, h, 4 * h));
    }
  }
}

/// Width of a layer's result, given that of its input; Error if they do not fit.
std::int64_t width_after(Layer const& layer, std::int64_t width) {
  auto const same = [&](std::int64_t wanted, std::int64_t result) {
    NTA_EXPECTS(wanted == width, ErrorKind::data, "layer {} takes {} columns, its input {} has {}",
                layer.name, wanted, layer.input, width);
    NTA_EXPECTS(wanted >= 1 && result >= 1 && wanted <= 1'000'000 && result <= 1'000'000,
                ErrorKind::data, "layer {}: sizes must lie in 1..1000000", layer.name);
    return result;
  };
  auto const share = [&](double p) {
    NTA_EXPECTS(p >= 0 && p < 1, ErrorKind::data, "layer {}: dropout {} is outside [0, 1)",
                layer.name, p);
    return width;
  };
  return std::visit(Overloaded{[&](LinearLayer const& l) { return same(l.in, l.out); },
                               [&](BatchNormLayer const& l) { return same(l.size, l.size); },
                               [&](LayerNormLayer const& l) { return same(l.size, l.size); },
                               [&](LstmLayer const& l) {
                                 share(l.dropout);
                                 NTA_EXPECTS(l.layers >= 1 && l.layers <= 64, ErrorKind::data,
                                             "layer {}: {} stacked layers, 1..64 are possible",
                                             layer.name, l.layers);
                                 return same(l.in, l.hidden * (l.bidirectional ? 2 : 1));
                               },
                               [&](DropoutLayer const& l) { return share(l.probability); },
                               [&](ActivationLayer const&) { return width; },
                               [&](PoolLayer const&) { return width; }},
                    layer.kind);
}

std::int64_t output_width(LayerGraph const& graph) {
  switch (graph.output) {
    case ModelOutput::logits:
      return graph.shape.n_classes;
    case ModelOutput::value:
      return 1;
    case ModelOutput::reconstruction:
      return graph.shape.n_features;
  }
  return 0;
}

}  // namespace

std::vector<TensorSpec> tensor_specs(LayerGraph const& graph) {
  std::vector<TensorSpec> out;
  for (Layer const& layer : graph.layers) {
    std::string const& name = layer.name;
    std::visit(Overloaded{[&](LinearLayer const& l) {
                            out.push_back(weight(name + ".weight", {l.out, l.in}, l.in, l.out));
                            if (l.has_bias) {
                              out.push_back(weight(name + ".bias", {l.out}, l.in, l.out));
                            }
                          },
                          [&](BatchNormLayer const& l) {
                            out.push_back(constant(name + ".weight", l.size, true, 1));
                            out.push_back(constant(name + ".bias", l.size, true, 0));
                            out.push_back(constant(name + ".running_mean", l.size, false, 0));
                            out.push_back(constant(name + ".running_var", l.size, false, 1));
                          },
                          [&](LayerNormLayer const& l) {
                            out.push_back(constant(name + ".weight", l.size, true, 1));
                            out.push_back(constant(name + ".bias", l.size, true, 0));
                          },
                          [&](LstmLayer const& l) { add_lstm(name, l, out); }, [](auto const&) {}},
               layer.kind);
  }
  return out;
}

void check_graph(LayerGraph const& graph) {
  ModelShape const& shape = graph.shape;
  NTA_EXPECTS(
      shape.n_features >= 1 && shape.n_classes >= 0 && shape.n_steps >= 0 && !graph.layers.empty(),
      ErrorKind::data, "a model needs at least one feature and one layer");
  std::set<std::string> names{"x", "prep"};
  std::string previous = "x";
  std::int64_t width = shape.n_features;
  bool has_steps = shape.n_steps > 0;
  for (Layer const& layer : graph.layers) {
    NTA_EXPECTS(is_source_name(layer.name) && names.insert(layer.name).second, ErrorKind::data,
                "layer name \"{}\" is taken or no lower-case source name", layer.name);
    NTA_EXPECTS(layer.input == previous, ErrorKind::data,
                "layer {} takes \"{}\", but models are chains: \"{}\" comes before it", layer.name,
                layer.input, previous);
    bool const wants_steps = std::holds_alternative<LstmLayer>(layer.kind) ||
                             std::holds_alternative<PoolLayer>(layer.kind);
    NTA_EXPECTS(has_steps || !wants_steps, ErrorKind::data, "layer {} needs sequences", layer.name);
    NTA_EXPECTS(!has_steps || !std::holds_alternative<BatchNormLayer>(layer.kind), ErrorKind::data,
                "layer {}: batch norm takes rows, pool the sequence first", layer.name);
    width = width_after(layer, width);
    has_steps = has_steps && !std::holds_alternative<PoolLayer>(layer.kind);
    previous = layer.name;
  }
  NTA_EXPECTS(!has_steps, ErrorKind::data, "the sequence is never pooled to one row");
  NTA_EXPECTS(graph.output != ModelOutput::logits || shape.n_classes >= 2, ErrorKind::data,
              "a classifier needs at least two classes, got {}", shape.n_classes);
  NTA_EXPECTS(width == output_width(graph), ErrorKind::data,
              "the last layer {} gives {} columns, {} needs {}", previous, width,
              name_of(graph.output), output_width(graph));
}

}  // namespace nta
