// Accumulators of set `cic76`: what a flow's state holds for the columns of `flows.md` 4.2, in all
// their variants, so that the profile's rules are read at the end alone. Same laws as FlowState.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/int_stats.hpp"
#include "libnta/flows/rules.hpp"
#include "libnta/flows/run_list.hpp"
#include "libnta/flows/stretches.hpp"
#include "libnta/flows/timeline.hpp"

#include <cstdint>

namespace nta {

/// BulkRun with the number of packets in the total; under BulkRule::runs_merged a run goes on
/// whatever the direction.
struct CicRun : BulkRun {
  struct Total : BulkRun::Total {
    std::uint64_t packets = 0;
    friend bool operator==(Total const&, Total const&) = default;
  };

  NTA_HD bool joins(CicRun const& later, Rules const& rules) const {
    bool const together = rules.bulk == BulkRule::runs_merged || side == later.side;
    return together && later.first - last <= rules.bulk_gap;
  }
  NTA_HD void close_into(Total& total, Rules const& rules) const {
    total.packets += packets >= rules.bulk_min_packets ? packets : 0;
    BulkRun::close_into(total, rules);
  }
  NTA_HD static void combine(Total& total, Total const& other) {
    BulkRun::combine(total, other);
    total.packets += other.packets;
  }
  friend bool operator==(CicRun const&, CicRun const&) = default;
};

struct CicSide {
  std::uint64_t packets = 0, payload_bytes = 0, payload_packets = 0,
                header_bytes = 0;                    // L4 headers
  std::uint64_t flag[8] = {0, 0, 0, 0, 0, 0, 0, 0};  // by TCP flag bit
  SizeStats payload_len;                             // of all packets
  Timeline time;
  std::uint32_t header_min = UINT32_MAX;
  // Windows of packets whose whole TCP header was there; -1: none.
  std::int32_t window_first = -1, window_first_open = -1, window_last = -1;

  NTA_HD void add_counts(FlowPacket const& p);  // all but `time`
  NTA_HD void merge(CicSide const& later);
  friend bool operator==(CicSide const&, CicSide const&) = default;
};

/// The flow's first packet, which some variants count apart.
struct CicFirst {
  std::uint32_t payload_bytes = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0, side = 0;
  friend bool operator==(CicFirst const&, CicFirst const&) = default;
};

struct CicState {
  CicSide side[2];
  Timeline time;
  Stretches stretches;
  RunList<CicRun> bulk;
  CicFirst first;
  std::uint8_t forward = 0;  // whoever starts the flow sets it (flow_end.hpp)

  NTA_HD bool empty() const { return time.first == kNoTime; }
  NTA_HD void add(FlowPacket const& p, Rules const& rules);
  /// As FlowState's.
  static constexpr int kGroups = 4;
  template <int G>
  NTA_HD void add_group(FlowPacket const& p, Rules const& rules);
  /// `later` was folded from the packets right after this part's.
  NTA_HD void merge(CicState const& later, Rules const& rules);
  NTA_HD void rebase(TimeShift by);
  friend bool operator==(CicState const&, CicState const&) = default;
};

NTA_HD inline void CicSide::add_counts(FlowPacket const& p) {
  packets += 1;
  payload_bytes += p.payload_bytes;
  payload_packets += p.payload_bytes > 0 ? 1 : 0;
  header_bytes += p.l4_header_bytes;
  header_min = p.l4_header_bytes < header_min ? p.l4_header_bytes : header_min;
  payload_len.add(p.payload_bytes);
  add_flags(flag, p);
  if (!p.tcp_header) {
    return;
  }
  window_first = window_first < 0 ? p.window : window_first;
  if (window_first_open < 0 && p.window > 0) {
    window_first_open = p.window;
  }
  window_last = p.window;
}

NTA_HD inline void CicSide::merge(CicSide const& later) {
  packets += later.packets;
  payload_bytes += later.payload_bytes;
  payload_packets += later.payload_packets;
  header_bytes += later.header_bytes;
  header_min = later.header_min < header_min ? later.header_min : header_min;
  payload_len.merge(later.payload_len);
  time.merge(later.time);
  for (int bit = 0; bit < 8; ++bit) {
    flag[bit] += later.flag[bit];
  }
  window_first = window_first < 0 ? later.window_first : window_first;
  window_first_open = window_first_open < 0 ? later.window_first_open : window_first_open;
  window_last = later.window_last >= 0 ? later.window_last : window_last;
}

template <int G>
NTA_HD inline void CicState::add_group(FlowPacket const& p, Rules const& rules) {
  if constexpr (G == 0) {
    if (empty()) {
      std::uint16_t const window = p.tcp_header ? p.window : std::uint16_t{0};
      first = {p.payload_bytes, window, p.tcp_flags, p.side};
    } else {
      stretches.add_gap(time.last, p.t, rules);
    }
    time.add(p.t);
  } else if constexpr (G == 1) {
    side[p.side].time.add(p.t);
  } else if constexpr (G == 2) {
    side[p.side].add_counts(p);
  } else if (p.payload_bytes > 0) {
    bulk.append(CicRun{{p.t, p.t, 1, p.payload_bytes, p.side}}, rules);
  }
}

NTA_HD inline void CicState::add(FlowPacket const& p, Rules const& rules) {
  add_group<0>(p, rules);
  add_group<1>(p, rules);
  add_group<2>(p, rules);
  add_group<3>(p, rules);
}

NTA_HD inline void CicState::merge(CicState const& later, Rules const& rules) {
  if (later.empty()) {
    return;
  }
  if (empty()) {
    std::uint8_t const kept = forward;
    *this = later;
    forward = kept;
    return;
  }
  stretches.add_gap(time.last, later.time.first, rules);
  stretches.merge(later.stretches);
  time.merge(later.time);
  side[0].merge(later.side[0]);
  side[1].merge(later.side[1]);
  bulk.merge(later.bulk, rules);
}

NTA_HD inline void CicState::rebase(TimeShift by) {
  side[0].time.rebase(by);
  side[1].time.rebase(by);
  time.rebase(by);
  stretches.rebase(by);
  bulk.rebase(by);
}

}  // namespace nta
