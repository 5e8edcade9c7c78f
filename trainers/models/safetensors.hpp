// The safetensors container, strict: bytes <-> table of named, typed ranges. No torch here, so that
// it is fuzzed under the sanitizers. Layout: u64 little-endian header length, JSON {name: {dtype,
// shape, data_offsets}}, data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

enum class SafeType : std::uint8_t {
  boolean,
  u8,
  i8,
  f8_e4m3,
  f8_e5m2,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  i64,
  u64,
  f64
};

/// Name in the file ("F32") and bytes per element.
std::string_view safe_type_name(SafeType type);
std::size_t safe_type_bytes(SafeType type);

/// A tensor of a file; `data` borrows from the bytes that were parsed.
struct SafeView {
  std::string name;
  SafeType type = SafeType::f32;
  std::vector<std::int64_t> shape;
  std::span<std::byte const> data;
};

struct SafeFile {
  std::vector<SafeView> tensors;  // in order of their data
  std::map<std::string, std::string> metadata;
};

inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

/// Error(data) with the offset or name unless: header <= 100 MB and inside the file, valid JSON
/// without duplicate keys, known types, product(shape) x size = range, ranges without gap or
/// overlap from 0 to the end of the file. Never reads outside `bytes`; memory is O(header).
SafeFile parse_safetensors(std::span<std::byte const> bytes);

/// The whole file. Tensors are laid out in the given order, padded header (data starts at a
/// multiple of 8). Names must differ and data must have product(shape) x size bytes: else
/// std::logic_error.
std::string write_safetensors(std::vector<SafeView> const& tensors,
                              std::map<std::string, std::string> const& metadata = {});

}  // namespace nta
