// From the experiment's model section, or from stored tensors, to a Model.
#pragma once

#include "trainers/models/model.hpp"
#include "trainers/models/model_graphs.hpp"

#include <cstdint>
#include <memory>

namespace nta {

/// Start weights are a function of (seed, tensor index, position) alone: no global generator is
/// touched. Parameters are float32 CPU leaves that require gradients; buffers do not.
std::unique_ptr<Model> make_model(ModelConfig const& config, ModelShape const& shape,
                                  std::uint64_t seed);

/// A model of this graph with exactly its tensors, in any order. Error(data) lists all that are
/// missing, surplus, of another shape or type, or not finite. Parameters require gradients.
std::unique_ptr<Model> make_model(LayerGraph const& graph, std::vector<NamedTensor> const& tensors);

/// Copies tensors into the model in place (views and graphs keep their storage), after the same
/// checks.
void copy_into(Model& model, std::vector<NamedTensor> const& tensors);

/// All parameters, then all buffers, detached: what a weights file holds.
std::vector<NamedTensor> all_tensors(Model const& model);

}  // namespace nta
