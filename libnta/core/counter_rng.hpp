// Randomness as a pure function: (seed, purpose, index...) -> number. No generator state, so
// nothing to save and nothing that depends on the order of calls or on threads.
#pragma once

#include "libnta/core/host_device.hpp"

#include <cstdint>
#include <string_view>

namespace nta {

/// Key of a named stream: the first 8 bytes (big endian) of SHA-256("seed/name/i/j").
std::uint64_t stream_key(std::uint64_t seed, std::string_view name, std::uint64_t i = 0,
                         std::uint64_t j = 0);

/// 64 well mixed bits for a position in a stream (Steele, Lea, Flood 2014: SplitMix64).
NTA_HD constexpr std::uint64_t random_bits(std::uint64_t key, std::uint64_t position) {
  std::uint64_t z = key + (position + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

/// Uniform in [0, 1) with 53 bits.
NTA_HD constexpr double random_unit(std::uint64_t key, std::uint64_t position) {
  return static_cast<double>(random_bits(key, position) >> 11) * 0x1.0p-53;
}

}  // namespace nta
