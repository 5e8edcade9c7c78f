// Stable LSD radix sort of u64 by a range of bits, for the CPU: 11-bit digits, several threads by
// blocks, each with its own counts. Thrust's CPU sorts take two to three times as long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nta {

/// `blocks(n_blocks, f)` calls f(b) for each b, maybe at the same time. Sorts by bits
/// [begin_bit, begin_bit + bits) of `keys`, `scratch` has the same length n; returns whichever of
/// the two holds the result. Reads and writes 16 B a key and pass.
template <class Blocks>
std::uint64_t* radix_sort(std::uint64_t* keys, std::uint64_t* scratch, std::size_t n, int begin_bit,
                          int bits, std::size_t n_blocks, Blocks const& blocks) {
  constexpr int kDigitBits = 11;
  constexpr std::size_t kDigits = 1U << kDigitBits;
  using DigitCounts = std::array<std::uint32_t, kDigits>;
  std::vector<DigitCounts> counts(n_blocks);
  int const passes = (bits + kDigitBits - 1) / kDigitBits;
  int const width = (bits + passes - 1) / passes;  // equal digits: fewer open lines a pass
  for (int pass = 0; pass < passes; ++pass) {
    int const shift = begin_bit + pass * width;
    std::uint64_t const mask = (std::uint64_t{1} << width) - 1;
    auto const first = [&](std::size_t block) { return n * block / n_blocks; };
    blocks(n_blocks, [&](std::size_t block) {
      auto& count = counts[block];
      count.fill(0);
      for (auto i = first(block); i < first(block + 1); ++i) {
        ++count[(keys[i] >> shift) & mask];
      }
    });
    std::uint32_t sum = 0;
    for (std::size_t digit = 0; digit <= mask; ++digit) {
      for (auto& count : counts) {
        sum += std::exchange(count[digit], sum);
      }
    }
    blocks(n_blocks, [&](std::size_t block) {
      auto& next = counts[block];
      for (auto i = first(block); i < first(block + 1); ++i) {
        scratch[next[(keys[i] >> shift) & mask]++] = keys[i];
      }
    });
    std::swap(keys, scratch);
  }
  return keys;
}

}  // namespace nta
