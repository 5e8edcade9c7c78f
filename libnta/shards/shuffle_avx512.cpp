// The shuffle by AVX-512: compiled with -mavx512bw, called only where the machine has it.
#include "libnta/shards/shuffle_network.hpp"
#include "libnta/shards/shuffle_ways.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace nta {
namespace {

struct Avx512 {
  using Register = __m512i;
  static constexpr std::size_t kLanes = 4;
  static __m128i const* lane(std::byte const* p) { return reinterpret_cast<__m128i const*>(p); }
  static __m128i* lane(std::byte* p) { return reinterpret_cast<__m128i*>(p); }
  static Register load(std::byte const* p) { return _mm512_loadu_si512(p); }
  static void store(std::byte* p, Register v) { _mm512_storeu_si512(p, v); }
  static Register load_lanes(std::byte const* p, std::size_t step) {
    auto v = _mm512_castsi128_si512(_mm_loadu_si128(lane(p)));
    v = _mm512_inserti32x4(v, _mm_loadu_si128(lane(p + step)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128(lane(p + 2 * step)), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128(lane(p + 3 * step)), 3);
  }
  static void store_lanes(std::byte* p, std::size_t step, Register v) {
    _mm_storeu_si128(lane(p), _mm512_castsi512_si128(v));
    _mm_storeu_si128(lane(p + step), _mm512_extracti32x4_epi32(v, 1));
    _mm_storeu_si128(lane(p + 2 * step), _mm512_extracti32x4_epi32(v, 2));
    _mm_storeu_si128(lane(p + 3 * step), _mm512_extracti32x4_epi32(v, 3));
  }
  static Register low(Register a, Register b) { return _mm512_unpacklo_epi8(a, b); }
  static Register high(Register a, Register b) { return _mm512_unpackhi_epi8(a, b); }
  static Register pattern(std::byte const* p) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(lane(p)));
  }
  static Register different(Register a, Register b) { return _mm512_xor_si512(a, b); }
  static Register either(Register a, Register b) { return _mm512_or_si512(a, b); }
};

}  // namespace

std::size_t shuffle_avx512(std::byte const* from, std::size_t n, std::byte* const* to,
                           std::size_t bytes) {
  return shuffle_all<Avx512>(from, n, to, bytes);
}

std::size_t unshuffle_avx512(std::byte const* from, std::size_t n, std::byte* to,
                             std::size_t bytes) {
  return unshuffle_all<Avx512>(from, n, to, bytes);
}

std::size_t differ_avx512(std::byte const* from, std::size_t n_bytes, std::byte const* pattern,
                          std::byte* differs) {
  return differ_all<Avx512>(from, n_bytes, pattern, differs);
}

}  // namespace nta
#endif
