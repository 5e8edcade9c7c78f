// From the experiment's model section to a model with start weights. One overload of `layer_graph`
// per kind; a missing one does not compile.
#pragma once

#include "libnta/config/sections/model.hpp"
#include "trainers/models/model.hpp"

#include <cstdint>
#include <memory>

namespace nta {

LayerGraph layer_graph(LinearConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(MlpConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(LstmConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(AutoencoderConfig const& config, ModelShape const& shape);

/// Start weights are a function of (seed, tensor name, position) alone: no global generator, equal
/// on every machine. Parameters are float32 leaves that require gradients.
std::unique_ptr<Model> make_model(ModelConfig const& config, ModelShape const& shape,
                                  std::uint64_t seed);

/// A model of this graph with the given tensors (float32, CPU); parameters require gradients.
std::unique_ptr<Model> make_model(LayerGraph const& graph, std::vector<NamedTensor> tensors);

}  // namespace nta
