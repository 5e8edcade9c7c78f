// First and last packet and the gaps between (group T of `flows.md` 4.7).
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/int_stats.hpp"

#include <cstdint>

namespace nta {

/// First and last packet and the gaps between: of a side, or of the flow.
struct Timeline {
  GapStats gap;
  std::int64_t first = kNoTime, last = kNoTime;
  NTA_HD void add(std::int64_t t) {
    if (first == kNoTime) {
      first = t;
    } else {
      gap.add(t - last);
    }
    last = t;
  }
  NTA_HD void merge(Timeline const& later) {
    if (later.first == kNoTime) {
      return;
    }
    add(later.first);
    gap.merge(later.gap);
    last = later.last;
  }
  NTA_HD void rebase(TimeShift by) {
    first = shifted(first, by);
    last = shifted(last, by);
  }
  NTA_HD std::int64_t duration() const { return first == kNoTime ? 0 : last - first; }
  friend bool operator==(Timeline const&, Timeline const&) = default;
};

}  // namespace nta
