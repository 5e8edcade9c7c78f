// Numbers out of foreign bytes, in either byte order. The loads are unchecked and compile to one
// instruction; whoever calls one has asked first whether the bytes are there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nta {

inline std::uint16_t load_be16(std::uint8_t const* p) noexcept {
  std::uint16_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint32_t load_be32(std::uint8_t const* p) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint64_t load_be64(std::uint8_t const* p) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return __builtin_bswap64(value);
}
inline std::uint64_t load_be48(std::uint8_t const* p) noexcept {
  return std::uint64_t{load_be16(p)} << 32 | load_be32(p + 2);
}
inline std::uint16_t load_le16(std::uint8_t const* p) noexcept {
  return __builtin_bswap16(load_be16(p));
}
inline std::uint32_t load_le32(std::uint8_t const* p) noexcept {
  return __builtin_bswap32(load_be32(p));
}
static_assert(std::endian::native == std::endian::little, "the loads assume a little-endian host");

/// The byte order of a file (pcap) or of a section (pcapng), found out at run time.
struct ByteOrder {
  bool big_endian = false;
  std::uint16_t u16(std::uint8_t const* p) const noexcept {
    return big_endian ? load_be16(p) : load_le16(p);
  }
  std::uint32_t u32(std::uint8_t const* p) const noexcept {
    return big_endian ? load_be32(p) : load_le32(p);
  }
  std::uint64_t u64(std::uint8_t const* p) const noexcept {
    return big_endian ? load_be64(p) : __builtin_bswap64(load_be64(p));
  }
};

}  // namespace nta
