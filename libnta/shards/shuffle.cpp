#include "libnta/shards/shuffle.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/instruction_set.hpp"
#include "libnta/shards/shuffle_ways.hpp"

#include <algorithm>
#include <array>

namespace nta {
namespace {

/// Elements [first, n) one by one: the twin of all other ways, and the ends that they leave.
void shuffle_rest(std::byte const* from, std::size_t first, std::size_t n, std::byte* const* planes,
                  std::size_t bytes) {
  for (std::size_t i = first; i < n; ++i) {
    for (std::size_t j = 0; j < bytes; ++j) {
      planes[j][i] = from[i * bytes + j];
    }
  }
}

void unshuffle_rest(std::byte const* from, std::size_t first, std::size_t n, std::byte* to,
                    std::size_t bytes) {
  for (std::size_t i = first; i < n; ++i) {
    for (std::size_t j = 0; j < bytes; ++j) {
      to[i * bytes + j] = from[j * n + i];
    }
  }
}

std::size_t differ_none(std::byte const*, std::size_t, std::byte const*, std::byte*) {
  return 0;
}

std::size_t shuffle_none(std::byte const*, std::size_t, std::byte* const*, std::size_t) {
  return 0;
}

std::size_t unshuffle_none(std::byte const*, std::size_t, std::byte*, std::size_t) {
  return 0;
}

constexpr ShuffleWay kScalar{"scalar", &shuffle_none, &unshuffle_none, &differ_none};

ShuffleWay const& best_way() {
  static ShuffleWay const way = best_way_of(shuffle_ways());
  return way;
}

void check_element(std::size_t bytes) {
  NTA_EXPECTS(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 || bytes == 16,
              ErrorKind::failed, "no element has {} B", bytes);
}

void shuffle_to(ShuffleWay const& way, std::span<std::byte const> from, std::size_t element_bytes,
                std::byte* const* planes) {
  check_element(element_bytes);
  if (element_bytes == 1) {
    std::copy(from.begin(), from.end(), planes[0]);
    return;
  }
  auto const n = from.size() / element_bytes;
  auto const done = way.shuffle(from.data(), n, planes, element_bytes);
  shuffle_rest(from.data(), done, n, planes, element_bytes);
}

}  // namespace

std::vector<ShuffleWay> shuffle_ways() {
  std::vector<ShuffleWay> ways{kScalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) {
    ways.push_back({"avx2", &shuffle_avx2, &unshuffle_avx2, &differ_avx2});
  }
  if (__builtin_cpu_supports("avx512bw") != 0) {
    ways.push_back({"avx512", &shuffle_avx512, &unshuffle_avx512, &differ_avx512});
  }
#endif
  return ways;
}

void shuffle_by(ShuffleWay const& way, std::span<std::byte const> from, std::size_t element_bytes,
                std::span<std::byte> to) {
  check_element(element_bytes);
  std::array<std::byte*, 16> planes;
  for (std::size_t j = 0; j < element_bytes; ++j) {
    planes[j] = to.data() + j * (from.size() / element_bytes);
  }
  shuffle_to(way, from, element_bytes, planes.data());
}

void unshuffle_by(ShuffleWay const& way, std::span<std::byte const> from, std::size_t element_bytes,
                  std::span<std::byte> to) {
  check_element(element_bytes);
  if (element_bytes == 1) {
    std::copy(from.begin(), from.end(), to.begin());
    return;
  }
  auto const n = from.size() / element_bytes;
  auto const done = way.unshuffle(from.data(), n, to.data(), element_bytes);
  unshuffle_rest(from.data(), done, n, to.data(), element_bytes);
}

unsigned varying_by(ShuffleWay const& way, std::span<std::byte const> from,
                    std::size_t element_bytes, std::byte const* first) {
  check_element(element_bytes);
  std::array<std::byte, 16> pattern;
  std::array<std::byte, 16> differs{};
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    pattern[i] = first[i % element_bytes];
  }
  auto const done = way.differ(from.data(), from.size(), pattern.data(), differs.data());
  for (auto i = done; i < from.size(); ++i) {
    differs[i % 16] |= from[i] ^ pattern[i % 16];
  }
  unsigned out = 0;
  for (std::size_t i = 0; i < differs.size(); ++i) {
    out |= differs[i] != std::byte{0} ? 1U << (i % element_bytes) : 0U;
  }
  return out;
}

void shuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                   std::span<std::byte> to) {
  shuffle_by(best_way(), from, element_bytes, to);
}

void shuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                   std::byte* const* planes) {
  shuffle_to(best_way(), from, element_bytes, planes);
}

void unshuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                     std::span<std::byte> to) {
  unshuffle_by(best_way(), from, element_bytes, to);
}

unsigned varying_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                       std::byte const* first) {
  return varying_by(best_way(), from, element_bytes, first);
}

}  // namespace nta
