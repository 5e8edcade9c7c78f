#include "trainers/models/weights_file.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/models/safetensors.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <array>
#include <cstring>

namespace nta {
namespace {

struct TypePair {
  SafeType file;
  at::ScalarType tensor;
};
constexpr std::array<TypePair, 6> kTypePairs{{{SafeType::f32, at::kFloat},
                                              {SafeType::f64, at::kDouble},
                                              {SafeType::i64, at::kLong},
                                              {SafeType::i32, at::kInt},
                                              {SafeType::u8, at::kByte},
                                              {SafeType::boolean, at::kBool}}};

SafeType file_type(NamedTensor const& named) {
  for (TypePair const& pair : kTypePairs) {
    if (pair.tensor == named.tensor.scalar_type()) return pair.file;
  }
  fail(ErrorKind::failed, "tensor {} has a type that weights files do not hold", named.name);
}

at::Tensor copy_of(SafeView const& view) {
  for (TypePair const& pair : kTypePairs) {
    if (pair.file != view.type) continue;
    at::Tensor out = at::empty(view.shape, at::TensorOptions(pair.tensor));
    if (!view.data.empty()) std::memcpy(out.data_ptr(), view.data.data(), view.data.size());
    return out;
  }
  fail(ErrorKind::data, "tensor \"{}\" has type {}, which nta does not use", view.name,
       safe_type_name(view.type));
}

}  // namespace

std::string weights_bytes(std::vector<NamedTensor> const& tensors,
                          std::map<std::string, std::string> const& metadata) {
  std::vector<at::Tensor> kept;  // owns what the views borrow
  std::vector<SafeView> views;
  for (NamedTensor const& named : tensors) {
    kept.push_back(named.tensor.detach().cpu().contiguous());
    at::Tensor const& tensor = kept.back();
    auto const* const data = static_cast<std::byte const*>(tensor.const_data_ptr());
    views.push_back({named.name, file_type(named), tensor.sizes().vec(), {data, tensor.nbytes()}});
  }
  return write_safetensors(views, metadata);
}

WeightsFile parse_weights(std::string_view bytes) {
  SafeFile const file = parse_safetensors(std::as_bytes(std::span(bytes)));
  WeightsFile out{{}, file.metadata};
  for (SafeView const& view : file.tensors) out.tensors.push_back({view.name, copy_of(view)});
  return out;
}

WeightsFile read_weights(std::filesystem::path const& path) {
  return with_context("reading " + path.string(), [&] { return parse_weights(read_file(path)); });
}

}  // namespace nta
