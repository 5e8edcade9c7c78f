// Oracle: torch::optim on the same parameters and gradients.
#include "trainers/training/optimizer.hpp"

#include "trainers/training/loss.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <functional>

namespace nta {
namespace {

LayerGraph small_graph() {
  LayerGraph graph;
  graph.kind = "mlp";
  graph.shape = {5, 3, 0};
  graph.layers = {{"fc1", LinearLayer{5, 7}, "x"},
                  {"act1", ActivationLayer{Activation::tanh}, "fc1"},
                  {"head", LinearLayer{7, 3}, "act1"}};
  return graph;
}

Model seeded_model() {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
  std::vector<NamedTensor> parameters;
  for (auto const& spec : tensor_specs(small_graph())) {
    parameters.push_back({spec.name, at::randn(spec.shape, generator), spec.decays});
  }
  return {small_graph(), parameters, {}};
}

std::vector<at::Tensor> copies(Model const& model, bool decaying) {
  std::vector<at::Tensor> out;
  for (auto const& p : model.parameters()) {
    if (p.decays == decaying) {
      out.push_back(p.tensor.detach().clone().requires_grad_(true));
    }
  }
  return out;
}

std::vector<at::Tensor> selected(Model const& model, bool decaying) {
  std::vector<at::Tensor> out;
  for (auto const& p : model.parameters()) {
    if (p.decays == decaying) {
      out.push_back(p.tensor);
    }
  }
  return out;
}

/// Gradient of step t for a tensor of this shape: any fixed numbers do.
at::Tensor gradient(at::Tensor const& like, int step, std::int64_t salt) {
  return at::sin(at::arange(like.numel(), at::kFloat) * 0.7 + step * 1.3 + salt).view(like.sizes());
}

using MakeOracle = std::function<std::unique_ptr<torch::optim::Optimizer>(
    std::vector<at::Tensor> const&, double weight_decay)>;

void expect_equal_updates(OptimizerConfig const& rules, MakeOracle const& make_oracle,
                          ClipConfig const& clip = {}) {
  auto model = seeded_model();
  std::vector<at::Tensor> theirs, ours;
  std::vector<std::unique_ptr<torch::optim::Optimizer>> oracles;
  for (bool const decaying : {true, false}) {
    auto group = copies(model, decaying);
    oracles.push_back(make_oracle(group, decaying ? rules.weight_decay : 0));
    theirs.insert(theirs.end(), group.begin(), group.end());
  }
  Optimizer optimizer(rules, clip, model);
  for (bool const decaying : {true, false}) {
    auto const group = selected(model, decaying);
    ours.insert(ours.end(), group.begin(), group.end());
  }
  for (int step = 0; step < 50; ++step) {
    optimizer.zero_grad();
    for (std::size_t i = 0; i < ours.size(); ++i) {
      auto const g = gradient(ours[i], step, static_cast<std::int64_t>(i));
      ours[i].mutable_grad().add_(g);
      theirs[i].mutable_grad() = g.clone();
    }
    if (clip.norm) {
      torch::nn::utils::clip_grad_norm_(theirs, *clip.norm);
    }
    optimizer.step(1e-2);
    for (auto& oracle : oracles) {
      oracle->step();
    }
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_LE((ours[i] - theirs[i]).abs().max().item<double>(), 1e-6) << i;
  }
}

TEST(Optimizer, AdamWEqualsTorch) {
  OptimizerConfig rules;
  expect_equal_updates(rules,
                       [](auto const& group, double decay) {
                         return std::make_unique<torch::optim::AdamW>(
                             group, torch::optim::AdamWOptions(1e-2).weight_decay(decay));
                       },
                       {0.5, {}});
}

TEST(Optimizer, AdamEqualsTorch) {
  OptimizerConfig rules;
  rules.kind = OptimizerKind::adam;
  expect_equal_updates(rules, [](auto const& group, double decay) {
    return std::make_unique<torch::optim::Adam>(
        group, torch::optim::AdamOptions(1e-2).weight_decay(decay));
  });
}

TEST(Optimizer, SgdEqualsTorch) {
  for (double const momentum : {0.0, 0.9}) {
    for (bool const nesterov : {false, true}) {
      if (nesterov && momentum == 0) {
        continue;
      }
      OptimizerConfig rules;
      rules.kind = OptimizerKind::sgd;
      rules.momentum = momentum;
      rules.nesterov = nesterov;
      expect_equal_updates(rules, [&](auto const& group, double decay) {
        return std::make_unique<torch::optim::SGD>(
            group, torch::optim::SGDOptions(1e-2).weight_decay(decay).momentum(momentum).nesterov(
                       nesterov));
      });
    }
  }
}

TEST(Optimizer, GradientsThatAreNotFiniteChangeNothingAndAreCounted) {
  for (auto const kind : {OptimizerKind::adamw, OptimizerKind::adam, OptimizerKind::sgd}) {
    auto model = seeded_model();
    OptimizerConfig rules;
    rules.kind = kind;
    Optimizer optimizer(rules, {}, model);
    auto const step = [&](double value) {
      optimizer.zero_grad();
      model.parameters()[0].tensor.mutable_grad().fill_(value);
      optimizer.step(1e-2);
    };
    step(1);
    std::vector<at::Tensor> before;
    for (auto const& item : optimizer.state()) {
      before.push_back(item.tensor.clone());
    }
    auto const values = optimizer.flat_values().clone();
    step(NAN);
    step(INFINITY);
    EXPECT_TRUE(at::equal(values, optimizer.flat_values()));
    auto const after = optimizer.state();
    for (std::size_t i = 0; i + 1 < after.size(); ++i) {  // all but the skip counts
      EXPECT_TRUE(at::equal(before[i], after[i].tensor)) << after[i].name;
    }
    step(1);
    step(NAN);
    EXPECT_EQ(optimizer.skip_counts().total, 3);
    EXPECT_EQ(optimizer.skip_counts().longest_in_a_row, 2);
  }
}

TEST(Optimizer, BackwardWritesIntoTheFlatBufferStepAfterStep) {
  auto model = seeded_model();
  Optimizer optimizer({}, {}, model);
  Loss const loss(LossKind::cross_entropy, 0, {});
  Batch batch{at::ones({4, 5}), {}, at::tensor({0, 1, 2, 0}, at::kLong), {}};
  std::vector<void*> pointers;
  for (auto const& p : model.parameters()) {
    pointers.push_back(p.tensor.grad().data_ptr());
  }
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    loss(model.forward(batch.x, {}, true), batch).mean.backward();
    EXPECT_GT(optimizer.flat_gradients().abs().sum().item<double>(), 0);
    optimizer.step(1e-3);
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      EXPECT_EQ(model.parameters()[i].tensor.grad().data_ptr(), pointers[i]);
      EXPECT_TRUE(
          model.parameters()[i].tensor.storage().is_alias_of(optimizer.flat_values().storage()));
    }
  }
}

