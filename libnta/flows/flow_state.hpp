// All accumulators of a flow (`flows.md` 4.7): integers by canonical side a, b. Packets go in by
// `add`, later parts by `merge`; direction is applied by the features alone. Split anywhere and
// merged, every member is equal to the whole's.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/activity.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/run_list.hpp"
#include "libnta/flows/side_state.hpp"

#include <cstdint>

namespace nta {

inline constexpr int kFirstPayloads = 8;
struct FirstPayloads {
  std::uint32_t bytes[kFirstPayloads] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::uint8_t n = 0;
  std::uint8_t sides = 0;  // bit k: the k-th came from side b
  NTA_HD void add(std::uint32_t payload_bytes, std::uint8_t side) {
    if (n == kFirstPayloads) {
      return;
    }
    bytes[n] = payload_bytes;
    sides = static_cast<std::uint8_t>(sides | (static_cast<unsigned>(side) << n));
    ++n;
  }
  friend bool operator==(FirstPayloads const&, FirstPayloads const&) = default;
};

struct FlowState {
  SideState side[2];
  Timeline time;
  Activity activity;
  RunList<BulkRun> bulk;
  RunList<BurstRun> burst;
  FirstPayloads payloads;
  std::int32_t icmp = -1;      // of the first packet; type << 8 + code
  std::uint8_t protocol = 0;   // of the first packet
  std::uint8_t forward = 0;    // whoever starts the flow sets it (flow_end.hpp)
  std::uint8_t first_rst = 0;  // bit s: the first RST came from side s

  NTA_HD bool empty() const { return time.first == kNoTime; }
  NTA_HD void add(FlowPacket const& p, Rules const& rules);
  /// The part of `add` that moves on group G alone: groups share no member, so several threads may
  /// each walk all packets for one of them.
  static constexpr int kGroups = 6;
  template <int G>
  NTA_HD void add_group(FlowPacket const& p, Rules const& rules);
  /// `later` was folded from the packets right after this part's, entered with `sequences()` of
  /// all before it. See Note [Entry values].
  NTA_HD void merge(FlowState const& later, Rules const& rules);

  // Note [Entry values]: whether a segment is old depends on the highest sequence number of all
  // packets before. A part that is folded apart starts with enter(spans of what lies before it);
  // those come from an exclusive scan over the parts' own spans (SeqSpan::merge), or from the left
  // part itself. All other groups need nothing.
  NTA_HD void enter(SeqSpan const& before_a, SeqSpan const& before_b) {
    side[0].seq.span = before_a;
    side[1].seq.span = before_b;
  }
  /// All times moved to another base.
  NTA_HD void rebase(TimeShift by);

  friend bool operator==(FlowState const&, FlowState const&) = default;
};
static_assert(sizeof(FlowState) <= 1200, "bulk folds millions of these");

template <int G>
NTA_HD inline void FlowState::add_group(FlowPacket const& p, Rules const& rules) {
  namespace detail = flow_state_detail;
  SideState& own = side[p.side];
  if constexpr (G == 0) {
    if (empty()) {
      icmp = p.icmp;
      protocol = p.protocol;
    } else {
      detail::add_gap(activity, time.last, p.t, rules);
    }
    time.add(p.t);
  } else if constexpr (G == 1) {
    own.time.add(p.t);
  } else if constexpr (G == 2) {
    detail::add_counts(own.count, p);
    own.ip_len.add(p.ip_len);
    own.ttl_min = p.ttl < own.ttl_min ? p.ttl : own.ttl_min;
    own.ttl_max = p.ttl > own.ttl_max ? p.ttl : own.ttl_max;
  } else if constexpr (G == 3) {
    if (p.payload_bytes > 0) {
      own.payload_len.add(p.payload_bytes);
      payloads.add(p.payload_bytes, p.side);
      burst.append(BurstRun{p.payload_bytes, p.side}, rules);
    }
  } else if constexpr (G == 4) {
    if (p.payload_bytes > 0) {
      bulk.append(BulkRun{p.t, p.t, 1, p.payload_bytes, p.side}, rules);
    }
  } else if (p.protocol == kProtocolTcp) {
    if (p.has(kTcpRst) && first_rst == 0) {
      first_rst = static_cast<std::uint8_t>(1U << p.side);
    }
    detail::add_tcp(own, side[p.side ^ 1], p);
  }
}

NTA_HD inline void FlowState::add(FlowPacket const& p, Rules const& rules) {
  add_group<0>(p, rules);
  add_group<1>(p, rules);
  add_group<2>(p, rules);
  add_group<3>(p, rules);
  add_group<4>(p, rules);
  add_group<5>(p, rules);
}

NTA_HD inline void FlowState::merge(FlowState const& later, Rules const& rules) {
  namespace detail = flow_state_detail;
  if (later.empty()) {
    return;
  }
  if (empty()) {
    std::uint8_t const kept = forward;
    *this = later;
    forward = kept;
    return;
  }
  detail::add_gap(activity, time.last, later.time.first, rules);
  detail::merge_activity(activity, later.activity);
  time.merge(later.time);
  bool const syn_ack[2] = {side[0].syn_ack != kNoTime, side[1].syn_ack != kNoTime};
  for (int s = 0; s < 2; ++s) {
    detail::merge_sides(side[s], later.side[s], syn_ack[s ^ 1]);
    detail::note_time(side[s].syn_ack, later.side[s].syn_ack);
  }
  bulk.merge(later.bulk, rules);
  burst.merge(later.burst, rules);
  for (int k = 0; k < later.payloads.n; ++k) {
    payloads.add(later.payloads.bytes[k],
                 static_cast<std::uint8_t>((later.payloads.sides >> k) & 1));
  }
  if (first_rst == 0) {
    first_rst = later.first_rst;
  }
}

NTA_HD inline void FlowState::rebase(TimeShift by) {
  for (SideState& s : side) {
    s.time.rebase(by);
    s.syn = shifted(s.syn, by);
    s.syn_ack = shifted(s.syn_ack, by);
    s.ack = shifted(s.ack, by);
    s.ack_of_syn_ack = shifted(s.ack_of_syn_ack, by);
  }
  time.rebase(by);
  if (activity.idle_count > 0) {
    activity.head_last = shifted(activity.head_last, by);
    activity.tail_first = shifted(activity.tail_first, by);
  }
  bulk.rebase(by);
}

}  // namespace nta
