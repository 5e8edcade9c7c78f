// Exact statistics of a flow's integers: they combine without loss, so chunks, threads and devices
// cannot show in a result. Counts and sums that another accumulator holds already are not repeated.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/core/wide_int.hpp"

#include <cstdint>

namespace nta {

/// Extremes and squares of sizes in B; n and sum stand in Counts.
struct SizeStats {
  U128 squares = 0;  // cannot wrap: sizes < 2^32, n < 2^64
  std::uint32_t min = UINT32_MAX, max = 0;
  NTA_HD void add(std::uint32_t bytes) {
    squares += std::uint64_t{bytes} * bytes;
    min = bytes < min ? bytes : min;
    max = bytes > max ? bytes : max;
  }
  NTA_HD void merge(SizeStats const& other) {
    squares += other.squares;
    min = other.min < min ? other.min : min;
    max = other.max > max ? other.max : max;
  }
  friend bool operator==(SizeStats const&, SizeStats const&) = default;
};

/// Extremes and squares of gaps in the profile's unit; n = packets - 1, sum = last - first.
struct GapStats {
  U128 squares = 0;  // ordered gaps sum to < 2^63; in capture order the squares saturate
  std::int64_t min = INT64_MAX, max = INT64_MIN;  // identities: an empty side never wins
  NTA_HD void add(std::int64_t gap) {
    squares = add_saturating(squares, square(gap));
    min = gap < min ? gap : min;
    max = gap > max ? gap : max;
  }
  NTA_HD void merge(GapStats const& other) {
    squares = add_saturating(squares, other.squares);
    min = other.min < min ? other.min : min;
    max = other.max > max ? other.max : max;
  }
  friend bool operator==(GapStats const&, GapStats const&) = default;
};

}  // namespace nta
