// Stretches of activity and the idle gaps between them (group A of `flows.md` 4.7).
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// Stretches of activity between idle gaps. With idle_count > 0: [first, head_last], ...,
/// [tail_first, last]; what lies between is closed.
struct Activity {
  std::uint64_t subflow_gaps = 0, idle_count = 0;
  std::int64_t idle_sum = 0, idle_max = 0;  // the sum saturates, see TimeStats
  std::int64_t closed_max = 0;              // longest closed stretch
  std::int64_t head_last = 0, tail_first = 0;
  friend bool operator==(Activity const&, Activity const&) = default;
};

namespace flow_state_detail {

/// The gap before a packet at `t`; `last` = the time of the packet before it.
NTA_HD inline void add_gap(Activity& a, std::int64_t last, std::int64_t t, Rules const& rules) {
  std::int64_t const gap = t - last;
  a.subflow_gaps += gap > rules.subflow_gap ? 1 : 0;
  if (gap <= rules.idle_gap) {
    return;
  }
  if (a.idle_count == 0) {
    a.head_last = last;
  } else if (last - a.tail_first > a.closed_max) {
    a.closed_max = last - a.tail_first;
  }
  a.tail_first = t;
  a.idle_count += 1;
  a.idle_sum = add_saturating(a.idle_sum, gap);
  a.idle_max = gap > a.idle_max ? gap : a.idle_max;
}

/// x's and y's stretches. The gap between the parts is already in x (add_gap at y's first packet),
/// so x's last stretch is the one that y's head goes on with.
NTA_HD inline void merge_activity(Activity& x, Activity const& y) {
  if (y.idle_count > 0) {
    if (x.idle_count == 0) {
      x.head_last = y.head_last;
    } else if (y.head_last - x.tail_first > x.closed_max) {
      x.closed_max = y.head_last - x.tail_first;
    }
    x.tail_first = y.tail_first;
    x.closed_max = y.closed_max > x.closed_max ? y.closed_max : x.closed_max;
  }
  x.subflow_gaps += y.subflow_gaps;
  x.idle_count += y.idle_count;
  x.idle_sum = add_saturating(x.idle_sum, y.idle_sum);
  x.idle_max = y.idle_max > x.idle_max ? y.idle_max : x.idle_max;
}

}  // namespace flow_state_detail

}  // namespace nta
