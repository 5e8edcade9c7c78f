// Integers wider than a machine word and their conversion to double. The same shared integer code
// on host and device: no compiler's own __int128 conversion takes part, so every place gives equal
// bits.
#pragma once

#include "libnta/core/host_device.hpp"

#include <cstdint>
#include <cstring>

namespace nta {

__extension__ using U128 = unsigned __int128;
__extension__ using I128 = __int128;

inline constexpr U128 kU128Max = ~U128{0};

/// 192 bits, little endian words; holds n * S2 - S1^2 of a flow's exact sums.
struct U192 {
  std::uint64_t word[3] = {0, 0, 0};
};

NTA_HD constexpr bool operator==(U192 const& x, U192 const& y) {
  return x.word[0] == y.word[0] && x.word[1] == y.word[1] && x.word[2] == y.word[2];
}

NTA_HD constexpr U192 widen(U128 x) {
  return U192{{static_cast<std::uint64_t>(x), static_cast<std::uint64_t>(x >> 64), 0}};
}

/// x * y modulo 2^192; exact while the product fits.
NTA_HD constexpr U192 multiply(U192 const& x, std::uint64_t y) {
  U192 product;
  std::uint64_t carry = 0;
  for (int i = 0; i < 3; ++i) {
    U128 const partial = U128{x.word[i]} * y + carry;
    product.word[i] = static_cast<std::uint64_t>(partial);
    carry = static_cast<std::uint64_t>(partial >> 64);
  }
  return product;
}

NTA_HD constexpr U192 multiply(U128 x, std::uint64_t y) {
  return multiply(widen(x), y);
}

/// x - y modulo 2^192; callers have x >= y.
NTA_HD constexpr U192 subtract(U192 const& x, U192 const& y) {
  U192 difference;
  std::uint64_t borrow = 0;
  for (int i = 0; i < 3; ++i) {
    std::uint64_t const once = x.word[i] - y.word[i];
    std::uint64_t const lost = x.word[i] < y.word[i] ? 1 : 0;
    difference.word[i] = once - borrow;
    borrow = lost + (once < borrow ? 1 : 0);
  }
  return difference;
}

/// Saturates instead of wrapping: an absurd input must not become a small number.
NTA_HD constexpr U128 add_saturating(U128 x, U128 y) {
  U128 const sum = x + y;
  return sum < x ? kU128Max : sum;
}

/// Of two that are not negative.
NTA_HD constexpr std::int64_t add_saturating(std::int64_t x, std::int64_t y) {
  return y > INT64_MAX - x ? INT64_MAX : x + y;
}

NTA_HD constexpr U128 square(std::int64_t x) {
  std::uint64_t const magnitude =
      x < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
  return U128{magnitude} * magnitude;
}

/// Number of the highest set bit + 1; 0 for 0.
NTA_HD constexpr int bit_length(std::uint64_t x) {
  int length = 0;
  for (int step = 32; step > 0; step /= 2) {
    if ((x >> step) != 0) {
      x >>= step;
      length += step;
    }
  }
  return length + static_cast<int>(x);
}

namespace wide_detail {

/// mantissa * 2^exponent, mantissa normalised (bit 63 set), bit 0 sticky; round to nearest even.
NTA_HD inline double round_to_double(std::uint64_t mantissa, int exponent) {
  std::uint64_t kept = mantissa >> 11;
  std::uint64_t const rest = mantissa & 0x7FF;
  if (rest > 0x400 || (rest == 0x400 && (kept & 1) != 0)) {
    ++kept;
  }
  int biased = exponent + 11 + 52 + 1023;
  if ((kept >> 53) != 0) {
    kept >>= 1;
    ++biased;
  }
  std::uint64_t const bits =
      (static_cast<std::uint64_t>(biased) << 52) | (kept & 0xFFFFFFFFFFFFFULL);
  double result = 0;
  memcpy(&result, &bits, sizeof result);
  return result;
}

}  // namespace wide_detail

/// Round to nearest, ties to even. Exact below 2^53.
NTA_HD inline double to_double(U192 const& x) {
  // Words by name, not by a computed index: that would put them into device memory.
  bool const three = x.word[2] != 0;
  bool const two = x.word[1] != 0;
  std::uint64_t const high = three ? x.word[2] : (two ? x.word[1] : x.word[0]);
  std::uint64_t const next = three ? x.word[1] : (two ? x.word[0] : 0);
  std::uint64_t const low = three ? x.word[0] : 0;
  int const length = bit_length(high);
  if (length == 0) {
    return 0.0;
  }
  int const shift = 64 - length;  // free bits above the highest set one
  std::uint64_t const mantissa = (high << shift) | (shift > 0 ? next >> length : 0);
  std::uint64_t const lost = (shift > 0 ? next << shift : next) | low;
  int const exponent = (three ? 128 : (two ? 64 : 0)) - shift;
  return wide_detail::round_to_double(mantissa | (lost != 0 ? 1 : 0), exponent);
}

/// Of one word the conversion is an operation of IEEE 754, which every processor rounds alike.
NTA_HD constexpr double to_double(std::uint64_t x) {
  return static_cast<double>(x);
}
NTA_HD constexpr double to_double(std::int64_t x) {
  return static_cast<double>(x);
}
NTA_HD inline double to_double(U128 x) {
  auto const high = static_cast<std::uint64_t>(x >> 64);
  return high == 0 ? to_double(static_cast<std::uint64_t>(x)) : to_double(widen(x));
}

}  // namespace nta
