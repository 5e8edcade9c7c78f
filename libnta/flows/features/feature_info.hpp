// What the features of set `nta` read from a flow: a side, or both sides together.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/features/formula.hpp"
#include "libnta/flows/flow_state.hpp"

#include <cstdint>

namespace nta {

/// The side that a part means; parts of the flow have no side.
NTA_HD inline SideState const& side_of(FlowState const& f, FlowPart part) {
  return f.side[part == FlowPart::fwd ? f.forward : f.forward ^ 1];
}

/// A count of one side, or of both.
NTA_HD inline std::uint64_t total(FlowState const& f, FlowPart part,
                                  std::uint64_t Counts::*member) {
  if (part == FlowPart::flow) {
    return f.side[0].count.*member + f.side[1].count.*member;
  }
  return side_of(f, part).count.*member;
}

NTA_HD inline SizeStats size_stats(FlowState const& f, FlowPart part,
                                   SizeStats SideState::*member) {
  if (part != FlowPart::flow) {
    return side_of(f, part).*member;
  }
  SizeStats both = f.side[0].*member;
  both.merge(f.side[1].*member);
  return both;
}

NTA_HD inline Timeline const& timeline(FlowState const& f, FlowPart part) {
  return part == FlowPart::flow ? f.time : side_of(f, part).time;
}

}  // namespace nta
