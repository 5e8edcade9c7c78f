// The shuffle is a bijection for every size, differs by epoch and seed, and looks shuffled.
#include "trainers/datasets/permutation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace nta {
namespace {

std::vector<std::uint64_t> order_of(std::uint64_t n, std::uint64_t seed, std::uint64_t epoch) {
  Permutation const permutation(n, seed, epoch);
  std::vector<std::uint64_t> rows(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    rows[i] = permutation(i);
  }
  return rows;
}

TEST(Permutation, IsABijectionForEverySize) {
  for (std::uint64_t const n : {0, 1, 2, 3, 4, 5, 31, 32, 33, 255, 256, 257, 1000, 65537, 100000}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      auto rows = order_of(n, seed, seed * 3);
      std::sort(rows.begin(), rows.end());
      std::vector<std::uint64_t> expected(n);
      std::iota(expected.begin(), expected.end(), 0ULL);
      ASSERT_EQ(rows, expected) << n << " rows, seed " << seed;
    }
  }
}

TEST(Permutation, DependsOnSeedAndEpochOnly) {
  EXPECT_EQ(order_of(1000, 1, 2), order_of(1000, 1, 2));
  EXPECT_NE(order_of(1000, 1, 2), order_of(1000, 1, 3));
  EXPECT_NE(order_of(1000, 1, 2), order_of(1000, 2, 2));
}

TEST(Permutation, HasNoOrderLeft) {
  // Correlation of row with position over n rows: sd 1/sqrt(n - 1) for random orders; bound 5 sd.
  std::uint64_t const n = 10'000;
  for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
    auto const rows = order_of(n, 7, epoch);
    double const mean = (static_cast<double>(n) - 1) / 2;
    double both = 0, spread = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      both += (static_cast<double>(i) - mean) * (static_cast<double>(rows[i]) - mean);
      spread += (static_cast<double>(i) - mean) * (static_cast<double>(i) - mean);
    }
    EXPECT_LT(std::abs(both / spread), 5 / std::sqrt(static_cast<double>(n - 1))) << epoch;
  }
}

TEST(Permutation, EveryRowReachesEveryPlace) {
  // 5 rows, 5,000 epochs: each cell expects 1,000 hits, sd 28; bound 5 sd.
  std::vector<int> hits(25);
  for (std::uint64_t epoch = 0; epoch < 5'000; ++epoch) {
    auto const rows = order_of(5, 11, epoch);
    for (std::size_t i = 0; i < 5; ++i) {
      ++hits[i * 5 + rows[i]];
    }
  }
  for (int const n : hits) {
    EXPECT_NEAR(n, 1000, 5 * 28.3);
  }
}

}  // namespace
}  // namespace nta
