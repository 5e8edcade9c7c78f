// Wide integers against long-hand arithmetic, and their conversion against strtod of the decimal
// text, which glibc rounds correctly.
#include "libnta/core/wide_int.hpp"

#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace nta {
namespace {

/// Decimal text by dividing 32-bit digits by ten, most significant first.
std::string decimal(U192 const& x) {
  std::vector<std::uint32_t> digits;
  for (int i = 2; i >= 0; --i) {
    digits.push_back(static_cast<std::uint32_t>(x.word[i] >> 32));
    digits.push_back(static_cast<std::uint32_t>(x.word[i]));
  }
  std::string text;
  bool more = true;
  while (more) {
    std::uint64_t rest = 0;
    more = false;
    for (auto& digit : digits) {
      std::uint64_t const value = (rest << 32) | digit;
      digit = static_cast<std::uint32_t>(value / 10);
      rest = value % 10;
      more = more || digit != 0;
    }
    text.insert(text.begin(), static_cast<char>('0' + rest));
  }
  return text;
}

double by_strtod(U192 const& x) {
  return std::strtod(decimal(x).c_str(), nullptr);
}

/// Product by 32-bit schoolbook columns.
U192 long_hand_product(U192 const& x, std::uint64_t y) {
  std::vector<std::uint64_t> a;
  for (auto const word : x.word) {
    a.push_back(word & 0xFFFFFFFF);
    a.push_back(word >> 32);
  }
  std::uint64_t const b[2] = {y & 0xFFFFFFFF, y >> 32};
  std::vector<std::uint64_t> columns(8, 0);
  for (std::size_t i = 0; i < 6; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      std::uint64_t const sum = columns[i + j] + a[i] * b[j] + carry;
      columns[i + j] = sum & 0xFFFFFFFF;
      carry = sum >> 32;
    }
    columns[i + 2] += carry;
  }
  U192 product;
  for (std::size_t i = 0; i < 3; ++i) {
    product.word[i] = columns[2 * i] | (columns[2 * i + 1] << 32);
  }
  return product;
}

/// A number of the given bit length, the bits below the top one random.
U192 random_of_length(std::uint64_t key, int length) {
  U192 x;
  for (int bit = 0; bit < length; ++bit) {
    bool const set =
        bit == length - 1 || (random_bits(key, static_cast<std::uint64_t>(bit)) & 1) != 0;
    if (set) {
      x.word[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  }
  return x;
}

U192 power_of_two(int exponent) {
  U192 x;
  x.word[exponent / 64] = std::uint64_t{1} << (exponent % 64);
  return x;
}

TEST(WideInt, SmallNumbersConvertExactly) {
  EXPECT_EQ(to_double(U192{}), 0.0);
  EXPECT_EQ(to_double(std::uint64_t{1}), 1.0);
  EXPECT_EQ(to_double(std::int64_t{-7}), -7.0);
  EXPECT_EQ(to_double(std::int64_t{INT64_MIN}), -9223372036854775808.0);
  EXPECT_EQ(to_double((std::uint64_t{1} << 53) - 1), 9007199254740991.0);
}

TEST(WideInt, TiesGoToTheEvenMantissa) {
  std::uint64_t const two53 = std::uint64_t{1} << 53;
  EXPECT_EQ(to_double(two53 + 1), 9007199254740992.0);             // half way, even below
  EXPECT_EQ(to_double(two53 + 3), 9007199254740996.0);             // half way, even above
  EXPECT_EQ(to_double((two53 + 1) * 2 + 1), 18014398509481988.0);  // above half way
}

TEST(WideInt, ADistantBitBreaksATie) {
  // 2^181 + 2^128 lies half way between two doubles; a one at the very bottom decides upwards.
  U192 x = power_of_two(181);
  x.word[2] |= 1;
  EXPECT_EQ(to_double(x), std::ldexp(1.0, 181));
  x.word[0] = 1;
  EXPECT_EQ(to_double(x), std::ldexp(1.0, 181) + std::ldexp(1.0, 129));
  x.word[0] = 0;
  x.word[1] = std::uint64_t{1} << 63;
  EXPECT_EQ(to_double(x), std::ldexp(1.0, 181) + std::ldexp(1.0, 129));
}

TEST(WideInt, RoundingUpMayReachTheNextPowerOfTwo) {
  EXPECT_EQ(to_double(~std::uint64_t{0}), 18446744073709551616.0);
  EXPECT_EQ(to_double(kU128Max), std::ldexp(1.0, 128));
  EXPECT_EQ(to_double(U192{{~0ULL, ~0ULL, ~0ULL}}), std::ldexp(1.0, 192));
}

TEST(WideInt, EveryPowerOfTwoAndItsNeighboursRoundAsStrtodDoes) {
  for (int exponent = 0; exponent < 192; ++exponent) {
    U192 const power = power_of_two(exponent);
    EXPECT_EQ(to_double(power), std::ldexp(1.0, exponent));
    U192 const below = subtract(power, widen(1));
    EXPECT_EQ(to_double(below), by_strtod(below)) << exponent;
    U192 above = power;
    above.word[0] |= 1;
    EXPECT_EQ(to_double(above), by_strtod(above)) << exponent;
    if (exponent >= 54) {  // the tie itself, and one on either side
      U192 tie = power;
      int const half = exponent - 53;
      tie.word[half / 64] |= std::uint64_t{1} << (half % 64);
      EXPECT_EQ(to_double(tie), by_strtod(tie)) << exponent;
      EXPECT_EQ(to_double(subtract(tie, widen(1))), by_strtod(subtract(tie, widen(1)))) << exponent;
    }
  }
}

TEST(WideInt, RandomNumbersRoundAsStrtodDoes) {
  for (int length = 1; length <= 192; ++length) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      U192 const x = random_of_length(1000 * static_cast<std::uint64_t>(length) + i, length);
      ASSERT_EQ(to_double(x), by_strtod(x)) << decimal(x);
    }
  }
}

