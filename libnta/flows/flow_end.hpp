// The sequential rule of `flows.md` 3: does a packet belong to its key's open flow, or does it
// start the next one, and why. The one copy of it: streaming meter, CPU and CUDA segmentation walk
// it.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// Values of the identity column flow_end_reason; none: still open.
enum class EndReason : std::uint8_t { none, idle, active, tcp_fin, tcp_rst, eof, evicted };

/// What the rule remembers of an open flow. Default: no flow yet.
struct FlowEndState {
  std::int64_t first = kNoTime, last = kNoTime;
  std::int64_t closed_at = kNoTime;
  EndReason closed_by = EndReason::none;  // tcp_fin or tcp_rst
  std::uint8_t fin_sides = 0;             // bit s: side s has sent a FIN
  std::uint8_t forward = 0;               // the side whose packets are forward

  NTA_HD bool open() const { return first != kNoTime; }
  /// The reason of a flow that ends by `cause`: a closed flow ended by TCP, whatever cut it.
  NTA_HD EndReason reason(EndReason cause) const {
    return closed_by != EndReason::none ? closed_by : cause;
  }
  /// All times moved to another base.
  NTA_HD void rebase(TimeShift by) {
    first = shifted(first, by);
    last = shifted(last, by);
    closed_at = shifted(closed_at, by);
  }
};

/// What happens to a packet. `continues`: an active cut, so continuation_of names the predecessor.
struct FlowStep {
  bool starts_flow = false;
  bool continues = false;
  EndReason ended = EndReason::none;  // flow_end_reason of the flow before; none if there was none
};

NTA_HD inline FlowStep decide(FlowEndState const& flow, FlowPacket const& p, Rules const& rules) {
  if (!flow.open()) {
    return {true, false, EndReason::none};
  }
  if (flow.closed_by != EndReason::none) {
    bool const fresh_syn = p.has(kTcpSyn) && p.lacks(kTcpAck);
    if (fresh_syn || p.t - flow.closed_at > rules.linger) {
      return {true, false, flow.closed_by};
    }
  }
  if (rules.idle.reached(p.t - flow.last)) {
    return {true, false, flow.reason(EndReason::idle)};
  }
  if (rules.active.reached(p.t - flow.first)) {
    return {true, true, flow.reason(EndReason::active)};
  }
  return {};
}

/// The forward side of a flow that starts with p; `before`: the key's flow that `step` ended.
NTA_HD inline std::uint8_t forward_side(FlowEndState const& before, FlowStep const& step,
                                        FlowPacket const& p, Rules const& rules) {
  if (step.continues && rules.continuation == Continuation::inherit) {
    return before.forward;
  }
  bool const answer = p.has(kTcpSyn | kTcpAck) && rules.direction == DirectionRule::synack_swap;
  return answer ? static_cast<std::uint8_t>(p.side ^ 1) : p.side;
}

/// A flow's packet, the first one included: close_linger closes at the first RST, or at the FIN
/// that makes both sides have sent one.
NTA_HD inline void advance(FlowEndState& flow, FlowPacket const& p, Rules const& rules) {
  if (!flow.open()) {
    flow.first = p.t;
  }
  flow.last = p.t;
  if (rules.tcp_end != TcpEndRule::close_linger) {
    return;
  }
  if (p.has(kTcpFin)) {
    flow.fin_sides = static_cast<std::uint8_t>(flow.fin_sides | (1U << p.side));
  }
  if (flow.closed_by != EndReason::none) {
    return;
  }
  if (p.has(kTcpRst)) {
    flow.closed_by = EndReason::tcp_rst;
  } else if (flow.fin_sides == 3) {
    flow.closed_by = EndReason::tcp_fin;
  } else {
    return;
  }
  flow.closed_at = p.t;
}

/// The state of the flow that p starts.
NTA_HD inline FlowEndState begin(FlowEndState const& before, FlowStep const& step,
                                 FlowPacket const& p, Rules const& rules) {
  FlowEndState flow;
  flow.forward = forward_side(before, step, p, rules);
  advance(flow, p, rules);
  return flow;
}

}  // namespace nta
