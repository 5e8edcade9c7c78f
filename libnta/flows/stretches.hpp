// Stretches of activity and the idle gaps between them as exact statistics: group A of `flows.md`
// 4.7 for sets that publish mean, deviation and extremes of both.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/int_stats.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// Positive times in the profile's unit. The sum saturates: a capture whose clock leaps to and fro
/// over centuries must not wrap it.
struct TimeStats {
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  GapStats spread;
  NTA_HD void add(std::int64_t t) {
    count += 1;
    sum = add_saturating(sum, t);
    spread.add(t);
  }
  NTA_HD void merge(TimeStats const& other) {
    count += other.count;
    sum = add_saturating(sum, other.sum);
    spread.merge(other.spread);
  }
  friend bool operator==(TimeStats const&, TimeStats const&) = default;
};

/// With idle gaps: the stretches [first, head_last], ..., [tail_first, last]; what lies between is
/// closed. Without: the flow is one stretch.
struct Stretches {
  std::uint64_t subflow_gaps = 0;
  TimeStats idle, closed;
  std::int64_t head_last = 0, tail_first = 0;

  /// The gap before a packet at `t`; `last` = the time of the packet before it.
  NTA_HD void add_gap(std::int64_t last, std::int64_t t, Rules const& rules) {
    std::int64_t const gap = t - last;
    subflow_gaps += gap > rules.subflow_gap ? 1 : 0;
    if (gap <= rules.idle_gap) {
      return;
    }
    if (idle.count == 0) {
      head_last = last;
    } else {
      add_stretch(closed, tail_first, last);
    }
    tail_first = t;
    idle.add(gap);
  }

  /// The gap between the parts is already here (add_gap at later's first packet), so the last
  /// stretch here is the one that later's head goes on with.
  NTA_HD void merge(Stretches const& later) {
    if (later.idle.count > 0) {
      if (idle.count == 0) {
        head_last = later.head_last;
      } else {
        add_stretch(closed, tail_first, later.head_last);
      }
      tail_first = later.tail_first;
    }
    closed.merge(later.closed);
    idle.merge(later.idle);
    subflow_gaps += later.subflow_gaps;
  }

  /// All stretches of a flow from `first` to `last`; the one that `last` ends is optional.
  NTA_HD TimeStats active(std::int64_t first, std::int64_t last, bool with_last) const {
    TimeStats all = closed;
    if (idle.count > 0) {
      add_stretch(all, first, head_last);
    }
    if (with_last) {
      add_stretch(all, idle.count > 0 ? tail_first : first, last);
    }
    return all;
  }

  NTA_HD void rebase(TimeShift by) {
    if (idle.count > 0) {
      head_last = shifted(head_last, by);
      tail_first = shifted(tail_first, by);
    }
  }

  friend bool operator==(Stretches const&, Stretches const&) = default;

 private:
  /// A single packet between two idle gaps is no stretch.
  NTA_HD static void add_stretch(TimeStats& stats, std::int64_t first, std::int64_t last) {
    if (last > first) {
      stats.add(last - first);
    }
  }
};

}  // namespace nta
