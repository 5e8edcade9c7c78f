// torch::nn as oracle; the one file of these tests that pays for its headers.
#include "trainers/models/make_model.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

namespace nta {
namespace {

void take_weights(torch::nn::Module& module, Model const& model, std::string const& prefix) {
  torch::NoGradGuard const no_grad;
  for (auto& item : module.named_parameters()) {
    bool found = false;
    for (NamedTensor const& named : model.parameters()) {
      if (named.name != prefix + item.key()) continue;
      item.value().copy_(named.tensor);
      found = true;
    }
    ASSERT_TRUE(found) << item.key();
  }
}

class LstmOracle : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(LstmOracle, EqualsPackedTorchLstmAtTheLastValidStep) {
  auto const [layers, both] = GetParam();
  LstmConfig const config{.hidden = 7, .layers = layers, .bidirectional = both};
  auto const model = make_model(config, {3, 4, 10}, 3);
  torch::nn::LSTM lstm(
      torch::nn::LSTMOptions(3, 7).num_layers(layers).batch_first(true).bidirectional(both));
  take_weights(*lstm, *model, "lstm.");
  torch::manual_seed(1);
  torch::Tensor const x = torch::randn({6, 10, 3});
  torch::Tensor const lengths = torch::tensor({10, 1, 4, 9, 2, 10}, torch::kLong);
  auto const packed = torch::nn::utils::rnn::pack_padded_sequence(x, lengths, true, false);
  auto const [out, state] = lstm->forward_with_packed_input(packed);
  auto const [padded, sizes] = torch::nn::utils::rnn::pad_packed_sequence(out, true, 0.0, 10);
  torch::Tensor const last = (lengths - 1).view({-1, 1, 1}).expand({-1, 1, padded.size(2)});
  auto const& head = model->parameters();
  torch::Tensor const expected = torch::linear(padded.gather(1, last).squeeze(1),
                                               head[head.size() - 2].tensor, head.back().tensor);
  torch::Tensor const found = model->forward(x, lengths, false);
  EXPECT_LT((found - expected).abs().max().item<float>(), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LstmOracle,
                         testing::Combine(testing::Values(1, 2, 3), testing::Bool()));

TEST(MlpOracle, EqualsTorchSequential) {
  auto const model =
      make_model(MlpConfig{.hidden = {6, 4}, .activation = Activation::gelu, .norm = Norm::batch},
                 {5, 3, 0}, 1);
  torch::nn::Sequential net(torch::nn::Linear(5, 6), torch::nn::BatchNorm1d(6), torch::nn::GELU(),
                            torch::nn::Linear(6, 4), torch::nn::BatchNorm1d(4), torch::nn::GELU(),
                            torch::nn::Linear(4, 3));
  torch::NoGradGuard const no_grad;
  std::size_t i = 0;
  for (auto& parameter : net->parameters()) parameter.copy_(model->parameters()[i++].tensor);
  torch::manual_seed(2);
  for (int step = 0; step < 5; ++step) {
    torch::Tensor const x = torch::randn({9, 5});
    EXPECT_TRUE(torch::allclose(model->forward(x, {}, true), net->forward(x), 1e-6, 1e-6));
  }
  net->eval();
  torch::Tensor const x = torch::randn({9, 5});
  EXPECT_TRUE(torch::allclose(model->forward(x, {}, false), net->forward(x), 1e-6, 1e-6));
}

}  // namespace
}  // namespace nta
