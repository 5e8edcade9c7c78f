// TCP sequence numbers of one side, unwrapped: u_i = u_(i-1) + int32(seq_i - seq_(i-1)), u_0 = 0.
// What a part says about resent bytes depends on all before it; SeqSpan is what the parts must
// know.
#pragma once

#include "libnta/core/host_device.hpp"

#include <cstdint>

namespace nta {

/// A stretch of a side's TCP packets. Combines exactly, so an exclusive scan gives entry values.
struct SeqSpan {
  std::int64_t u = 0;        // of the last packet, relative to the first
  std::int64_t highest = 0;  // highest end (u + payload + SYN + FIN), relative to the first
  std::uint32_t first = 0, last = 0;
  bool any = false;

  NTA_HD static std::int64_t step(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
  }
  NTA_HD void merge(SeqSpan const& later) {
    if (!later.any) {
      return;
    }
    if (!any) {
      *this = later;
      return;
    }
    std::int64_t const origin = u + step(last, later.first);
    u = origin + later.u;
    highest = origin + later.highest > highest ? origin + later.highest : highest;
    last = later.last;
  }
  friend bool operator==(SeqSpan const&, SeqSpan const&) = default;
};

/// A side's span with its counts. See Note [Entry values] in flow_state.hpp.
struct SeqTrack {
  SeqSpan span;
  std::uint64_t old_segments = 0;  // L > 0, end <= highest end so far
  std::uint64_t gap_segments = 0;  // L > 0, start > highest end so far

  /// `length`: payload + SYN + FIN, in sequence numbers.
  NTA_HD void add(std::uint32_t seq, std::uint32_t payload_bytes, std::int64_t length) {
    if (!span.any) {
      span = SeqSpan{0, length, seq, seq, true};
      return;
    }
    span.u += SeqSpan::step(span.last, seq);
    span.last = seq;
    std::int64_t const end = span.u + length;
    if (payload_bytes > 0) {
      old_segments += end <= span.highest ? 1 : 0;
      gap_segments += span.u > span.highest ? 1 : 0;
    }
    span.highest = end > span.highest ? end : span.highest;
  }
  friend bool operator==(SeqTrack const&, SeqTrack const&) = default;
};

}  // namespace nta