TEST(WideInt, ProductsEqualLongHand) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    U192 const x = random_of_length(i, static_cast<int>(1 + i % 192));
    std::uint64_t const y = random_bits(7, i) >> (i % 64);
    EXPECT_EQ(multiply(x, y), long_hand_product(x, y)) << decimal(x) << " * " << y;
  }
  EXPECT_EQ(decimal(multiply(kU128Max, ~std::uint64_t{0})),
            "6277101735386680763495507056286727952620534092958556749825");
}

TEST(WideInt, SubtractUndoesAddition) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    U128 const a = (U128{random_bits(1, i)} << 64) | random_bits(2, i);
    U128 const b = ((U128{random_bits(3, i)} << 64) | random_bits(4, i)) >> (i % 128);
    U192 sum;  // a + b, carried by hand
    U128 const low = a + b;
    sum = widen(low);
    sum.word[2] = low < a ? 1 : 0;
    EXPECT_EQ(subtract(sum, widen(b)), widen(a)) << i;
  }
}

TEST(WideInt, BorrowRunsThroughAllWords) {
  EXPECT_EQ(subtract(power_of_two(128), widen(1)), widen(kU128Max));
  EXPECT_EQ(subtract(power_of_two(64), widen(1)), widen(U128{~std::uint64_t{0}}));
}

TEST(WideInt, SquaresAndSaturation) {
  EXPECT_EQ(square(INT64_MIN), U128{1} << 126);
  EXPECT_EQ(square(-3), U128{9});
  EXPECT_EQ(add_saturating(kU128Max, U128{1}), kU128Max);
  EXPECT_EQ(add_saturating(U128{5}, U128{6}), U128{11});
  EXPECT_EQ(add_saturating(INT64_MAX - 5, std::int64_t{5}), INT64_MAX);
  EXPECT_EQ(add_saturating(INT64_MAX - 5, std::int64_t{6}), INT64_MAX);
  EXPECT_EQ(add_saturating(std::int64_t{5}, std::int64_t{6}), 11);
}

}  // namespace
}  // namespace nta
