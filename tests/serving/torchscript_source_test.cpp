// The generated text itself: what it must and must not say.
#include "trainers/serving/torchscript_source.hpp"

#include "tests/serving/sample_models.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nta {
namespace {

ScriptOutline outline(ModelConfig const& config, ModelShape const& shape) {
  return {layer_graph(config, shape), {}, {}, std::nullopt, 0, 1, false};
}

bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(FloatText, ReadsBackExactlyAndIsNeverAnInteger) {
  for (double const value : {1.0, 0.1, -2.0, 1e-5, 1e300, 1.0 / 3, 5e-324}) {
    std::string const text = float_text(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value);
    EXPECT_TRUE(text.find_first_of(".e") != std::string::npos) << text;
  }
  EXPECT_EQ(float_text(-HUGE_VAL), "float('-inf')");
}

TEST(TorchscriptSource, StepsThatAreNotFittedAreLeftOut) {
  std::string const plain = preparation_source({});
  EXPECT_FALSE(says(plain, "log1p"));
  EXPECT_FALSE(says(plain, "category"));
  std::string const full = preparation_source({false, true, true, true});
  for (char const* const part :
       {"log1p", "self.category", "self.unknown", "self.fill", "self.hi"}) {
    EXPECT_TRUE(says(full, part)) << part;
  }
}

TEST(TorchscriptSource, DropoutAsksWhetherTheModuleTrains) {
  std::string const text =
      root_source(outline(MlpConfig{.hidden = {4}, .dropout = 0.25}, {3, 2, 0}));
  EXPECT_TRUE(says(text, "torch.dropout(x, 0.25, self.training)"));
  EXPECT_TRUE(says(text, "self.head.forward(x)"));
}

TEST(TorchscriptSource, VerdictsNeedAThresholdAndTwoSides) {
  ScriptOutline o = outline(MlpConfig{}, {3, 2, 0});
  o.threshold = 0.25;
  EXPECT_FALSE(says(root_source(o), "def alarm"));
  o.normal_class = {true, true};
  EXPECT_FALSE(says(root_source(o), "def alarm"));
  o.normal_class = {true, false};
  EXPECT_TRUE(says(root_source(o), "def alarm"));
  o.threshold.reset();
  EXPECT_FALSE(says(root_source(o), "def alarm"));
  EXPECT_TRUE(says(root_source(o), "def attack_score"));
}

TEST(TorchscriptSource, LstmNamesItsWeightsInTorchOrder) {
  LayerGraph const graph =
      layer_graph(ModelConfig(LstmConfig{.layers = 2, .bidirectional = true}), {3, 2, 9});
  std::string const text = layer_source(graph.layers[0]);
  std::size_t const forward = text.find("self.weight_ih_l0,"),
                    back = text.find("self.weight_ih_l0_reverse"),
                    second = text.find("self.weight_ih_l1,");
  EXPECT_LT(forward, back);
  EXPECT_LT(back, second);
  EXPECT_NE(second, std::string::npos);
  EXPECT_EQ(layer_source(graph.layers[1]), "");  // pool holds no tensors
}

}  // namespace
}  // namespace nta
