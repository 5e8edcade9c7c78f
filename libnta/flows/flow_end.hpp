// The sequential rule of `flows.md` 3: does a packet belong to its key's open flow, does it start
// the next one, and why, or is it left out. The one copy of it: streaming meter, CPU and CUDA
// segmentation take every packet through take_packet().
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// Values of the identity column flow_end_reason; none: still open.
enum class EndReason : std::uint8_t { none, idle, active, tcp_fin, tcp_rst, eof, evicted };

/// How far the FINs of a connection have got under tcp_end "cic_fixed".
enum class FinStage : std::uint8_t { none, one, both };

/// What the rule remembers of an open flow. Default: no flow yet.
struct FlowEndState {
  std::int64_t first = kNoTime, last = kNoTime;
  std::int64_t closed_at = kNoTime;
  std::int32_t icmp = -1;                 // of the first packet
  EndReason closed_by = EndReason::none;  // tcp_fin or tcp_rst
  std::uint8_t fin_sides = 0;             // bit s: side s has sent a FIN
  std::uint8_t forward = 0;               // the side whose packets are forward
  FinStage fin_stage = FinStage::none;

  NTA_HD bool open() const { return first != kNoTime; }
  NTA_HD bool closed() const { return closed_by != EndReason::none; }
  /// The reason of a flow that ends by `cause`: a closed flow ended by TCP, whatever cut it.
  NTA_HD EndReason reason(EndReason cause) const { return closed() ? closed_by : cause; }
  NTA_HD void close(EndReason by, std::int64_t at) {
    closed_by = by;
    closed_at = at;
  }
  /// All times moved to another base.
  NTA_HD void rebase(TimeShift by) {
    first = shifted(first, by);
    last = shifted(last, by);
    closed_at = shifted(closed_at, by);
  }
  friend bool operator==(FlowEndState const&, FlowEndState const&) = default;
};

/// What happens to a packet. `continues`: an active cut, so continuation_of names the predecessor.
/// `left_out`: the packet is in no flow (RowUse::late_fin), the open flow stays as it is.
struct FlowStep {
  bool starts_flow = false;
  bool continues = false;
  EndReason ended = EndReason::none;  // flow_end_reason of the flow before; none if there was none
  bool left_out = false;
};

namespace flow_end_detail {

/// Cut as by an active time-out; `goes_on`: the next flow is the same conversation.
NTA_HD inline FlowStep active_cut(FlowEndState const& flow, bool goes_on) {
  return {true, goes_on, flow.reason(EndReason::active)};
}

NTA_HD inline bool differs_in_type_and_code(std::int32_t x, std::int32_t y) {
  return x >= 0 && y >= 0 && (x >> 8) != (y >> 8) && (x & 0xFF) != (y & 0xFF);
}

/// A flow takes packets until it is too old, closed ones until a SYN, too. Only TCP, and UDP that
/// has not been silent for as long, then goes on with the same endpoints.
NTA_HD inline FlowStep decide_cic_fixed(FlowEndState const& flow, FlowPacket const& p,
                                        Rules const& rules) {
  if (flow.closed() && p.has(kTcpSyn)) {
    return {true, false, flow.closed_by};
  }
  if (is_icmp(p.protocol) && differs_in_type_and_code(flow.icmp, p.icmp)) {
    return active_cut(flow, false);
  }
  if (!rules.active.reached(p.t - flow.first)) {
    return {};
  }
  bool const udp_goes_on = p.protocol == kProtocolUdp && !rules.active.reached(p.t - flow.last);
  return active_cut(flow, p.protocol == kProtocolTcp || udp_goes_on);
}

/// The key is free after the answering FIN or an RST; a second FIN of the forward side is dropped.
NTA_HD inline FlowStep decide_cic_original(FlowEndState const& flow, FlowPacket const& p,
                                           Rules const& rules) {
  if (flow.closed()) {
    return {true, false, flow.closed_by};
  }
  if (rules.active.reached(p.t - flow.first)) {
    return active_cut(flow, true);
  }
  bool const forward_fin = p.has(kTcpFin) && p.side == flow.forward;
  bool const again = ((flow.fin_sides >> flow.forward) & 1) != 0;
  return {false, false, EndReason::none, forward_fin && again};
}

/// Closes at the first RST, or at the FIN that makes both sides have sent one.
NTA_HD inline void advance_close_linger(FlowEndState& flow, FlowPacket const& p) {
  if (flow.closed()) {
    return;
  }
  if (p.has(kTcpRst)) {
    flow.close(EndReason::tcp_rst, p.t);
  } else if (flow.fin_sides == 3) {
    flow.close(EndReason::tcp_fin, p.t);
  }
}

NTA_HD inline void advance_cic_fixed(FlowEndState& flow, FlowPacket const& p) {
  if (flow.closed()) {
    return;
  }
  if (p.has(kTcpFin)) {
    if (flow.fin_stage == FinStage::none) {
      flow.fin_stage = FinStage::one;
    } else if (flow.fin_sides == 3) {
      flow.fin_stage = FinStage::both;
    }
  } else if (p.has(kTcpRst)) {
    flow.close(EndReason::tcp_rst, p.t);
  } else if (p.has(kTcpAck) && flow.fin_stage == FinStage::both) {
    flow.close(EndReason::tcp_fin, p.t);
  }
}

NTA_HD inline void advance_cic_original(FlowEndState& flow, FlowPacket const& p) {
  if (p.has(kTcpFin)) {
    if (p.side != flow.forward) {
      flow.close(EndReason::tcp_fin, p.t);
    }
  } else if (p.has(kTcpRst)) {
    flow.close(EndReason::tcp_rst, p.t);
  }
}

}  // namespace flow_end_detail

