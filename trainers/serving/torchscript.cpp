#include "trainers/serving/torchscript.hpp"

#include "libnta/core/error.hpp"

#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <sstream>

namespace nta {
namespace {

namespace tj = torch::jit;
using Unit = std::shared_ptr<tj::CompilationUnit>;

constexpr char const* kMetaFile = "nta/meta.json";
constexpr char const* kGoldenFile = "nta/golden.safetensors";

/// torch's message without its stack trace, on one line.
std::string first_lines(std::exception const& error) {
  auto const* const torch_error = dynamic_cast<c10::Error const*>(&error);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text.substr(0, 500);
}

tj::Module empty_module(Unit const& unit, std::string const& class_name) {
  tj::Module module(c10::QualifiedName("__torch__.nta." + class_name), unit, true);
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

at::Tensor own(at::Tensor const& tensor) {
  return tensor.detach().cpu().contiguous().clone();
}

std::string class_name(std::string const& layer_name) {
  std::string out = layer_name;
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

tj::Module preparation_module(Unit const& unit, PreparedInput const& preparation) {
  tj::Module module = empty_module(unit, "Prep");
  for (PreparationTensor const& named : preparation.tensors()) {
    module.register_buffer(named.name, own(named.tensor));
  }
  module.define(preparation_source(preparation.steps()));
  return module;
}

/// A layer's tensors, registered under their names without "<layer>.".
tj::Module layer_module(Unit const& unit, Layer const& layer, Model const& model) {
  tj::Module module = empty_module(unit, class_name(layer.name));
  std::string const prefix = layer.name + ".";
  for (NamedTensor const& named : model.parameters()) {
    if (named.name.starts_with(prefix)) {
      module.register_parameter(named.name.substr(prefix.size()), own(named.tensor), false);
    }
  }
  for (NamedTensor const& named : model.buffers()) {
    if (named.name.starts_with(prefix)) {
      module.register_buffer(named.name.substr(prefix.size()), own(named.tensor));
    }
  }
  module.define(layer_source(layer));
  return module;
}

tj::Module root_module(ScriptInput const& input) {
  auto const unit = std::make_shared<tj::CompilationUnit>();
  tj::Module root = empty_module(unit, "Model");
  root.register_module("prep", preparation_module(unit, input.preparation));
  for (Layer const& layer : input.outline.graph.layers) {
    if (layer_source(layer).empty()) continue;
    root.register_module(layer.name, layer_module(unit, layer, input.model));
  }
  if (input.outline.has_error_statistics) {
    root.register_buffer("error_mean", own(input.statistics.mean));
    root.register_buffer("error_scale", own(input.statistics.scale));
  }
  root.define(root_source(input.outline));
  return root;
}

void append(c10::IValue const& value, std::vector<at::Tensor>& out) {
  if (value.isTuple()) {
    for (c10::IValue const& element : value.toTupleRef().elements()) append(element, out);
  } else {
    out.push_back(value.toTensor());
  }
}

}  // namespace

std::string torchscript_bytes(ScriptInput const& input,
                              std::map<std::string, std::string> const& extra) {
  at::NoGradGuard const no_grad;
  try {
    tj::ExtraFilesMap files(extra.begin(), extra.end());
    std::ostringstream out;
    root_module(input).save(out, files);
    return std::move(out).str();
  } catch (std::exception const& error) {
    fail(ErrorKind::failed, "TorchScript could not be written: {}", first_lines(error));
  }
}

struct Script::Impl {
  tj::Module module;
  tj::ExtraFilesMap extra{{kMetaFile, ""}, {kGoldenFile, ""}};
};

Script::Script(std::string const& bytes) : impl_(std::make_unique<Impl>()) {
  // Else first calls and new shapes recompile for seconds (libtorch: profiling executor).
  tj::getProfilingMode() = false;
  tj::setGraphExecutorOptimize(false);
  tj::setTensorExprFuserEnabled(false);
  try {
    std::istringstream in(bytes);
    impl_->module = tj::load(in, c10::Device(c10::kCPU), impl_->extra);
  } catch (std::exception const& error) {
    fail(ErrorKind::data, "the TorchScript file cannot be loaded: {}", first_lines(error));
  }
  // A missing extra file stays empty without an error.
  NTA_EXPECTS(!meta_json().empty() && !golden().empty(), ErrorKind::data,
              "the TorchScript file lacks {} or {}", kMetaFile, kGoldenFile);
  NTA_EXPECTS(!impl_->module.is_training(), ErrorKind::data,
              "the TorchScript file is in training state");
}

Script::~Script() = default;

void Script::freeze() {
  std::vector<std::string> kept;
  for (auto const& method : impl_->module.get_methods()) {
    if (method.name() != "forward") kept.push_back(method.name());
  }
  // Without the optimiser only the outermost calls are inlined, and freezing drops the inner
  // methods that the kept ones still call.
  tj::setGraphExecutorOptimize(true);
  try {
    // Without numeric rewrites: they fold batch norm into the weights and move results by an ulp.
    impl_->module = tj::freeze(impl_->module, kept, false);
  } catch (std::exception const& error) {
    tj::setGraphExecutorOptimize(false);
    fail(ErrorKind::data, "TorchScript could not be frozen: {}", first_lines(error));
  }
  tj::setGraphExecutorOptimize(false);
}

bool Script::has(std::string const& method) const {
  return impl_->module.find_method(method).has_value();
}

std::vector<at::Tensor> Script::call(std::string const& method, at::Tensor const& x,
                                     at::Tensor const& lengths) {
  c10::InferenceMode const inference;
  std::vector<c10::IValue> arguments{x};
  if (lengths.defined()) arguments.emplace_back(lengths);
  std::vector<at::Tensor> out;
  try {
    append(impl_->module.get_method(method)(std::move(arguments)), out);
  } catch (std::exception const& error) {
    fail(ErrorKind::data, "TorchScript {}: {}", method, first_lines(error));
  }
  return out;
}

std::vector<std::string> Script::state_keys() const {
  std::vector<std::string> out;
  for (auto const named : impl_->module.named_parameters()) out.push_back(named.name);
  for (auto const named : impl_->module.named_buffers()) out.push_back(named.name);
  return out;
}

std::string const& Script::meta_json() const {
  return impl_->extra.at(kMetaFile);
}
std::string const& Script::golden() const {
  return impl_->extra.at(kGoldenFile);
}

}  // namespace nta
