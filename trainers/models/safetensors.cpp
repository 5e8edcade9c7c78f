#include "trainers/models/safetensors.hpp"

#include "libnta/core/error.hpp"
#include "trainers/models/safetensors_header.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <stdexcept>

namespace nta {
namespace {

struct TypeInfo {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<TypeInfo, 15> kTypes{{{"BOOL", 1},
                                           {"U8", 1},
                                           {"I8", 1},
                                           {"F8_E4M3", 1},
                                           {"F8_E5M2", 1},
                                           {"I16", 2},
                                           {"U16", 2},
                                           {"F16", 2},
                                           {"BF16", 2},
                                           {"I32", 4},
                                           {"U32", 4},
                                           {"F32", 4},
                                           {"I64", 8},
                                           {"U64", 8},
                                           {"F64", 8}}};

SafeType type_by_name(std::string const& name, std::string const& tensor) {
  auto const found = std::ranges::find(kTypes, std::string_view(name), &TypeInfo::name);
  NTA_EXPECTS(found != kTypes.end(), ErrorKind::data,
              "safetensors: \"{}\" has unknown dtype \"{}\"", tensor, name);
  return static_cast<SafeType>(found - kTypes.begin());
}

/// product(shape) x size, refused instead of wrapped beyond 2^62.
std::uint64_t checked_bytes(std::vector<std::uint64_t> const& shape, std::size_t type_bytes,
                            std::string const& name) {
  constexpr std::uint64_t kMost = 1ULL << 62;
  std::uint64_t bytes = type_bytes;
  bool const is_empty = std::ranges::find(shape, 0ULL) != shape.end();
  for (std::uint64_t const n : shape) {
    NTA_EXPECTS(n <= kMost, ErrorKind::data, "safetensors: \"{}\" has dimension {}", name, n);
    if (is_empty) continue;
    NTA_EXPECTS(bytes <= kMost / n, ErrorKind::data,
                "safetensors: the shape of \"{}\" is too large", name);
    bytes *= n;
  }
  return is_empty ? 0 : bytes;
}

std::uint64_t header_bytes(std::span<std::byte const> bytes) {
  NTA_EXPECTS(bytes.size() >= 8, ErrorKind::data,
              "safetensors: {} bytes, a file has at least 8; it is cut short", bytes.size());
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  NTA_EXPECTS(length <= kMaxHeaderBytes, ErrorKind::data,
              "safetensors: header of {} bytes, at most {} are allowed", length, kMaxHeaderBytes);
  NTA_EXPECTS(length <= bytes.size() - 8, ErrorKind::data,
              "safetensors: header of {} bytes, the file has {} more; it is cut short", length,
              bytes.size() - 8);
  return length;
}

}  // namespace

std::string_view safe_type_name(SafeType type) {
  return kTypes[static_cast<std::size_t>(type)].name;
}
std::size_t safe_type_bytes(SafeType type) {
  return kTypes[static_cast<std::size_t>(type)].bytes;
}

SafeFile parse_safetensors(std::span<std::byte const> bytes) {
  std::uint64_t const length = header_bytes(bytes);
  std::string_view const text(reinterpret_cast<char const*>(bytes.data()) + 8, length);
  SafeHeader header = parse_safetensors_header(text);
  std::span<std::byte const> const data = bytes.subspan(8 + length);
  std::ranges::stable_sort(header.entries, {},
                           [](SafeHeaderEntry const& e) { return std::pair(e.begin, e.end); });
  SafeFile file{{}, std::move(header.metadata)};
  file.tensors.reserve(header.entries.size());
  std::uint64_t expected = 0;
  for (SafeHeaderEntry& entry : header.entries) {
    SafeType const type = type_by_name(entry.dtype, entry.name);
    NTA_EXPECTS(entry.begin == expected && entry.end >= entry.begin, ErrorKind::data,
                "safetensors: \"{}\" has range {}..{}, expected to start at {}: gap or overlap",
                entry.name, entry.begin, entry.end, expected);
    NTA_EXPECTS(entry.end <= data.size(), ErrorKind::data,
                "safetensors: \"{}\" ends at {}, the data has {} bytes; the file is cut short",
                entry.name, entry.end, data.size());
    std::uint64_t const wanted = checked_bytes(entry.shape, safe_type_bytes(type), entry.name);
    NTA_EXPECTS(wanted == entry.end - entry.begin, ErrorKind::data,
                "safetensors: \"{}\" needs {} bytes by its shape, its range has {}", entry.name,
                wanted, entry.end - entry.begin);
    file.tensors.push_back({std::move(entry.name), type,
                            std::vector<std::int64_t>(entry.shape.begin(), entry.shape.end()),
                            data.subspan(entry.begin, wanted)});
    expected = entry.end;
  }
  NTA_EXPECTS(expected == data.size(), ErrorKind::data,
              "safetensors: {} bytes after the last tensor", data.size() - expected);
  return file;
}

std::string write_safetensors(std::vector<SafeView> const& tensors,
                              std::map<std::string, std::string> const& metadata) {
  // Ordered: keys stand in the order of the data, so equal content gives equal bytes.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (SafeView const& tensor : tensors) {
    std::size_t n = safe_type_bytes(tensor.type);
    for (std::int64_t const size : tensor.shape) n *= static_cast<std::size_t>(size);
    if (n != tensor.data.size() || header.contains(tensor.name)) {
      throw std::logic_error("write_safetensors: wrong size or second tensor " + tensor.name);
    }
    header[tensor.name] = {{"dtype", safe_type_name(tensor.type)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + n}}};
    offset += n;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    out[i] = static_cast<char>((std::uint64_t{text.size()} >> (8 * i)) & 0xFF);
  }
  out.reserve(8 + text.size() + offset);
  out += text;
  for (SafeView const& tensor : tensors) {
    out.append(reinterpret_cast<char const*>(tensor.data.data()), tensor.data.size());
  }
  return out;
}

}  // namespace nta
