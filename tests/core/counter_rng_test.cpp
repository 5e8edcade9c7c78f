#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nta {
namespace {

TEST(CounterRng, FollowsThePublishedSplitMix64Sequence) {
  // First outputs of SplitMix64 with state 0 (Vigna's reference program).
  EXPECT_EQ(random_bits(0, 0), 0xE220A8397B1DCDAFULL);
  EXPECT_EQ(random_bits(0, 1), 0x6E789E6AA1B965F4ULL);
  EXPECT_EQ(random_bits(0, 2), 0x06C45D188009454FULL);
}

TEST(CounterRng, StreamsDifferByNameAndIndices) {
  std::set<std::uint64_t> keys;
  for (auto const* name : {"init", "shuffle", "dropout"}) {
    for (std::uint64_t i = 0; i < 5; ++i) {
      for (std::uint64_t j = 0; j < 5; ++j) {
        keys.insert(stream_key(1, name, i, j));
      }
    }
  }
  EXPECT_EQ(keys.size(), 75U);
  EXPECT_NE(stream_key(1, "init"), stream_key(2, "init"));
}

TEST(CounterRng, UnitNumbersAreEvenlySpread) {
  int bins[10] = {};
  constexpr int kDraws = 100000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    auto const value = random_unit(7, i);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ++bins[static_cast<int>(value * 10)];
  }
  // Binomial with n = 100000, p = 0.1 has sd 95; five of them bound each bin.
  for (int const count : bins) {
    EXPECT_NEAR(count, kDraws / 10, 475);
  }
}

}  // namespace
}  // namespace nta
