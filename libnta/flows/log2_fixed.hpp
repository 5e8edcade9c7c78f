// Entropy of counts without a floating-point logarithm: integers up to one division, so that the
// order of counts, the machine and its math library cannot change a bit.
#pragma once

#include "libnta/core/wide_int.hpp"

#include <cstdint>

namespace nta {

/// The high 128 bits of x * x; `below`: the bit under them.
inline U128 square_high(U128 x, bool& below) {
  U128 const low = static_cast<std::uint64_t>(x);
  U128 const high = x >> 64;
  U128 const cross = low * high;  // counted twice
  U128 const middle = (low * low >> 64) + (static_cast<std::uint64_t>(cross) * U128{2});
  below = (static_cast<std::uint64_t>(middle) >> 63) != 0;
  return high * high + (cross >> 64) * 2 + (middle >> 64);
}

/// floor(2^32 * log2 c); 0 for c <= 1. Bits of the logarithm by squaring a mantissa of 128 bits.
/// Cut-off bits double with each of 32 squarings and stay below 2^-94 of the mantissa, while
/// c^(2^i) for c < 2^64 does not come that near to a power of two without being one.
inline std::uint64_t log2_fixed(std::uint64_t c) {
  if (c <= 1) {
    return 0;
  }
  int const exponent = bit_length(c) - 1;
  U128 mantissa = U128{c} << (127 - exponent);  // in [1, 2), bit 127 = 1
  std::uint64_t result = static_cast<std::uint64_t>(exponent);
  for (int i = 0; i < 32; ++i) {
    bool below = false;
    U128 const squared = square_high(mantissa, below);  // in [1, 4), bit 126 = 1
    bool const two = (squared >> 127) != 0;
    result = result << 1 | (two ? 1U : 0U);
    mantissa = two ? squared : (squared << 1 | (below ? 1U : 0U));
  }
  return result;
}

/// sum of c * K(c), K = log2_fixed. Adds up over counts in any order.
struct EntropySum {
  std::uint64_t n = 0;  // sum of c
  U128 weighted = 0;
  void add(std::uint64_t c) {
    n += c;
    weighted += U128{c} * log2_fixed(c);
  }
  /// R(n K(n) - sum c K(c)) / R(n 2^32); 0 without counts.
  double bits() const {
    if (n == 0) {
      return 0.0;
    }
    return to_double(U128{n} * log2_fixed(n) - weighted) / to_double(U128{n} << 32);
  }
};

}  // namespace nta
