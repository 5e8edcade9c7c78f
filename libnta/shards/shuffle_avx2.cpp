// The shuffle by AVX2: compiled with -mavx2, called only where the machine has it.
#include "libnta/shards/shuffle_network.hpp"
#include "libnta/shards/shuffle_ways.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace nta {
namespace {

struct Avx2 {
  using Register = __m256i;
  static constexpr std::size_t kLanes = 2;
  static __m128i const* lane(std::byte const* p) { return reinterpret_cast<__m128i const*>(p); }
  static __m128i* lane(std::byte* p) { return reinterpret_cast<__m128i*>(p); }
  static Register load(std::byte const* p) {
    return _mm256_loadu_si256(reinterpret_cast<Register const*>(p));
  }
  static void store(std::byte* p, Register v) {
    _mm256_storeu_si256(reinterpret_cast<Register*>(p), v);
  }
  static Register load_lanes(std::byte const* p, std::size_t step) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(lane(p))),
                                   _mm_loadu_si128(lane(p + step)), 1);
  }
  static void store_lanes(std::byte* p, std::size_t step, Register v) {
    _mm_storeu_si128(lane(p), _mm256_castsi256_si128(v));
    _mm_storeu_si128(lane(p + step), _mm256_extracti128_si256(v, 1));
  }
  static Register low(Register a, Register b) { return _mm256_unpacklo_epi8(a, b); }
  static Register high(Register a, Register b) { return _mm256_unpackhi_epi8(a, b); }
  static Register pattern(std::byte const* p) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(lane(p)));
  }
  static Register different(Register a, Register b) { return _mm256_xor_si256(a, b); }
  static Register either(Register a, Register b) { return _mm256_or_si256(a, b); }
};

}  // namespace

std::size_t shuffle_avx2(std::byte const* from, std::size_t n, std::byte* const* to,
                         std::size_t bytes) {
  return shuffle_all<Avx2>(from, n, to, bytes);
}

std::size_t unshuffle_avx2(std::byte const* from, std::size_t n, std::byte* to, std::size_t bytes) {
  return unshuffle_all<Avx2>(from, n, to, bytes);
}

std::size_t differ_avx2(std::byte const* from, std::size_t n_bytes, std::byte const* pattern,
                        std::byte* differs) {
  return differ_all<Avx2>(from, n_bytes, pattern, differs);
}

}  // namespace nta
#endif
