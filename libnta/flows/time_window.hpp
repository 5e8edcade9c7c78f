// Times of a packet table -> numbers of windows of equal length since the epoch, w = [wW, (w+1)W).
// 128 bits: any base second that a capture can name, any window length.
#pragma once

#include "libnta/core/wide_int.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <cstdint>

namespace nta {

/// An instant since the epoch; 0 <= ns < 10^9.
struct Instant {
  std::int64_t s = 0;
  std::uint32_t ns = 0;
};

inline I128 floor_divide(I128 x, I128 y) {
  I128 const quotient = x / y;
  return quotient * y > x ? quotient - 1 : quotient;
}

/// Windows of length_ns > 0 over times relative to one base second.
class WindowClock {
 public:
  WindowClock(std::int64_t base_s, std::int64_t length_ns) : length_ns_(length_ns) {
    I128 const base_ns = I128{base_s} * 1'000'000'000;
    base_window_ = floor_divide(base_ns, length_ns);
    offset_ns_ = static_cast<std::int64_t>(base_ns - base_window_ * length_ns);
  }
  I128 window_of(std::int64_t time_ns) const {
    std::int64_t const t = clamp_time(time_ns) + offset_ns_;  // lengths are <= 2^61: cannot wrap
    std::int64_t const quotient = t / length_ns_;
    return base_window_ + (quotient * length_ns_ > t ? quotient - 1 : quotient);
  }

 private:
  std::int64_t length_ns_;
  std::int64_t offset_ns_ = 0;
  I128 base_window_ = 0;
};

/// Where a window starts. Seconds beyond an i64 saturate.
inline Instant window_start(I128 window, std::int64_t length_ns) {
  I128 const start_ns = window * length_ns;
  I128 const second = floor_divide(start_ns, 1'000'000'000);
  Instant start;
  start.s = second < INT64_MIN   ? INT64_MIN
            : second > INT64_MAX ? INT64_MAX
                                 : static_cast<std::int64_t>(second);
  start.ns = static_cast<std::uint32_t>(start_ns - second * 1'000'000'000);
  return start;
}

}  // namespace nta
