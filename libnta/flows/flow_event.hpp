// The packets that may do more than join their key's open flow, by the rule of flow_end.hpp: what
// lies between two of them needs no look one by one (kernels/segment_long.hpp).
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// May a packet that comes after one at `before`, which is in the key's open flow, do more than
/// join it, but because decide() has the next flow start whatever the packet is?
NTA_HD inline bool is_event(FlowPacket const& p, std::int64_t before, Rules const& rules) {
  bool const flags = !p.lacks(kTcpFin | kTcpSyn | kTcpRst);
  bool const cic_icmp = rules.tcp_end == TcpEndRule::cic_fixed && is_icmp(p.protocol);
  return flags || p.one_sided || cic_icmp || p.t < before || rules.idle.reached(p.t - before);
}
/// And does it hold for the flow as it stands? After both FINs any ACK closes it.
NTA_HD inline bool joins_until_event(FlowEndState const& flow) {
  return flow.fin_stage != FinStage::both || flow.closed();
}

}  // namespace nta
