// Accumulators of set `nfstream`: sizes in the profile's accounting mode, gaps between times in
// whole ms, TCP flags (`flows.md` 4.3). Same laws as FlowState.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/int_stats.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// A time of the profile's unit in ms, floored; bases are whole seconds, so this is the floor of
/// the absolute time as well.
NTA_HD inline std::int64_t floor_ms(std::int64_t t, Rules const& rules) {
  std::int64_t const per_ms = 1'000'000 / rules.unit_ns;
  if (per_ms <= 1) {
    return t;
  }
  std::int64_t const quotient = t / per_ms;
  return quotient * per_ms > t ? quotient - 1 : quotient;
}

/// First and last packet in the profile's unit; differences of the ms times between.
struct MsTimeline {
  GapStats gap;
  std::int64_t first = kNoTime, last = kNoTime;
  NTA_HD void add(std::int64_t t, Rules const& rules) {
    if (first == kNoTime) {
      first = t;
    } else {
      gap.add(floor_ms(t, rules) - floor_ms(last, rules));
    }
    last = t;
  }
  NTA_HD void merge(MsTimeline const& later, Rules const& rules) {
    if (later.first == kNoTime) {
      return;
    }
    add(later.first, rules);
    gap.merge(later.gap);
    last = later.last;
  }
  NTA_HD void rebase(TimeShift by) {
    first = shifted(first, by);
    last = shifted(last, by);
  }
  NTA_HD std::int64_t duration_ms(Rules const& rules) const {
    return first == kNoTime ? 0 : floor_ms(last, rules) - floor_ms(first, rules);
  }
  friend bool operator==(MsTimeline const&, MsTimeline const&) = default;
};

struct NfstreamSide {
  std::uint64_t packets = 0, bytes = 0;
  SizeStats size;
  MsTimeline time;
  std::uint64_t flag[8] = {0, 0, 0, 0, 0, 0, 0, 0};  // by TCP flag bit
  friend bool operator==(NfstreamSide const&, NfstreamSide const&) = default;
};

struct NfstreamState {
  NfstreamSide side[2];
  MsTimeline time;
  std::uint8_t forward = 0;  // whoever starts the flow sets it (flow_end.hpp)

  NTA_HD bool empty() const { return time.first == kNoTime; }
  /// As FlowState's.
  static constexpr int kGroups = 3;
  template <int G>
  NTA_HD void add_group(FlowPacket const& p, Rules const& rules) {
    NfstreamSide& own = side[p.side];
    if constexpr (G == 0) {
      time.add(p.t, rules);
    } else if constexpr (G == 1) {
      own.time.add(p.t, rules);
    } else {
      std::uint32_t const bytes = size_of(p, rules.size);
      own.packets += 1;
      own.bytes += bytes;
      own.size.add(bytes);
      add_flags(own.flag, p);
    }
  }
  NTA_HD void add(FlowPacket const& p, Rules const& rules) {
    add_group<0>(p, rules);
    add_group<1>(p, rules);
    add_group<2>(p, rules);
  }
  /// `later` was folded from the packets right after this part's.
  NTA_HD void merge(NfstreamState const& later, Rules const& rules) {
    for (int s = 0; s < 2; ++s) {
      side[s].packets += later.side[s].packets;
      side[s].bytes += later.side[s].bytes;
      side[s].size.merge(later.side[s].size);
      side[s].time.merge(later.side[s].time, rules);
      for (int bit = 0; bit < 8; ++bit) {
        side[s].flag[bit] += later.side[s].flag[bit];
      }
    }
    time.merge(later.time, rules);
  }
  NTA_HD void rebase(TimeShift by) {
    side[0].time.rebase(by);
    side[1].time.rebase(by);
    time.rebase(by);
  }
  friend bool operator==(NfstreamState const&, NfstreamState const&) = default;
};

}  // namespace nta
