// What the columns of set `cic76` read from a flow: a side, both sides, and whose variant holds.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/cic_state.hpp"
#include "libnta/flows/features/formula.hpp"

#include <cstdint>

namespace nta {

NTA_HD inline int side_number(CicState const& f, FlowPart part) {
  return part == FlowPart::fwd ? f.forward : f.forward ^ 1;
}
NTA_HD inline CicSide const& side_of(CicState const& f, FlowPart part) {
  return f.side[side_number(f, part)];
}

/// A count of one side, or of both.
NTA_HD inline std::uint64_t total(CicState const& f, FlowPart part,
                                  std::uint64_t CicSide::*member) {
  return part == FlowPart::flow ? f.side[0].*member + f.side[1].*member : side_of(f, part).*member;
}

NTA_HD inline bool is_original(Rules const& rules) {
  return rules.cic_formulas == CicFormulas::original;
}
NTA_HD inline bool is_corrected(Rules const& rules) {
  return rules.cic_formulas == CicFormulas::corrected;
}

/// Payload lengths of packets: all that mean, deviation and extremes need.
struct LengthStats {
  std::uint64_t n = 0, sum = 0;
  SizeStats spread;
};
NTA_HD inline LengthStats lengths(CicState const& f, FlowPart part) {
  LengthStats all{total(f, part, &CicSide::packets), total(f, part, &CicSide::payload_bytes), {}};
  if (part == FlowPart::flow) {
    all.spread = f.side[0].payload_len;
    all.spread.merge(f.side[1].payload_len);
  } else {
    all.spread = side_of(f, part).payload_len;
  }
  return all;
}
/// The flow's, where the original tool counts the first packet twice.
NTA_HD inline LengthStats lengths_of_flow(CicState const& f, Rules const& rules) {
  LengthStats all = lengths(f, FlowPart::flow);
  if (is_original(rules)) {
    all.n += 1;
    all.sum += f.first.payload_bytes;
    all.spread.add(f.first.payload_bytes);
  }
  return all;
}
NTA_HD inline LengthStats lengths_in(CicState const& f, FlowPart part, Rules const& rules) {
  return part == FlowPart::flow ? lengths_of_flow(f, rules) : lengths(f, part);
}

NTA_HD inline Timeline const& timeline(CicState const& f, FlowPart part) {
  return part == FlowPart::flow ? f.time : side_of(f, part).time;
}
/// One less than the packets.
NTA_HD inline std::uint64_t gap_count(CicState const& f, FlowPart part) {
  std::uint64_t const packets = total(f, part, &CicSide::packets);
  return packets > 0 ? packets - 1 : 0;
}

/// x / y without its fraction, as that tool's integers give it.
NTA_HD inline double whole_ratio(std::uint64_t x, std::uint64_t y) {
  return y == 0 ? 0.0 : to_double(x / y);
}

}  // namespace nta
