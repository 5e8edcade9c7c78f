// Architecture JSON round trip, and graphs that must be refused.
#include "trainers/models/layer_graph.hpp"

#include "libnta/core/error.hpp"
#include "trainers/models/model_graphs.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nta {
namespace {

std::vector<LayerGraph> one_of_each_kind() {
  return {
      layer_graph(ModelConfig(LinearConfig{.intercept = false}), {5, 3, 0}),
      layer_graph(ModelConfig(MlpConfig{.hidden = {4, 3}, .dropout = 0.25, .norm = Norm::batch}),
                  {5, 3, 0}),
      layer_graph(ModelConfig(MlpConfig{.hidden = {4}, .norm = Norm::layer}), {5, 0, 0}),
      layer_graph(
          ModelConfig(LstmConfig{
              .hidden = 4, .layers = 2, .bidirectional = true, .dropout = 0.5, .pool = Pool::mean}),
          {3, 2, 9}),
      layer_graph(ModelConfig(AutoencoderConfig{.hidden = {4}, .code = 2}), {5, 3, 0})};
}

std::string error_of(nlohmann::json const& json) {
  try {
    layer_graph_from_json(json);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "accepted";
}

TEST(LayerGraph, JsonRoundTripKeepsEveryLayer) {
  for (LayerGraph const& graph : one_of_each_kind()) {
    nlohmann::json const json = to_json(graph);
    EXPECT_EQ(to_json(layer_graph_from_json(nlohmann::json::parse(json.dump()))), json);
  }
}

TEST(LayerGraph, AutoencoderMirrorsItsEncoderAndEndsLinear) {
  LayerGraph const graph =
      layer_graph(ModelConfig(AutoencoderConfig{.hidden = {32, 16}, .code = 8}), {70, 0, 0});
  std::vector<std::string> names;
  for (TensorSpec const& spec : tensor_specs(graph)) {
    if (spec.shape.size() == 2) names.push_back(spec.name);
  }
  std::vector<std::string> const expected{"enc1.weight", "enc2.weight", "enc3.weight",
                                          "dec1.weight", "dec2.weight", "dec3.weight"};
  EXPECT_EQ(names, expected);
  EXPECT_EQ(graph.layers.back().name, "dec3");
  EXPECT_EQ(graph.output, ModelOutput::reconstruction);
}

TEST(LayerGraph, BiasesAndNormsDoNotDecay) {
  for (LayerGraph const& graph : one_of_each_kind()) {
    for (TensorSpec const& spec : tensor_specs(graph)) {
      EXPECT_EQ(spec.decays, spec.shape.size() == 2) << spec.name;
    }
  }
}

TEST(LayerGraph, LstmTensorsHaveTheNamesAndShapesOfTorch) {
  LayerGraph const graph = layer_graph(
      ModelConfig(LstmConfig{.hidden = 4, .layers = 2, .bidirectional = true}), {3, 2, 9});
  std::vector<TensorSpec> const specs = tensor_specs(graph);
  ASSERT_EQ(specs.size(), 18U);
  EXPECT_EQ(specs[0].name, "lstm.weight_ih_l0");
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{16, 3}));
  EXPECT_EQ(specs[4].name, "lstm.weight_ih_l0_reverse");
  EXPECT_EQ(specs[8].name, "lstm.weight_ih_l1");
  EXPECT_EQ(specs[8].shape, (std::vector<std::int64_t>{16, 8}));
  EXPECT_EQ(specs[11].name, "lstm.bias_hh_l1");
}

