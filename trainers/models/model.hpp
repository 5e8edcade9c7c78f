// A layer graph with its tensors: prepared batch in, logits, values or reconstruction out.
// A pure function of (parameters, buffers, x): no clock, no generator but torch's default CPU (or
// CUDA) generator for dropout, whose state a checkpoint saves.
#pragma once

#include "trainers/models/layer_graph.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
  bool decays = true;  // takes weight decay
};

struct Batch {
  at::Tensor x;        // float32, prepared: [B, F], or [B, T, F] with padding 0
  at::Tensor lengths;  // int64 [B], 1..T; undefined unless sequences
  at::Tensor target;   // int64 [B] class ids, or float32 [B]; undefined for autoencoders
  at::Tensor weight;   // float32 [B]; undefined: all 1
};

class Model {
 public:
  /// A checked graph and its tensors in the order of `tensor_specs(graph)`; `make_model` builds
  /// them.
  Model(LayerGraph graph, std::vector<NamedTensor> parameters, std::vector<NamedTensor> buffers);

  /// Logits [B, C], value [B], or reconstruction [B, F]. In training, dropout draws and batch norm
  /// uses the batch and updates its buffers in place (a batch of one row uses the running
  /// statistics: it has no variance). `lengths` of sequences: on the CPU each must lie in 1..T,
  /// else Error(data); on a device the caller has checked them.
  at::Tensor forward(at::Tensor const& x, at::Tensor const& lengths, bool training);

  /// Forward reads these vectors each time, so a tensor may be replaced by a view into a flat
  /// buffer: same shape, `requires_grad` set by the caller. Names and order never change.
  std::vector<NamedTensor>& parameters() { return parameters_; }
  std::vector<NamedTensor>& buffers() { return buffers_; }
  std::vector<NamedTensor> const& parameters() const { return parameters_; }
  std::vector<NamedTensor> const& buffers() const { return buffers_; }

  LayerGraph const& graph() const { return graph_; }
  bool is_sequence() const { return graph_.shape.n_steps > 0; }

 private:
  struct Slot {
    std::size_t first_parameter = 0, first_buffer = 0;
  };

  LayerGraph graph_;
  std::vector<NamedTensor> parameters_, buffers_;
  std::vector<Slot> slots_;  // one per layer
};

}  // namespace nta
