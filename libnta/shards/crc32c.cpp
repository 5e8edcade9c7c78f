#include "libnta/shards/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace nta {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    }
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::span<std::byte const> bytes,
                                                             std::uint32_t before) noexcept {
  std::uint64_t crc = ~before;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    crc = _mm_crc32_u64(crc, word);
    bytes = bytes.subspan(8);
  }
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (auto const byte : bytes) {
    crc32 = _mm_crc32_u8(crc32, static_cast<std::uint8_t>(byte));
  }
  return ~crc32;
}
#endif

}  // namespace

std::uint32_t crc32c_table(std::span<std::byte const> bytes, std::uint32_t before) noexcept {
  std::uint32_t crc = ~before;
  for (auto const byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFFU];
  }
  return ~crc;
}

std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) {
    return crc32c_sse42(bytes, before);
  }
#endif
  return crc32c_table(bytes, before);
}

}  // namespace nta
