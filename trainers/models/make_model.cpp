#include "trainers/models/make_model.hpp"

#include "libnta/core/error.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace nta {
namespace {

at::Tensor tensor_of(std::vector<float> const& values, std::vector<std::int64_t> const& shape) {
  at::Tensor out = at::empty(shape, at::TensorOptions(at::kFloat));
  std::memcpy(out.data_ptr(), values.data(), values.size() * sizeof(float));
  return out;
}

std::string shape_text(at::IntArrayRef shape) {
  std::string out = "[";
  for (std::int64_t const size : shape) {
    out += (out.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return out + "]";
}

using ByName = std::map<std::string, at::Tensor>;

/// What does not fit; all of it, so that one look tells which model the file is of.
std::vector<std::string> mismatches(std::vector<TensorSpec> const& specs, ByName const& tensors) {
  std::vector<std::string> out;
  for (TensorSpec const& spec : specs) {
    auto const found = tensors.find(spec.name);
    if (found == tensors.end()) {
      out.push_back(spec.name + " is missing");
      continue;
    }
    at::Tensor const& tensor = found->second;
    if (tensor.sizes() != at::IntArrayRef(spec.shape)) {
      out.push_back(fmt::format("{} has shape {}, not {}", spec.name, shape_text(tensor.sizes()),
                                shape_text(spec.shape)));
    } else if (tensor.scalar_type() != at::kFloat) {
      out.push_back(spec.name + " is not float32");
    } else if (!at::isfinite(tensor).all().item<bool>()) {
      out.push_back(spec.name + " has values that are not finite");
    }
  }
  for (auto const& [name, tensor] : tensors) {
    if (std::ranges::find(specs, name, &TensorSpec::name) == specs.end()) {
      out.push_back(name + " belongs to no layer");
    }
  }
  return out;
}

ByName checked(LayerGraph const& graph, std::vector<NamedTensor> const& tensors) {
  ByName by_name;
  for (NamedTensor const& named : tensors) by_name[named.name] = named.tensor;
  std::vector<std::string> const wrong = mismatches(tensor_specs(graph), by_name);
  if (!wrong.empty()) {
    std::string text;
    for (std::string const& line : wrong) text += (text.empty() ? "" : "; ") + line;
    fail(ErrorKind::data, "the weights do not fit a {} of this architecture: {}", graph.kind, text);
  }
  return by_name;
}

std::unique_ptr<Model> assemble(LayerGraph const& graph, std::vector<TensorSpec> const& specs,
                                std::vector<at::Tensor> const& tensors) {
  std::vector<NamedTensor> parameters, buffers;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    at::Tensor tensor = tensors[i];
    tensor.requires_grad_(specs[i].is_parameter);
    (specs[i].is_parameter ? parameters : buffers)
        .push_back({specs[i].name, tensor, specs[i].decays});
  }
  return std::make_unique<Model>(graph, std::move(parameters), std::move(buffers));
}

}  // namespace

std::unique_ptr<Model> make_model(ModelConfig const& config, ModelShape const& shape,
                                  std::uint64_t seed) {
  LayerGraph const graph = layer_graph(config, shape);
  std::vector<TensorSpec> const specs = tensor_specs(graph);
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    tensors.push_back(
        tensor_of(initial_values(specs[i], i, init_of(config), seed), specs[i].shape));
  }
  return assemble(graph, specs, tensors);
}

std::unique_ptr<Model> make_model(LayerGraph const& graph,
                                  std::vector<NamedTensor> const& tensors) {
  check_graph(graph);
  ByName const by_name = checked(graph, tensors);
  std::vector<TensorSpec> const specs = tensor_specs(graph);
  std::vector<at::Tensor> own;
  for (TensorSpec const& spec : specs) {
    own.push_back(by_name.at(spec.name).detach().cpu().contiguous().clone());
  }
  return assemble(graph, specs, own);
}

void copy_into(Model& model, std::vector<NamedTensor> const& tensors) {
  ByName const by_name = checked(model.graph(), tensors);
  at::NoGradGuard const no_grad;
  for (auto* list : {&model.parameters(), &model.buffers()}) {
    for (NamedTensor& named : *list) named.tensor.copy_(by_name.at(named.name));
  }
}

std::vector<NamedTensor> all_tensors(Model const& model) {
  std::vector<NamedTensor> out;
  for (auto const* list : {&model.parameters(), &model.buffers()}) {
    for (NamedTensor const& named : *list) {
      out.push_back({named.name, named.tensor.detach(), named.decays});
    }
  }
  return out;
}

}  // namespace nta