TEST(LayerGraph, RefusesWhatDoesNotFit) {
  nlohmann::json const good =
      to_json(layer_graph(ModelConfig(MlpConfig{.hidden = {4}, .dropout = 0.5}), {5, 3, 0}));
  ASSERT_EQ(error_of(good), "accepted");
  struct Change {
    char const* pointer;
    nlohmann::json value;
    char const* message;
  };
  std::vector<Change> const changes{
      {"/layers/0/in", 6, "takes 6 columns"},
      {"/layers/0/in", -1, "wrong type"},
      {"/layers/0/in", 2.5, "wrong type"},
      {"/layers/0/kind", "conv", "no layer kind"},
      {"/layers/0/extra", 1, "unknown keys"},
      {"/extra", 1, "unknown keys"},
      {"/layers/0/name", "Fc", "name"},
      {"/layers/0/name", "lambda", "name"},
      {"/layers/1/name", "fc1", "name"},
      {"/layers/1/input", "x", "chains"},
      {"/layers/2/probability", 1.0, "dropout"},
      {"/layers/3/out", 4, "gives 4 columns"},
      {"/n_classes", 1, "two classes"},
      {"/layers", nlohmann::json::array(), "at least one"},
      {"/output", "logit", "does not know"},
      {"/layers/3/in", nlohmann::json::array({1}), "wrong type"},
  };
  for (Change const& change : changes) {
    nlohmann::json changed = good;
    changed[nlohmann::json::json_pointer(change.pointer)] = change.value;
    EXPECT_NE(error_of(changed).find(change.message), std::string::npos)
        << change.pointer << ": " << error_of(changed);
  }
  nlohmann::json missing = good;
  missing["layers"][0].erase("bias");
  EXPECT_NE(error_of(missing).find("\"bias\" is missing"), std::string::npos);
}

TEST(LayerGraph, KindsRefuseTheWrongUnit) {
  EXPECT_THROW(layer_graph(ModelConfig(MlpConfig{}), {5, 2, 9}), Error);
  EXPECT_THROW(layer_graph(ModelConfig(LstmConfig{}), {5, 2, 0}), Error);
  EXPECT_THROW(layer_graph(ModelConfig(LinearConfig{}), {0, 2, 0}), Error);
  EXPECT_THROW(layer_graph(ModelConfig(LinearConfig{}), {5, 1, 0}), Error);
}

TEST(InitialValues, FollowTheSeedAndTheBoundOfTheirRule) {
  TensorSpec const weight{"w", {40, 25}, true, true, 25, 40, 0};
  TensorSpec const bias{"b", {40}, true, false, 25, 40, 0};
  auto const torch = initial_values(weight, 0, Init::torch, 1);
  EXPECT_EQ(torch, initial_values(weight, 0, Init::torch, 1));
  EXPECT_NE(torch, initial_values(weight, 1, Init::torch, 1));
  EXPECT_NE(torch, initial_values(weight, 0, Init::torch, 2));
  auto const moments = [](std::vector<float> const& values) {
    double sum = 0, squares = 0, most = 0;
    for (float const v : values) {
      sum += v;
      squares += double{v} * v;
      most = std::max(most, std::abs(double{v}));
    }
    auto const n = static_cast<double>(values.size());
    return std::array<double, 3>{sum / n, squares / n, most};
  };
  // 1,000 draws: the mean square of U(-a, a) is a^2/3 with relative deviation sqrt(4/5/1000) =
  // 0.028.
  auto const [mean, square, most] = moments(torch);
  EXPECT_NEAR(square, 0.04 / 3, 0.04 / 3 * 0.12);
  EXPECT_LE(most, 0.2);
  auto const he = moments(initial_values(weight, 0, Init::he, 1));
  EXPECT_NEAR(he[1], 0.08, 0.08 * 0.2);  // normal: relative deviation sqrt(2/1000) = 0.045
  auto const glorot = moments(initial_values(weight, 0, Init::glorot, 1));
  EXPECT_NEAR(glorot[1], 2.0 / 65, 2.0 / 65 * 0.12);
  EXPECT_EQ(moments(initial_values(bias, 0, Init::glorot, 1))[2], 0);
  EXPECT_GT(moments(initial_values(bias, 0, Init::torch, 1))[2], 0);
}

}  // namespace
}  // namespace nta