TEST(Loss, ClassWeightsHaveMeanOneAndFollowCounts) {
  std::vector<std::int64_t> const counts{90, 10, 0};
  auto const balanced = class_weights(ClassWeights::balanced, counts);
  EXPECT_DOUBLE_EQ(balanced[0], 0.2);  // (1/90) : (1/10) = 1 : 9, mean 1
  EXPECT_DOUBLE_EQ(balanced[1], 1.8);
  EXPECT_DOUBLE_EQ(balanced[2], 0);
  auto const root = class_weights(ClassWeights::sqrt, counts);
  EXPECT_DOUBLE_EQ(root[0], 0.5);  // 1 : 3
  EXPECT_DOUBLE_EQ(root[1], 1.5);
}

TEST(Loss, WeightedMeansOfPartsAddUpToTheWhole) {
  auto const logits = at::sin(at::arange(18, at::kFloat)).view({6, 3});
  auto const target = at::tensor({0, 1, 2, 2, 1, 0}, at::kLong);
  Loss const loss(LossKind::cross_entropy, 0.1, {0.5, 1.0, 1.5});
  auto const whole = loss(logits, {{}, {}, target, {}});
  double sum = 0, weight = 0;
  for (auto const& [begin, n] : {std::pair{0, 4}, {4, 2}}) {
    auto const part = loss(logits.narrow(0, begin, n), {{}, {}, target.narrow(0, begin, n), {}});
    sum += part.mean.item<double>() * part.weight.item<double>();
    weight += part.weight.item<double>();
  }
  EXPECT_NEAR(sum / weight, whole.mean.item<double>(), 1e-6);
}

}  // namespace
}  // namespace nta
