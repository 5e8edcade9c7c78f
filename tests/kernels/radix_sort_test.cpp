#include "kernels/radix_sort.hpp"

#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nta {
namespace {

TEST(RadixSort, EqualsAStableSortByTheBitsAskedFor) {
  for (std::size_t const n : {0, 1, 2, 31, 256, 257, 100000}) {
    for (int const bits : {1, 7, 11, 12, 22, 23, 32}) {
      for (std::size_t const blocks : {1, 2, 5}) {
        auto const rng = stream_key(n, "radix", blocks);
        std::vector<std::uint64_t> keys(n);
        for (std::size_t i = 0; i < n; ++i) {
          keys[i] = (random_bits(rng, i) >> (64 - bits)) << 32 | (random_bits(rng, i) & 0xFFFF);
        }
        auto expected = keys;
        std::stable_sort(expected.begin(), expected.end(),
                         [](auto a, auto b) { return a >> 32 < b >> 32; });
        std::vector<std::uint64_t> scratch(n);
        auto const* const sorted =
            radix_sort(keys.data(), scratch.data(), n, 32, bits, blocks, [](auto count, auto f) {
              for (std::size_t b = 0; b < count; ++b) {
                f(b);
              }
            });
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), sorted))
            << n << " keys, " << bits << " bits, " << blocks << " blocks";
      }
    }
  }
}

}  // namespace
}  // namespace nta
