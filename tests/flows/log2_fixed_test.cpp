// Fixed-point logarithm and entropy: exact cases by hand, the definition by integer powers.
#include "libnta/flows/log2_fixed.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

constexpr std::uint64_t kOne = std::uint64_t{1} << 32;

TEST(Log2Fixed, PowersOfTwoAreExact) {
  for (int e = 0; e < 64; ++e) {
    EXPECT_EQ(log2_fixed(std::uint64_t{1} << e), static_cast<std::uint64_t>(e) * kOne) << e;
  }
  EXPECT_EQ(log2_fixed(0), 0U);
}

TEST(Log2Fixed, KnownDigits) {
  // log2 3 = 1.58496250072115618145..., log2 10 = 3.32192809488736234787..., times 2^32, floored.
  EXPECT_EQ(log2_fixed(3), 6807362105U);
  EXPECT_EQ(log2_fixed(10), 14267572527U);
  // log2(2^64 - 1) lies 7.8e-20 below 64: the floor is one step below 64 * 2^32.
  EXPECT_EQ(log2_fixed(UINT64_MAX), 64 * kOne - 1);
}

/// 2^e <= c^k < 2^(e + 1) says that e = floor(k log2 c); by multiplying, for what fits 128 bits.
TEST(Log2Fixed, FirstDigitsByPowers) {
  for (std::uint64_t c : {3U, 5U, 6U, 7U, 1000U, 65535U}) {
    U128 power = 1;
    for (unsigned k = 1; k <= 8; k *= 2) {
      power = k == 1 ? U128{c} : power * power;
      int length = 0;
      for (U128 rest = power; rest != 0; rest >>= 1) {
        ++length;
      }
      EXPECT_EQ((U128{log2_fixed(c)} * k) >> 32, static_cast<U128>(length - 1)) << c << "^" << k;
    }
  }
}

TEST(Log2Fixed, GrowsWithItsArgument) {
  for (std::uint64_t c = 1; c < 5000; ++c) {
    EXPECT_LT(log2_fixed(c), log2_fixed(c + 1)) << c;
  }
}

TEST(EntropySum, EqualCountsGiveTheLogarithmOfTheirNumber) {
  EntropySum sum;
  for (int i = 0; i < 8; ++i) {
    sum.add(5);
  }
  // n K(n) - sum c K(c) = 40 (K(40) - K(5)); log2 40 - log2 5 = 3, both floors cut the same digits.
  EXPECT_EQ(sum.bits(), 3.0);
}

TEST(EntropySum, OneOrNoCountHasNone) {
  EntropySum sum;
  EXPECT_EQ(sum.bits(), 0.0);
  sum.add(7);
  EXPECT_EQ(sum.bits(), 0.0);
}

TEST(EntropySum, UnequalCounts) {
  EntropySum sum;
  sum.add(1);
  sum.add(3);
  // n = 4: (4 * 2 * 2^32 - 3 * 6807362105) / (4 * 2^32) = (34359738368 - 20422086315) / 17179869184
  EXPECT_EQ(sum.bits(), 13937652053.0 / 17179869184.0);
  EXPECT_NEAR(sum.bits(), 0.8112781244591328, 1e-9);  // of probabilities 1/4, 3/4
}

TEST(EntropySum, HugeCountsDoNotWrap) {
  EntropySum sum;
  sum.add(std::uint64_t{1} << 62);
  sum.add(std::uint64_t{1} << 62);
  EXPECT_EQ(sum.bits(), 1.0);
}

}  // namespace
}  // namespace nta
