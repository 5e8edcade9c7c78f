// One key's packets through the sequential rule, as a meter walks them: flows, ends, sides.
#pragma once

#include "libnta/flows/flow_end.hpp"
#include "tests/flows/traffic.hpp"

#include <string>
#include <vector>

namespace nta::test {

struct Walked {
  std::size_t first = 0;  // packet number
  EndReason reason = EndReason::none;
  bool continues = false;
  std::uint8_t forward = 0;
  std::string sides;                  // f or b, a letter a packet
  std::vector<std::size_t> left_out;  // packet numbers
};

/// Flows of one key's packets, as a meter walks them.
inline std::vector<Walked> walk(std::vector<FlowPacket> packets, Rules const& rules = nta_rules()) {
  std::vector<Walked> flows;
  FlowEndState open;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    FlowStep const step = take_packet(open, packets[i], rules);
    if (step.left_out) {
      flows.back().left_out.push_back(i);
      continue;
    }
    if (step.starts_flow) {
      if (step.ended != EndReason::none) {
        flows.back().reason = step.ended;
      }
      flows.push_back({i, EndReason::none, step.continues, open.forward, "", {}});
    }
    flows.back().sides += packets[i].side == open.forward ? 'f' : 'b';
  }
  if (open.open()) {
    flows.back().reason = open.reason(EndReason::eof);
  }
  return flows;
}

inline FlowPacket udp(std::int64_t t, std::uint8_t side = 0) {
  FlowPacket p = tcp_packet(t, side, 0, 10);
  p.protocol = kProtocolUdp;
  return p;
}

}  // namespace nta::test
