// What is published about a feature, and the exact finishing arithmetic that all formulas share:
// two integer-to-double conversions, one division, at most one square root (`flows.md` 4.7).
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/flows/rules.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace nta {

/// Whose packets a feature is about; names gain the prefix "fwd_" or "bwd_".
enum class FlowPart : std::uint8_t { flow, fwd, bwd };

struct FeatureInfo {
  FlowPart part;
  std::string_view stem;  // name without prefix
  std::string_view unit;
  std::string_view text;
  int version = 1;          // goes up when the formula changes: models refuse another version
  bool whole_name = false;  // the stem is the name: sets that publish another tool's names
  bool since_start =
      false;  // ms since the flow's first packet; see add_flow_start (table_rows.hpp)
};

/// Names of a feature that is about every part; not all are published.
struct PartNames {
  std::string_view flow, fwd, bwd;
  constexpr std::string_view of(FlowPart part) const {
    return part == FlowPart::flow ? flow : (part == FlowPart::fwd ? fwd : bwd);
  }
};

constexpr FeatureInfo named(FlowPart part, PartNames const& names, std::string_view unit,
                            std::string_view text) {
  return {part, names.of(part), unit, text, 1, true, false};
}

/// Cells are i64: what does not fit saturates.
NTA_HD inline std::int64_t as_integer(std::uint64_t x) {
  return x > static_cast<std::uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<std::int64_t>(x);
}

/// Written out: what 0.0 / 0.0 gives differs from processor to processor.
inline constexpr std::uint64_t kQuietNanBits = 0x7FF8000000000000,
                               kInfinityBits = 0x7FF0000000000000;
NTA_HD inline double double_of_bits(std::uint64_t bits) {
  double x = 0;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// R(x) / R(y); 0 for an empty denominator.
template <class X>
NTA_HD inline double ratio(X x, std::uint64_t y) {
  return y == 0 ? 0.0 : to_double(x) / to_double(y);
}

/// x * 10^9 / duration in ns, for a duration in the profile's unit: the unit's factor cancels.
NTA_HD inline double per_second(std::uint64_t x, std::int64_t duration, Rules const& rules) {
  if (duration <= 0) {
    return 0.0;
  }
  std::int64_t const units_a_second =
      rules.unit_ns == 1 ? 1'000'000'000 : 1'000'000'000 / rules.unit_ns;
  U128 const scaled = U128{x} * static_cast<std::uint64_t>(units_a_second);
  return to_double(scaled) / to_double(duration);
}

/// A time of the profile's unit in ns; saturates (kMaxTime units of ms do not fit).
NTA_HD inline std::int64_t in_ns(std::int64_t t, Rules const& rules) {
  if (rules.unit_ns == 1) {  // no division for the finest unit
    return t < -INT64_MAX ? -INT64_MAX : t;
  }
  std::int64_t const limit = INT64_MAX / rules.unit_ns;
  if (t > limit) {
    return INT64_MAX;
  }
  return t < -limit ? -INT64_MAX : t * rules.unit_ns;
}

/// R(sum in ns) / R(n) of times of the profile's unit: a sum in ns need not fit an i64.
NTA_HD inline double mean_ns(I128 sum, std::uint64_t n, Rules const& rules) {
  U128 const magnitude = static_cast<U128>(sum < 0 ? -sum : sum);
  double const mean = ratio(magnitude * static_cast<std::uint64_t>(rules.unit_ns), n);
  return sum < 0 ? -mean : mean;
}

/// Numerator and denominator of a change of unit.
struct UnitRatio {
  std::uint64_t times, per;
};

/// (n S2 - S1^2) * times^2 / (n (n - ddof) * per^2); 0 where n <= ddof. The numerator is exact.
NTA_HD inline double variance(std::uint64_t n, U128 sum_squared, U128 squares, UnitRatio scale,
                              std::uint32_t ddof) {
  if (n <= ddof || n == 0) {
    return 0.0;
  }
  if (n == 1 && squares == sum_squared) {  // 0 / x, without the division
    return 0.0;
  }
  // Of small numbers the same integers in two words, as they nearly always fit.
  if ((squares >> 96) == 0 && n >> 32 == 0 && scale.times == 1 && scale.per == 1) {
    U128 const small = squares * n - sum_squared;
    return to_double(small) / to_double(n * (n - ddof));
  }
  U192 numerator = subtract(multiply(squares, n), widen(sum_squared));
  if (scale.times != 1) {
    numerator = multiply(multiply(numerator, scale.times), scale.times);
  }
  U128 const denominator = U128{n} * (n - ddof) * scale.per * scale.per;
  return to_double(numerator) / to_double(denominator);
}

/// sqrt((n S2 - S1^2) * factor^2 / (n (n - ddof))).
NTA_HD inline double standard_deviation(std::uint64_t n, U128 sum_squared, U128 squares,
                                        std::uint64_t factor, std::uint32_t ddof) {
  return sqrt(variance(n, sum_squared, squares, {factor, 1}, ddof));
}

/// From the profile's unit.
NTA_HD inline UnitRatio to_microseconds(Rules const& rules) {
  auto const unit_ns = static_cast<std::uint64_t>(rules.unit_ns);
  return unit_ns >= 1000 ? UnitRatio{unit_ns / 1000, 1} : UnitRatio{1, 1000 / unit_ns};
}

/// A sum of n times of the profile's unit as their mean in us; n = 1: the time itself.
NTA_HD inline double mean_us(std::int64_t sum, std::uint64_t n, Rules const& rules) {
  if (n == 0) {
    return 0.0;
  }
  UnitRatio const scale = to_microseconds(rules);
  auto const bits = static_cast<std::uint64_t>(sum);
  std::uint64_t const magnitude = sum < 0 ? std::uint64_t{0} - bits : bits;
  double const mean = to_double(U128{magnitude} * scale.times) / to_double(U128{n} * scale.per);
  return sum < 0 ? -mean : mean;
}
NTA_HD inline double in_us(std::int64_t t, Rules const& rules) {
  return mean_us(t, 1, rules);
}

/// Sample standard deviation in us of n times of the profile's unit.
NTA_HD inline double sample_deviation_us(std::uint64_t n, U128 sum_squared, U128 squares,
                                         Rules const& rules) {
  return sqrt(variance(n, sum_squared, squares, to_microseconds(rules), 1));
}

}  // namespace nta
