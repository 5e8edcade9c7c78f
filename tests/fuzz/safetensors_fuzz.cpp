// Any bytes: either refused with Error(data), or a table that covers the data exactly and that our
// own writer turns into a file with the same table.
#include "libnta/core/error.hpp"
#include "trainers/models/safetensors.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

nta::SafeFile parse(std::span<std::byte const> bytes) {
  return nta::parse_safetensors(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::span<std::byte const> const bytes = std::as_bytes(std::span(data, size));
  nta::SafeFile file;
  try {
    file = parse(bytes);
  } catch (nta::Error const& error) {
    require(error.kind() == nta::ErrorKind::data);
    return 0;
  }
  std::size_t n_bytes = 0;
  for (nta::SafeView const& view : file.tensors) n_bytes += view.data.size();
  std::string const again = nta::write_safetensors(file.tensors, file.metadata);
  nta::SafeFile const second = parse(std::as_bytes(std::span(again)));
  require(second.metadata == file.metadata && second.tensors.size() == file.tensors.size());
  std::size_t n_again = 0;
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    require(second.tensors[i].name == file.tensors[i].name);
    require(second.tensors[i].shape == file.tensors[i].shape);
    require(second.tensors[i].type == file.tensors[i].type);
    n_again += second.tensors[i].data.size();
  }
  require(n_again == n_bytes);
  return 0;
}