/// What becomes of `p`, oriented, with the key's open flow.
NTA_HD inline FlowStep decide(FlowEndState const& flow, FlowPacket const& p, Rules const& rules) {
  if (!flow.open()) {
    return {true, false, EndReason::none};
  }
  if (rules.tcp_end == TcpEndRule::close_linger && flow.closed()) {
    bool const fresh_syn = p.has(kTcpSyn) && p.lacks(kTcpAck);
    if (fresh_syn || p.t - flow.closed_at > rules.linger) {
      return {true, false, flow.closed_by};
    }
  }
  if (rules.idle.reached(p.t - flow.last)) {
    return {true, false, flow.reason(EndReason::idle)};
  }
  if (rules.tcp_end == TcpEndRule::cic_fixed) {
    return flow_end_detail::decide_cic_fixed(flow, p, rules);
  }
  if (rules.tcp_end == TcpEndRule::cic_original) {
    return flow_end_detail::decide_cic_original(flow, p, rules);
  }
  if (rules.active.reached(p.t - flow.first)) {
    return flow_end_detail::active_cut(flow, true);
  }
  return {};
}

/// The forward side of a flow that starts with p; `before`: the key's flow that `step` ended.
NTA_HD inline std::uint8_t forward_side(FlowEndState const& before, FlowStep const& step,
                                        FlowPacket const& p, Rules const& rules) {
  if (step.continues && rules.continuation != Continuation::packet) {
    return before.forward;
  }
  bool const answer = p.has(kTcpSyn | kTcpAck) && rules.direction == DirectionRule::synack_swap;
  return answer ? static_cast<std::uint8_t>(p.side ^ 1) : p.side;
}

/// A packet that is added to `flow`, the first one included; `is_first`: it starts the flow.
NTA_HD inline void advance(FlowEndState& flow, FlowPacket const& p, Rules const& rules) {
  bool const is_first = !flow.open();
  if (is_first) {
    flow.first = p.t;
    flow.icmp = p.icmp;
  }
  flow.last = p.t;
  // cic_original takes no notice of the flags of a flow's first packet, cic_fixed of its FIN alone.
  bool const fin_counts = !is_first || rules.tcp_end != TcpEndRule::cic_original;
  if (p.has(kTcpFin) && fin_counts) {
    flow.fin_sides = static_cast<std::uint8_t>(flow.fin_sides | (1U << p.side));
  }
  if (rules.tcp_end == TcpEndRule::close_linger) {
    flow_end_detail::advance_close_linger(flow, p);
  } else if (rules.tcp_end == TcpEndRule::cic_fixed && !is_first) {
    flow_end_detail::advance_cic_fixed(flow, p);
  } else if (rules.tcp_end == TcpEndRule::cic_original && !is_first) {
    flow_end_detail::advance_cic_original(flow, p);
  }
}

/// The state of the flow that p starts. Sets p's side where the rule does not go by its source.
NTA_HD inline FlowEndState begin(FlowEndState const& before, FlowStep const& step, FlowPacket& p,
                                 Rules const& rules) {
  FlowEndState flow;
  flow.forward = forward_side(before, step, p, rules);
  bool const forced = step.continues && rules.continuation == Continuation::inherit_first_forward;
  if (forced || p.one_sided) {
    p.side = flow.forward;
  }
  advance(flow, p, rules);
  return flow;
}

/// With one endpoint for both sides every packet is forward, whatever the side of its row.
NTA_HD inline void orient(FlowEndState const& flow, FlowPacket& p) {
  if (p.one_sided && flow.open()) {
    p.side = flow.forward;
  }
}

/// Is `p` one of the many for which take_packet() only moves the end of the flow on? A false may
/// be wrong, and costs time alone. FINs and RSTs, time-outs, closed flows, one endpoint for both
/// sides, and the rules of set cic76 are all others.
NTA_HD inline bool only_goes_on(FlowEndState const& flow, FlowPacket const& p, Rules const& rules) {
  bool const plain_end =
      rules.tcp_end == TcpEndRule::none || rules.tcp_end == TcpEndRule::close_linger;
  return plain_end && flow.open() && !flow.closed() && !p.one_sided && p.lacks(kTcpFin | kTcpRst) &&
         !rules.idle.reached(p.t - flow.last) && !rules.active.reached(p.t - flow.first);
}

/// The key's next packet: decides, and moves `flow` on. p.side becomes the side that p counts for.
NTA_HD inline FlowStep take_packet(FlowEndState& flow, FlowPacket& p, Rules const& rules) {
#ifndef __CUDA_ARCH__  // threads of a device would wait for the others' long way
  if (only_goes_on(flow, p, rules)) {
    flow.last = p.t;
    return {};
  }
#endif
  std::uint8_t const source = p.side;
  orient(flow, p);
  FlowStep const step = decide(flow, p, rules);
  if (step.starts_flow) {
    p.side = source;
    flow = begin(flow, step, p, rules);
  } else if (!step.left_out) {
    advance(flow, p, rules);
  }
  return step;
}

}  // namespace nta
