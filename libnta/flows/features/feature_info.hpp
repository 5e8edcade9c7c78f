// What is published about a feature, and the exact finishing arithmetic that all formulas share:
// two integer-to-double conversions, one division, at most one square root (`flows.md` 4.7).
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/flows/flow_state.hpp"
#include "libnta/flows/rules.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace nta {

/// Whose packets a feature is about; names gain the prefix "fwd_" or "bwd_".
enum class FlowPart : std::uint8_t { flow, fwd, bwd };

struct FeatureInfo {
  FlowPart part;
  std::string_view stem;  // name without prefix
  std::string_view unit;
  std::string_view text;
  int version = 1;  // goes up when the formula changes: models refuse another version
};

/// The side that a part means; parts of the flow have no side.
NTA_HD inline SideState const& side_of(FlowState const& f, FlowPart part) {
  return f.side[part == FlowPart::fwd ? f.forward : f.forward ^ 1];
}

/// A count of one side, or of both.
NTA_HD inline std::uint64_t total(FlowState const& f, FlowPart part,
                                  std::uint64_t Counts::*member) {
  if (part == FlowPart::flow) {
    return f.side[0].count.*member + f.side[1].count.*member;
  }
  return side_of(f, part).count.*member;
}

NTA_HD inline std::int64_t as_integer(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
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
  U128 const scaled = U128{x} * static_cast<std::uint64_t>(1'000'000'000 / rules.unit_ns);
  return to_double(scaled) / to_double(duration);
}

/// A time of the profile's unit in ns; saturates (kMaxTime units of ms do not fit).
NTA_HD inline std::int64_t in_ns(std::int64_t t, Rules const& rules) {
  std::int64_t const limit = INT64_MAX / rules.unit_ns;
  if (t > limit) {
    return INT64_MAX;
  }
  return t < -limit ? -INT64_MAX : t * rules.unit_ns;
}

/// sqrt((n S2 - S1^2) * factor^2 / (n (n - ddof))); 0 where n <= ddof. The numerator is exact.
NTA_HD inline double standard_deviation(std::uint64_t n, U128 sum_squared, U128 squares,
                                        std::uint64_t factor, std::uint32_t ddof) {
  if (n <= ddof || n == 0) {
    return 0.0;
  }
  U192 numerator = subtract(multiply(squares, n), widen(sum_squared));
  if (factor != 1) {
    numerator = multiply(multiply(numerator, factor), factor);
  }
  U128 const denominator = U128{n} * (n - ddof);
  return sqrt(to_double(numerator) / to_double(denominator));
}

NTA_HD inline SizeStats size_stats(FlowState const& f, FlowPart part,
                                   SizeStats SideState::*member) {
  if (part != FlowPart::flow) {
    return side_of(f, part).*member;
  }
  SizeStats both = f.side[0].*member;
  both.merge(f.side[1].*member);
  return both;
}

NTA_HD inline Timeline const& timeline(FlowState const& f, FlowPart part) {
  return part == FlowPart::flow ? f.time : side_of(f, part).time;
}

}  // namespace nta
