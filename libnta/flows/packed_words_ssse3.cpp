// Four words at a time by SSSE3 shuffles. Compiled for processors that have them, called there
// alone.
#include "libnta/flows/packed_words_loop.hpp"

#if defined(__SSSE3__)
#include <tmmintrin.h>

namespace nta::packed_words_detail {
namespace {

struct alignas(16) Shuffle {
  std::uint8_t from[16];
};
constexpr std::uint8_t kZero = 0x80;

/// By code: words -> their bytes side by side.
constexpr std::array<Shuffle, 256> make_pack() {
  std::array<Shuffle, 256> shuffles{};
  for (unsigned code = 0; code < 256; ++code) {
    unsigned at = 0;
    for (unsigned k = 0; k < 4; ++k) {
      for (unsigned b = 0; b < kBytes[size_in(code, k)]; ++b) {
        shuffles[code].from[at++] = static_cast<std::uint8_t>(4 * k + b);
      }
    }
    while (at < 16) {
      shuffles[code].from[at++] = kZero;
    }
  }
  return shuffles;
}

/// By code: bytes side by side -> words; all of a word's bytes are kZero where the model's is kept.
constexpr std::array<Shuffle, 256> make_unpack() {
  std::array<Shuffle, 256> shuffles{};
  for (unsigned code = 0; code < 256; ++code) {
    unsigned at = 0;
    for (unsigned k = 0; k < 4; ++k) {
      for (unsigned b = 0; b < 4; ++b) {
        bool const has = b < kBytes[size_in(code, k)];
        shuffles[code].from[4 * k + b] = has ? static_cast<std::uint8_t>(at++) : kZero;
      }
    }
  }
  return shuffles;
}
constexpr std::array<Shuffle, 256> kPack = make_pack(), kUnpack = make_unpack();

__m128i load(void const* from) {
  return _mm_loadu_si128(static_cast<__m128i const*>(from));
}
void store(void* to, __m128i value) {
  _mm_storeu_si128(static_cast<__m128i*>(to), value);
}
int high_bits(__m128i words) {
  return _mm_movemask_ps(_mm_castsi128_ps(words));
}

struct ShuffledGroups {
  static unsigned pack(std::byte const* words, std::byte const* model, std::byte* to) {
    __m128i const w = load(words);
    __m128i const zero = _mm_setzero_si128();
    __m128i const same = _mm_cmpeq_epi32(w, load(model));
    __m128i const in_8 = _mm_cmpeq_epi32(_mm_srli_epi32(w, 8), zero);
    __m128i const in_16 = _mm_cmpeq_epi32(_mm_srli_epi32(w, 16), zero);
    // Size 1, 2, 3: low bit 1, 0, 1 and high bit 0, 1, 1; none where the word is the model's.
    __m128i const low = _mm_andnot_si128(_mm_andnot_si128(in_8, in_16), _mm_set1_epi32(-1));
    __m128i const high = _mm_andnot_si128(in_8, _mm_set1_epi32(-1));
    auto const code = static_cast<unsigned>(high_bits(_mm_andnot_si128(same, low)) |
                                            high_bits(_mm_andnot_si128(same, high)) << 4);
    store(to, _mm_shuffle_epi8(w, load(&kPack[code])));
    return code;
  }
  static void unpack(std::byte const* from, unsigned code, std::byte* words) {
    __m128i const shuffle = load(&kUnpack[code]);
    __m128i const kept = _mm_srai_epi32(_mm_slli_epi32(shuffle, 24), 31);
    store(words,
          _mm_or_si128(_mm_shuffle_epi8(load(from), shuffle), _mm_and_si128(kept, load(words))));
  }
};

}  // namespace

std::size_t pack_ssse3(WordPacking const& packing, std::byte const* words, std::byte* to) {
  return pack_groups<ShuffledGroups>(packing, words, to);
}

void unpack_ssse3(WordPacking const& packing, std::byte const* from, std::byte* words) {
  unpack_groups<ShuffledGroups>(packing, from, words);
}

}  // namespace nta::packed_words_detail
#endif
