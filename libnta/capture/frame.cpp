#include "libnta/capture/frame.hpp"

namespace nta {

namespace {

using U128 = unsigned __int128;
constexpr std::uint64_t kNsPerS = 1'000'000'000;

/// 10^n, n <= 28: beyond it every 64-bit count of units is less than a nanosecond.
constexpr U128 power_of_ten(int n) {
  U128 value = 1;
  for (int i = 0; i < n; ++i) value *= 10;
  return value;
}

void split_binary(int bits, std::uint64_t units, std::uint64_t& s, std::uint64_t& ns) noexcept {
  if (bits < 64) {
    s = units >> bits;
    U128 const rest = units & ((std::uint64_t{1} << bits) - 1);
    ns = static_cast<std::uint64_t>((rest * kNsPerS) >> bits);
  } else {
    s = 0;
    ns = bits < 128 ? static_cast<std::uint64_t>((U128{units} * kNsPerS) >> bits) : 0;
  }
}

void split_decimal(int digits, std::uint64_t units, std::uint64_t& s, std::uint64_t& ns) noexcept {
  if (digits > 28) {
    s = ns = 0;
    return;
  }
  U128 const per_second = power_of_ten(digits);
  s = static_cast<std::uint64_t>(U128{units} / per_second);
  ns = static_cast<std::uint64_t>((U128{units} % per_second) * kNsPerS / per_second);
}

}  // namespace

std::string TimeScale::text() const {
  return (resolution & 0x80U) != 0 ? "2^-" + std::to_string(resolution & 0x7FU)
                                   : "1e-" + std::to_string(resolution);
}

void set_time(TimeScale const& scale, std::uint64_t units, Frame& frame) noexcept {
  std::uint64_t s = 0;
  std::uint64_t ns = 0;
  if (scale.resolution == 6) {  // by a constant: the compiler turns these divisions into products
    s = units / 1'000'000;
    ns = units % 1'000'000 * 1000;
  } else if (scale.resolution == 9) {
    s = units / kNsPerS;
    ns = units % kNsPerS;
  } else if ((scale.resolution & 0x80U) != 0) {
    split_binary(scale.resolution & 0x7F, units, s, ns);
  } else {
    split_decimal(scale.resolution, units, s, ns);
  }
  bool overflow = s > static_cast<std::uint64_t>(INT64_MAX);
  std::int64_t time_s = 0;
  overflow |= __builtin_add_overflow(static_cast<std::int64_t>(s), scale.offset_s, &time_s);
  frame.time_s = time_s;
  frame.time_ns = static_cast<std::uint32_t>(ns);
  frame.time_valid = !overflow;
  frame.no_timestamp = false;
}

}  // namespace nta
