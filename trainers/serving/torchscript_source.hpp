// Layer graph -> TorchScript source text. No torch here: the text is looked at and tested as text.
#pragma once

#include "trainers/models/layer_graph.hpp"
#include "trainers/serving/prepared_input_steps.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nta {

/// What the root module says beyond the layers.
struct ScriptOutline {
  LayerGraph graph;
  PreparationSteps preparation;
  std::vector<bool> normal_class;   // classifier: which classes count as normal; may be empty
  std::optional<double> threshold;  // alarm if score > threshold
  double value_shift = 0, value_scale = 1;  // regression: back to the target's unit
  bool has_error_statistics = false;        // autoencoder score z
};

/// Methods of the module "prep".
std::string preparation_source(PreparationSteps const& steps);

/// Methods of a layer's own module; empty if the layer holds no tensors and stands in the root's
/// text.
std::string layer_source(Layer const& layer);

/// Methods of the root: net, forward (raw in), score, and where they make sense attack_score,
/// alarm, per_feature.
std::string root_source(ScriptOutline const& outline);

/// As TorchScript reads a float: 17 digits, always with a point or an exponent; inf as
/// float("inf").
std::string float_text(double value);

}  // namespace nta
