// From a model section of the experiment to its layer graph: one overload per kind. No torch here.
#pragma once

#include "libnta/config/sections/model.hpp"
#include "trainers/models/layer_graph.hpp"

#include <cstdint>
#include <vector>

namespace nta {

/// Logits if the shape has classes, else one value. Error(usage) if a kind cannot do what is asked
/// (rows for a sequence model, sequences for a row model, a detector with too wide a code ...).
LayerGraph layer_graph(LinearConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(MlpConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(LstmConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(AutoencoderConfig const& config, ModelShape const& shape);
LayerGraph layer_graph(ModelConfig const& config, ModelShape const& shape);

/// How the start weights of this model are drawn.
Init init_of(ModelConfig const& config);

/// Start values of one tensor, from the stream key(seed, "init", index): torch: U(+-1/sqrt(in)),
/// biases too; he: N(0, 2/in); glorot: U(+-sqrt(6/(in+out))); the last two with zero biases.
std::vector<float> initial_values(TensorSpec const& spec, std::uint64_t index, Init init,
                                  std::uint64_t seed);

}  // namespace nta
