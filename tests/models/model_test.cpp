// Forward against plain loops and finite differences; padding, dropout and batch norm behaviour.
#include "trainers/models/model.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "trainers/models/make_model.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

at::Tensor random_tensor(at::IntArrayRef shape, std::uint64_t seed) {
  at::Tensor out = at::empty(shape, at::kDouble);
  std::uint64_t const key = stream_key(seed, "test");
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    out.mutable_data_ptr<double>()[i] = 2 * random_unit(key, static_cast<std::uint64_t>(i)) - 1;
  }
  return out;
}

at::Tensor lengths_of(std::vector<std::int64_t> const& values) {
  return at::tensor(values, at::kLong);
}

void seed_default_generator(std::uint64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(seed);
}

void to_float64(Model& model) {
  for (auto* list : {&model.parameters(), &model.buffers()}) {
    for (NamedTensor& named : *list) {
      bool const leaf = named.tensor.requires_grad();
      named.tensor = named.tensor.detach().to(at::kDouble).requires_grad_(leaf);
    }
  }
}

struct Case {
  std::string name;
  ModelConfig config;
  ModelShape shape;
};

std::vector<Case> gradient_cases() {
  std::vector<Case> out{
      {"linear", LinearConfig{}, {4, 3, 0}},
      {"value", LinearConfig{.intercept = false}, {4, 0, 0}},
      {"autoencoder",
       AutoencoderConfig{.hidden = {3}, .code = 2, .activation = Activation::tanh},
       {4, 0, 0}}};
  for (auto const& [activation, name] : names(Activation{})) {
    out.push_back(
        {std::string(name), MlpConfig{.hidden = {5, 3}, .activation = activation}, {4, 3, 0}});
  }
  out.push_back({"batch_norm",
                 MlpConfig{.hidden = {5}, .activation = Activation::gelu, .norm = Norm::batch},
                 {4, 3, 0}});
  out.push_back({"layer_norm",
                 MlpConfig{.hidden = {5}, .activation = Activation::gelu, .norm = Norm::layer},
                 {4, 3, 0}});
  for (bool const both : {false, true}) {
    for (auto const& [pool, name] : names(Pool{})) {
      out.push_back({std::string(both ? "lstm_both_" : "lstm_") + std::string(name),
                     LstmConfig{.hidden = 3, .layers = 2, .bidirectional = both, .pool = pool},
                     {4, 2, 5}});
    }
  }
  return out;
}

class Gradients : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
  }  // tiny tensors: threads only wait for each other
};

