// Shuffle and unshuffle as rounds of unpacking, for any width of vectors: number the bytes of N
// registers of 16 bytes as register * 16 + place. Unpacking register j with register j + N / 2 puts
// byte b at place 2 b (mod 16 N), so log2 N rounds turn planes into elements, and 4 rounds turn
// elements into planes. Wider vectors do that in each 16-byte lane, for 16 elements a lane.
// Included once per instruction set; all in it is of internal linkage on purpose.
#pragma once

#include <cstddef>

namespace nta {
namespace {

/// Vec: kLanes, load(p), load_lanes(p, step), store(p, v), store_lanes(p, step, v), low(a, b),
/// high(a, b); for differ_all pattern(p), different(a, b), either(a, b).
template <class Vec, std::size_t kBytes, int kRounds>
inline void unpack_rounds(typename Vec::Register (&v)[kBytes]) {
  typename Vec::Register next[kBytes];
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t j = 0; j < kBytes / 2; ++j) {
      next[2 * j] = Vec::low(v[j], v[j + kBytes / 2]);
      next[2 * j + 1] = Vec::high(v[j], v[j + kBytes / 2]);
    }
    for (std::size_t j = 0; j < kBytes; ++j) {
      v[j] = next[j];
    }
  }
}

template <class Vec, std::size_t kBytes>
std::size_t unshuffle_planes(std::byte const* from, std::size_t n, std::byte* to) {
  constexpr std::size_t kElements = 16 * Vec::kLanes;
  constexpr int kRounds = kBytes == 2 ? 1 : kBytes == 4 ? 2 : kBytes == 8 ? 3 : 4;
  std::size_t i = 0;
  for (; i + kElements <= n; i += kElements) {
    typename Vec::Register v[kBytes];
    for (std::size_t j = 0; j < kBytes; ++j) {
      v[j] = Vec::load(from + j * n + i);
    }
    unpack_rounds<Vec, kBytes, kRounds>(v);
    for (std::size_t j = 0; j < kBytes; ++j) {
      Vec::store_lanes(to + i * kBytes + j * 16, 16 * kBytes, v[j]);
    }
  }
  return i;
}

template <class Vec, std::size_t kBytes>
std::size_t shuffle_elements(std::byte const* from, std::size_t n, std::byte* const* planes) {
  constexpr std::size_t kElements = 16 * Vec::kLanes;
  std::byte* to[kBytes];  // bytes may alias anything, `planes` too: read them once
  for (std::size_t j = 0; j < kBytes; ++j) {
    to[j] = planes[j];
  }
  std::size_t i = 0;
  for (; i + kElements <= n; i += kElements) {
    typename Vec::Register v[kBytes];
    for (std::size_t j = 0; j < kBytes; ++j) {
      v[j] = Vec::load_lanes(from + i * kBytes + j * 16, 16 * kBytes);
    }
    unpack_rounds<Vec, kBytes, 4>(v);
    for (std::size_t j = 0; j < kBytes; ++j) {
      Vec::store(to[j] + i, v[j]);
    }
  }
  return i;
}

template <class Vec>
std::size_t shuffle_all(std::byte const* from, std::size_t n, std::byte* const* to,
                        std::size_t bytes) {
  switch (bytes) {
    case 2:
      return shuffle_elements<Vec, 2>(from, n, to);
    case 4:
      return shuffle_elements<Vec, 4>(from, n, to);
    case 8:
      return shuffle_elements<Vec, 8>(from, n, to);
    default:
      return shuffle_elements<Vec, 16>(from, n, to);
  }
}

template <class Vec>
std::size_t unshuffle_all(std::byte const* from, std::size_t n, std::byte* to, std::size_t bytes) {
  switch (bytes) {
    case 2:
      return unshuffle_planes<Vec, 2>(from, n, to);
    case 4:
      return unshuffle_planes<Vec, 4>(from, n, to);
    case 8:
      return unshuffle_planes<Vec, 8>(from, n, to);
    default:
      return unshuffle_planes<Vec, 16>(from, n, to);
  }
}

/// See DifferStep. Two sums, so that one does not wait for the other.
template <class Vec>
std::size_t differ_all(std::byte const* from, std::size_t n_bytes, std::byte const* pattern,
                       std::byte* differs) {
  constexpr std::size_t kStep = 32 * Vec::kLanes;
  if (n_bytes < kStep) {
    return 0;
  }
  auto const wanted = Vec::pattern(pattern);
  auto even = Vec::different(Vec::load(from), wanted);
  auto odd = Vec::different(Vec::load(from + kStep / 2), wanted);
  std::size_t i = kStep;
  for (; i + kStep <= n_bytes; i += kStep) {
    even = Vec::either(even, Vec::different(Vec::load(from + i), wanted));
    odd = Vec::either(odd, Vec::different(Vec::load(from + i + kStep / 2), wanted));
  }
  std::byte all[kStep / 2];
  Vec::store(all, Vec::either(even, odd));
  for (std::size_t j = 0; j < kStep / 2; ++j) {
    differs[j % 16] |= all[j];
  }
  return i;
}

}  // namespace
}  // namespace nta
