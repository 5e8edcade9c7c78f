// Layer graph <-> architecture JSON. The reader is strict: it builds the graph, checks it, and
// accepts the text only if writing the graph again gives the same JSON, so no key is ever ignored.
#include "libnta/core/error.hpp"
#include "trainers/models/layer_graph.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace nta {
namespace {

using Json = nlohmann::json;

struct KindWriter {
  Json operator()(LinearLayer const& l) const {
    return {{"kind", "linear"}, {"in", l.in}, {"out", l.out}, {"bias", l.has_bias}};
  }
  Json operator()(ActivationLayer const& l) const { return {{"kind", name_of(l.function)}}; }
  Json operator()(DropoutLayer const& l) const {
    return {{"kind", "dropout"}, {"probability", l.probability}};
  }
  Json operator()(BatchNormLayer const& l) const {
    return {{"kind", "batch_norm"}, {"size", l.size}};
  }
  Json operator()(LayerNormLayer const& l) const {
    return {{"kind", "layer_norm"}, {"size", l.size}};
  }
  Json operator()(LstmLayer const& l) const {
    return {{"kind", "lstm"},
            {"in", l.in},
            {"hidden", l.hidden},
            {"layers", l.layers},
            {"bidirectional", l.bidirectional},
            {"dropout", l.dropout}};
  }
  Json operator()(PoolLayer const& l) const {
    return {{"kind", "pool"}, {"over", name_of(l.over)}};
  }
};

/// A member of the wanted type, or Error(data) naming it.
template <class T>
T member(Json const& object, char const* key) {
  NTA_EXPECTS(object.is_object() && object.contains(key), ErrorKind::data,
              "architecture: key \"{}\" is missing", key);
  Json const& value = object.at(key);
  bool fits = false;
  if constexpr (std::is_same_v<T, bool>) {
    fits = value.is_boolean();
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    // from text unsigned, from memory signed
    fits = value.is_number_integer() &&
           (value.is_number_unsigned() || value.get<std::int64_t>() >= 0) &&
           value.get<std::uint64_t>() < (1ULL << 53);
  } else if constexpr (std::is_same_v<T, double>) {
    fits = value.is_number();
  } else {
    fits = value.is_string();
  }
  NTA_EXPECTS(fits, ErrorKind::data, "architecture: \"{}\" is a {} of the wrong type or range", key,
              value.type_name());  // not dumped: it may be nested deeper than a stack
  return value.get<T>();
}

template <class Enum>
std::optional<Enum> by_name(std::string_view name) {
  for (auto const& entry : names(Enum{})) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

template <class Enum>
Enum named(Json const& object, char const* key) {
  auto const name = member<std::string>(object, key);
  auto const found = by_name<Enum>(name);
  NTA_EXPECTS(found, ErrorKind::data, "architecture: \"{}\" does not know \"{}\"", key, name);
  return *found;
}

LayerKind layer_kind(Json const& json) {
  auto const kind = member<std::string>(json, "kind");
  if (kind == "linear") {
    return LinearLayer{member<std::int64_t>(json, "in"), member<std::int64_t>(json, "out"),
                       member<bool>(json, "bias")};
  }
  if (kind == "dropout") return DropoutLayer{member<double>(json, "probability")};
  if (kind == "batch_norm") return BatchNormLayer{member<std::int64_t>(json, "size")};
  if (kind == "layer_norm") return LayerNormLayer{member<std::int64_t>(json, "size")};
  if (kind == "lstm") {
    return LstmLayer{member<std::int64_t>(json, "in"), member<std::int64_t>(json, "hidden"),
                     member<std::int64_t>(json, "layers"), member<bool>(json, "bidirectional"),
                     member<double>(json, "dropout")};
  }
  if (kind == "pool") return PoolLayer{named<Pool>(json, "over")};
  auto const activation = by_name<Activation>(kind);
  NTA_EXPECTS(activation, ErrorKind::data, "architecture: no layer kind \"{}\"", kind);
  return ActivationLayer{*activation};
}

}  // namespace

Json to_json(LayerGraph const& graph) {
  Json layers = Json::array();
  for (Layer const& layer : graph.layers) {
    Json entry = std::visit(KindWriter{}, layer.kind);
    entry["name"] = layer.name;
    entry["input"] = layer.input;
    layers.push_back(std::move(entry));
  }
  return {{"model", graph.kind},
          {"output", name_of(graph.output)},
          {"n_features", graph.shape.n_features},
          {"n_classes", graph.shape.n_classes},
          {"n_steps", graph.shape.n_steps},
          {"layers", std::move(layers)}};
}

LayerGraph layer_graph_from_json(Json const& json) {
  LayerGraph graph;
  graph.kind = member<std::string>(json, "model");
  graph.output = named<ModelOutput>(json, "output");
  graph.shape = {member<std::int64_t>(json, "n_features"), member<std::int64_t>(json, "n_classes"),
                 member<std::int64_t>(json, "n_steps")};
  NTA_EXPECTS(json.contains("layers") && json["layers"].is_array(), ErrorKind::data,
              "architecture: \"layers\" is missing or no array");
  for (Json const& entry : json["layers"]) {
    graph.layers.push_back({member<std::string>(entry, "name"), layer_kind(entry),
                            member<std::string>(entry, "input")});
  }
  check_graph(graph);
  NTA_EXPECTS(to_json(graph) == json, ErrorKind::data,
              "architecture: unknown keys; this version writes {}", to_json(graph).dump());
  return graph;
}

}  // namespace nta
