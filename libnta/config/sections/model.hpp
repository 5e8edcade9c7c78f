// "model": a variant keyed by "kind"; one struct per kind. A kind that no make_model overload
// builds does not compile.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <string_view>
#include <variant>
#include <vector>

namespace nta {

enum class Activation { relu, gelu, tanh, silu, elu, leaky_relu };
constexpr auto names(Activation) {
  using E = Activation;
  return std::to_array<Named<E>>({{E::relu, "relu"},
                                  {E::gelu, "gelu"},
                                  {E::tanh, "tanh"},
                                  {E::silu, "silu"},
                                  {E::elu, "elu"},
                                  {E::leaky_relu, "leaky_relu"}});
}

enum class Norm { none, batch, layer };
constexpr auto names(Norm) {
  using E = Norm;
  return std::to_array<Named<E>>({{E::none, "none"}, {E::batch, "batch"}, {E::layer, "layer"}});
}

enum class Init { torch, he, glorot };
constexpr auto names(Init) {
  using E = Init;
  return std::to_array<Named<E>>({{E::torch, "torch"}, {E::he, "he"}, {E::glorot, "glorot"}});
}

enum class Pool { last, mean, max };
constexpr auto names(Pool) {
  using E = Pool;
  return std::to_array<Named<E>>({{E::last, "last"}, {E::mean, "mean"}, {E::max, "max"}});
}

enum class ReconstructionScore { mse, z };
constexpr auto names(ReconstructionScore) {
  using E = ReconstructionScore;
  return std::to_array<Named<E>>({{E::mse, "mse"}, {E::z, "z"}});
}

struct LinearConfig {
  static constexpr std::string_view kKind = "linear";
  bool intercept = true;

  template <class V>
  static void fields(V& v) {
    v("intercept", &LinearConfig::intercept, Any{}, "a constant term per output");
  }
};

struct MlpConfig {
  static constexpr std::string_view kKind = "mlp";
  std::vector<int> hidden{64, 32};
  Activation activation = Activation::relu;
  double dropout = 0;
  Norm norm = Norm::none;
  Init init = Init::torch;

  template <class V>
  static void fields(V& v) {
    using S = MlpConfig;
    v("hidden", &S::hidden, Items{{1, 8}, {1, 8192}}, "width of each hidden layer");
    v("activation", &S::activation, Any{}, "after each hidden layer");
    v("dropout", &S::dropout, Range{0, 0.9}, "share of hidden values dropped while training");
    v("norm", &S::norm, Any{}, "normalisation before each activation");
    v("init", &S::init, Any{}, "start weights: torch U(+-1/sqrt(in)), he normal, glorot uniform");
  }
};

struct LstmConfig {
  static constexpr std::string_view kKind = "lstm";
  int hidden = 64;
  int layers = 1;
  bool bidirectional = false;
  double dropout = 0;
  Pool pool = Pool::last;

  template <class V>
  static void fields(V& v) {
    using S = LstmConfig;
    v("hidden", &S::hidden, Range{1, 2048}, "width of the state");
    v("layers", &S::layers, Range{1, 4}, "stacked layers");
    v("bidirectional", &S::bidirectional, Any{}, "also read the sequence backwards");
    v("dropout", &S::dropout, Range{0, 0.9},
      "share of values dropped between layers and before "
      "the output");
    v("pool", &S::pool, Any{}, "what of the states goes on: the last, or mean or max over packets");
  }
};

struct AutoencoderConfig {
  static constexpr std::string_view kKind = "autoencoder";
  std::vector<int> hidden{32};
  int code = 8;
  Activation activation = Activation::relu;
  double dropout = 0;
  double noise = 0;
  ReconstructionScore score = ReconstructionScore::mse;

  template <class V>
  static void fields(V& v) {
    using S = AutoencoderConfig;
    v("hidden", &S::hidden, Items{{1, 8}, {1, 8192}}, "encoder widths; the decoder mirrors them");
    v("code", &S::code, Range{1, 8192}, "width of the code");
    v("activation", &S::activation, Any{}, "after each layer but the last");
    v("dropout", &S::dropout, Range{0, 0.9}, "share of hidden values dropped while training");
    v("noise", &S::noise, Range{0, 1}, "deviation of noise added to training inputs");
    v("score", &S::score, Any{},
      "mse: mean squared error of a row; z: mean of each column's standardised error");
  }
};

using ModelConfig = std::variant<MlpConfig, LinearConfig, LstmConfig, AutoencoderConfig>;

inline std::string_view kind_of(ModelConfig const& model) {
  return std::visit([](auto const& config) { return config.kKind; }, model);
}

}  // namespace nta
