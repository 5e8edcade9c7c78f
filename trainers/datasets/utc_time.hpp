// Moments as seconds and nanoseconds since the epoch, and their text form with a stated zone.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace nta {

/// Seconds since the epoch and ns within the second: every time of a flow table fits.
struct UtcTime {
  std::int64_t s = 0;
  std::uint32_t ns = 0;
  friend auto operator<=>(UtcTime const&, UtcTime const&) = default;
};

inline constexpr UtcTime kBeginningOfTime{std::numeric_limits<std::int64_t>::min(), 0};
inline constexpr UtcTime kEndOfTime{std::numeric_limits<std::int64_t>::max(), 999'999'999};

/// "2025-03-01T10:00:00Z", with up to nine decimals, or an offset such as +02:00 for Z. Nothing for
/// any other text: a time without a zone is no moment.
std::optional<UtcTime> parse_utc(std::string_view text);

}  // namespace nta
