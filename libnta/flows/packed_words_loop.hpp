// Inside packed_words: the walk over the groups of a state, for whatever handles four words.
// Layout: a bit a group (1: it has bytes), then for each such group its code byte, then the bytes
// of its words; little endian. Bits k and 4 + k of a code are the size of word k: 0, 1, 2 or 4 B.
#pragma once

#include "libnta/flows/packed_words.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nta::packed_words_detail {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::size_t kGroupBytes = 16;
inline constexpr std::uint8_t kBytes[4] = {0, 1, 2, 4};

constexpr unsigned size_in(unsigned code, unsigned k) {
  return ((code >> k) & 1U) | ((code >> (4 + k)) & 1U) << 1U;
}

constexpr std::array<std::uint8_t, 256> make_lengths() {
  std::array<std::uint8_t, 256> lengths{};
  for (unsigned code = 0; code < 256; ++code) {
    for (unsigned k = 0; k < 4; ++k) {
      lengths[code] = static_cast<std::uint8_t>(lengths[code] + kBytes[size_in(code, k)]);
    }
  }
  return lengths;
}
/// B of a group's words, by code.
inline constexpr std::array<std::uint8_t, 256> kLengths = make_lengths();

/// Groups::pack(words, model, to): a group's code, 0 if it is the model's; may write 16 B.
template <class Groups>
std::size_t pack_groups(WordPacking const& packing, std::byte const* words, std::byte* to) {
  std::size_t const blocks = (packing.groups + 7) / 8;
  std::byte* out = to + blocks;
  for (std::size_t block = 0; block < blocks; ++block) {
    unsigned mask = 0;
    std::size_t const last = packing.groups < 8 * block + 8 ? packing.groups : 8 * block + 8;
    for (std::size_t g = 8 * block; g < last; ++g) {
      unsigned const code =
          Groups::pack(words + g * kGroupBytes, packing.model + g * kGroupBytes, out + 1);
      *out = static_cast<std::byte>(code);
      out += code != 0 ? 1U + kLengths[code] : 0U;
      mask |= (code != 0 ? 1U : 0U) << (g % 8);
    }
    to[block] = static_cast<std::byte>(mask);
  }
  return static_cast<std::size_t>(out - to);
}

/// Groups::unpack(from, code, words): words of a group that now are the model's; may read 16 B.
template <class Groups>
void unpack_groups(WordPacking const& packing, std::byte const* from, std::byte* words) {
  if (packing.groups == 0) {
    return;
  }
  std::memcpy(words, packing.model, packing.groups * kGroupBytes);
  std::size_t const blocks = (packing.groups + 7) / 8;
  std::byte const* in = from + blocks;
  for (std::size_t block = 0; block < blocks; ++block) {
    for (auto mask = static_cast<unsigned>(from[block]); mask != 0; mask &= mask - 1) {
      std::size_t const g = 8 * block + static_cast<unsigned>(std::countr_zero(mask));
      auto const code = static_cast<unsigned>(*in);
      Groups::unpack(in + 1, code, words + g * kGroupBytes);
      in += 1U + kLengths[code];
    }
  }
}

// Where the processor has them (packed_words_ssse3.cpp).
std::size_t pack_ssse3(WordPacking const& packing, std::byte const* words, std::byte* to);
void unpack_ssse3(WordPacking const& packing, std::byte const* from, std::byte* words);

}  // namespace nta::packed_words_detail