TEST_P(Gradients, EqualFiniteDifferences) {
  Case const& c = GetParam();
  auto const model = make_model(c.config, c.shape, 7);
  to_float64(*model);
  std::int64_t const rows = 6, steps = c.shape.n_steps;
  at::Tensor const x = steps > 0 ? random_tensor({rows, steps, 4}, 1) : random_tensor({rows, 4}, 1);
  at::Tensor const lengths = steps > 0 ? lengths_of({1, 5, 3, 2, 5, 4}) : at::Tensor();
  auto const loss = [&] {
    at::Tensor const y = model->forward(x, lengths, true);
    return at::sum(at::sin(y) * random_tensor(y.sizes(), 2));
  };
  loss().backward();
  for (NamedTensor& named : model->parameters()) {
    at::Tensor const gradient = named.tensor.grad();
    ASSERT_TRUE(gradient.defined()) << named.name;
    at::NoGradGuard const no_grad;
    at::Tensor const flat = named.tensor.view({-1});
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      double const kept = flat[i].item<double>(), h = 1e-6;
      flat[i] = kept + h;
      double const above = loss().item<double>();
      flat[i] = kept - h;
      double const below = loss().item<double>();
      flat[i] = kept;
      // Truncation h^2 |f'''|/6 and rounding eps |f| / h, both about 1e-10 for these sums.
      EXPECT_NEAR(gradient.view({-1})[i].item<double>(), (above - below) / (2 * h), 1e-7)
          << named.name << "[" << i << "]";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Gradients, testing::ValuesIn(gradient_cases()),
                         [](auto const& param) { return param.param.name; });

TEST(Model, MlpEqualsPlainLoops) {
  auto const model = make_model(MlpConfig{.hidden = {3}}, {2, 2, 0}, 1);
  at::Tensor const x = random_tensor({4, 2}, 3).to(at::kFloat);
  at::Tensor const y = model->forward(x, {}, false);
  auto const value = [&](int tensor, std::vector<std::int64_t> const& at) {
    at::Tensor t = model->parameters()[static_cast<std::size_t>(tensor)].tensor;
    for (std::int64_t const i : at) t = t[i];
    return t.item<double>();
  };
  for (std::int64_t row = 0; row < 4; ++row) {
    for (std::int64_t out = 0; out < 2; ++out) {
      double sum = value(3, {out});
      for (std::int64_t h = 0; h < 3; ++h) {
        double hidden = value(1, {h});
        for (std::int64_t f = 0; f < 2; ++f) hidden += value(0, {h, f}) * x[row][f].item<double>();
        sum += value(2, {out, h}) * std::max(hidden, 0.0);
      }
      EXPECT_NEAR(y[row][out].item<double>(), sum, 8 * 1.2e-7 * 4);  // 8 products below 4
    }
  }
}

TEST(Model, PaddingAndNeighboursNeverChangeARow) {
  for (bool const both : {false, true}) {
    for (auto const& [pool, name] : names(Pool{})) {
      LstmConfig const config{.hidden = 6, .layers = 2, .bidirectional = both, .pool = pool};
      auto const model = make_model(config, {3, 2, 12}, 5);
      to_float64(*model);
      at::Tensor const x = random_tensor({4, 12, 3}, 9);
      at::Tensor const lengths = lengths_of({1, 7, 12, 4});
      at::Tensor const y = model->forward(x, lengths, false).detach();
      for (std::int64_t row = 0; row < 4; ++row) {
        std::int64_t const n = lengths[row].item<std::int64_t>();
        at::Tensor other = x.clone();
        other[row].narrow(0, n, 12 - n).fill_(1e3);  // padding
        at::Tensor const again = model->forward(other, lengths, false).detach();
        EXPECT_TRUE(at::equal(again[row], y[row])) << name << both << row;
        // Alone and without any padding; another gemm may add in another order.
        at::Tensor const alone = x.narrow(0, row, 1).narrow(1, 0, n);
        at::Tensor const short_one = model->forward(alone, lengths_of({n}), false).detach();
        EXPECT_LT((short_one[0] - y[row]).abs().max().item<double>(), 1e-14) << name << both << row;
      }
    }
  }
}

TEST(Model, LengthsOutsideTheSequenceAreRefused) {
  auto const model = make_model(LstmConfig{.hidden = 2}, {3, 2, 5}, 1);
  at::Tensor const x = at::zeros({2, 5, 3});
  EXPECT_NO_THROW(model->forward(x, lengths_of({1, 5}), false));
  EXPECT_THROW(model->forward(x, lengths_of({0, 5}), false), Error);
  EXPECT_THROW(model->forward(x, lengths_of({1, 6}), false), Error);
  EXPECT_THROW(model->forward(x, lengths_of({1}), false), Error);
  EXPECT_THROW(model->forward(x, {}, false), Error);
  EXPECT_THROW(model->forward(at::zeros({2, 5, 4}), lengths_of({1, 5}), false), Error);
}

TEST(Model, DropoutFollowsTheDefaultGenerator) {
  auto const model = make_model(MlpConfig{.hidden = {64}, .dropout = 0.5}, {4, 2, 0}, 1);
  at::Tensor const x = random_tensor({8, 4}, 1).to(at::kFloat);
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(11);
  at::Tensor const state = generator.get_state();
  at::Tensor const first = model->forward(x, {}, true);
  at::Tensor const second = model->forward(x, {}, true);
  generator.set_state(state);
  EXPECT_TRUE(at::equal(model->forward(x, {}, true), first));
  EXPECT_FALSE(at::equal(first, second));
  EXPECT_TRUE(at::equal(model->forward(x, {}, false), model->forward(x, {}, false)));
}

TEST(Model, BatchNormUsesTheBatchInTrainingAndItsBuffersElse) {
  auto const model = make_model(MlpConfig{.hidden = {3}, .norm = Norm::batch}, {2, 2, 0}, 1);
  ASSERT_EQ(model->buffers().size(), 2U);
  at::Tensor const x = random_tensor({16, 2}, 1).to(at::kFloat);
  model->forward(x, {}, true);
  at::Tensor const hidden =
      at::linear(x, model->parameters()[0].tensor, model->parameters()[1].tensor);
  at::Tensor const mean = hidden.mean(0) * 0.1;
  at::Tensor const variance = hidden.var(at::IntArrayRef{0}, true) * 0.1 + 0.9;
  EXPECT_TRUE(at::allclose(model->buffers()[0].tensor, mean, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(model->buffers()[1].tensor, variance, 1e-5, 1e-6));
  at::Tensor const before = model->buffers()[1].tensor.clone();
  at::Tensor const one_row = model->forward(x.narrow(0, 0, 1), {}, true);
  EXPECT_TRUE(at::equal(one_row, model->forward(x.narrow(0, 0, 1), {}, false)));
  EXPECT_TRUE(at::equal(before, model->buffers()[1].tensor));
}

TEST(Model, ParametersMayBecomeViewsOfOneFlatBuffer) {
  auto const model = make_model(MlpConfig{.hidden = {3}}, {2, 2, 0}, 1);
  at::Tensor const x = random_tensor({4, 2}, 1).to(at::kFloat);
  at::Tensor const before = model->forward(x, {}, false).detach();
  at::Tensor const flat = at::zeros({1024}), gradients = at::zeros({1024});
  std::int64_t offset = 0;
  for (NamedTensor& named : model->parameters()) {
    std::int64_t const n = named.tensor.numel();
    at::Tensor const view = flat.narrow(0, offset, n).view(named.tensor.sizes()).detach();
    view.copy_(named.tensor.detach());
    named.tensor = view.requires_grad_(true);
    named.tensor.mutable_grad() = gradients.narrow(0, offset, n).view(named.tensor.sizes());
    offset += (n + 15) / 16 * 16;
  }
  EXPECT_TRUE(at::equal(model->forward(x, {}, false).detach(), before));
  model->forward(x, {}, true).sum().backward();
  EXPECT_GT(gradients.abs().sum().item<double>(), 0);
  flat.zero_();
  EXPECT_EQ(model->forward(x, {}, false).abs().sum().item<double>(), 0);
}

TEST(MakeModel, StartWeightsAreAFunctionOfTheSeed) {
  seed_default_generator(1);
  auto const a = make_model(MlpConfig{}, {5, 3, 0}, 4);
  seed_default_generator(2);
  auto const b = make_model(MlpConfig{}, {5, 3, 0}, 4);
  auto const c = make_model(MlpConfig{}, {5, 3, 0}, 5);
  EXPECT_TRUE(at::equal(a->parameters()[0].tensor, b->parameters()[0].tensor));
  EXPECT_FALSE(at::equal(a->parameters()[0].tensor, c->parameters()[0].tensor));
  EXPECT_TRUE(a->parameters()[0].tensor.is_leaf());
  EXPECT_TRUE(a->parameters()[0].tensor.requires_grad());
}

TEST(MakeModel, ListsEveryTensorThatDoesNotFit) {
  auto const model = make_model(MlpConfig{.hidden = {3}}, {2, 2, 0}, 1);
  std::vector<NamedTensor> tensors = all_tensors(*model);
  EXPECT_NO_THROW(make_model(model->graph(), tensors));
  tensors[0].name = "fc9.weight";
  tensors[1].tensor = at::zeros({4});
  tensors[2].tensor = tensors[2].tensor.clone();
  tensors[2].tensor[0][0] = std::nan("");
  tensors[3].tensor = tensors[3].tensor.to(at::kDouble);
  try {
    make_model(model->graph(), tensors);
    FAIL() << "accepted";
  } catch (Error const& error) {
    std::string const text = error.what();
    for (char const* const part :
         {"fc1.weight is missing", "fc9.weight belongs", "fc1.bias has shape [4], not [3]",
          "head.weight has values that are not finite", "head.bias is not float32"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
    }
  }
}

TEST(MakeModel, CopyIntoKeepsTheStorage) {
  auto const a = make_model(MlpConfig{}, {5, 3, 0}, 1), b = make_model(MlpConfig{}, {5, 3, 0}, 2);
  void const* const storage = a->parameters()[0].tensor.const_data_ptr();
  copy_into(*a, all_tensors(*b));
  EXPECT_EQ(a->parameters()[0].tensor.const_data_ptr(), storage);
  EXPECT_TRUE(at::equal(a->parameters()[0].tensor, b->parameters()[0].tensor));
}

}  // namespace
}  // namespace nta
