// The element types that columns on disk may have, and their C++ counterparts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace nta {

/// Little endian on disk. `ip`: 16 bytes, in network order.
enum class DType : std::uint8_t { u8, u16, u32, u64, i8, i32, i64, f64, ip };

constexpr std::size_t size_of(DType type) {
  constexpr std::array<std::size_t, 9> kBytes{1, 2, 4, 8, 1, 4, 8, 8, 16};
  return kBytes[static_cast<std::size_t>(type)];
}

constexpr std::string_view name_of(DType type) {
  constexpr std::array<std::string_view, 9> kNames{"u8",  "u16", "u32", "u64", "i8",
                                                   "i32", "i64", "f64", "ip"};
  return kNames[static_cast<std::size_t>(type)];
}

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return DType::u8;
  }
  if constexpr (std::is_same_v<T, std::uint16_t>) {
    return DType::u16;
  }
  if constexpr (std::is_same_v<T, std::uint32_t>) {
    return DType::u32;
  }
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    return DType::u64;
  }
  if constexpr (std::is_same_v<T, std::int8_t>) {
    return DType::i8;
  }
  if constexpr (std::is_same_v<T, std::int32_t>) {
    return DType::i32;
  }
  if constexpr (std::is_same_v<T, std::int64_t>) {
    return DType::i64;
  }
  if constexpr (std::is_same_v<T, double>) {
    return DType::f64;
  }
  return DType::ip;
}

/// dt: the difference to the previous row of the chunk is stored, the first row as it is.
enum class Encoding : std::uint8_t { plain, delta };

}  // namespace nta
