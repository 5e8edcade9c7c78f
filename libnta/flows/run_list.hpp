// Runs of payload packets in one direction (bulks and bursts) as a list that grows at both ends:
// only the first and the last run can still be joined by a neighbouring part, all others are summed
// up.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/rules.hpp"

#include <cstdint>

namespace nta {

/// Consecutive packets with payload in one direction, no gap beyond Rules::bulk_gap; a run of
/// bulk_min_packets is a bulk.
struct BulkRun {
  struct Total {
    std::uint64_t count = 0, bytes = 0;
    std::int64_t duration = 0;  // sum of last - first, in the unit
    friend bool operator==(Total const&, Total const&) = default;
  };
  std::int64_t first = 0, last = 0;
  std::uint64_t packets = 0, bytes = 0;
  std::uint8_t side = 0;

  NTA_HD bool joins(BulkRun const& later, Rules const& rules) const {
    return side == later.side && later.first - last <= rules.bulk_gap;
  }
  NTA_HD void join(BulkRun const& later) {
    last = later.last;
    packets += later.packets;
    bytes += later.bytes;
  }
  NTA_HD void close_into(Total& total, Rules const& rules) const {
    if (packets < rules.bulk_min_packets) {
      return;
    }
    total.count += 1;
    total.bytes += bytes;
    add_duration(total, last - first);
  }
  NTA_HD void shift(TimeShift by) {
    first = shifted(first, by);
    last = shifted(last, by);
  }
  NTA_HD static void combine(Total& total, Total const& other) {
    total.count += other.count;
    total.bytes += other.bytes;
    add_duration(total, other.duration);
  }
  friend bool operator==(BulkRun const&, BulkRun const&) = default;

 private:
  /// Modulo 2^64: durations may be negative in capture order, and only so are parts of a flow equal
  /// to its whole whatever the cut. The sum is exact if it fits.
  NTA_HD static void add_duration(Total& total, std::int64_t duration) {
    total.duration = static_cast<std::int64_t>(static_cast<std::uint64_t>(total.duration) +
                                               static_cast<std::uint64_t>(duration));
  }
};

/// The same without the gap limit and the minimum: what one side said before the other answered.
struct BurstRun {
  struct Total {
    std::uint64_t count = 0, bytes = 0, bytes_max = 0;
    friend bool operator==(Total const&, Total const&) = default;
  };
  std::uint64_t bytes = 0;
  std::uint8_t side = 0;

  NTA_HD bool joins(BurstRun const& later, Rules const&) const { return side == later.side; }
  NTA_HD void join(BurstRun const& later) { bytes += later.bytes; }
  NTA_HD void close_into(Total& total, Rules const&) const {
    total.count += 1;
    total.bytes += bytes;
    total.bytes_max = bytes > total.bytes_max ? bytes : total.bytes_max;
  }
  NTA_HD static void combine(Total& total, Total const& other) {
    total.count += other.count;
    total.bytes += other.bytes;
    total.bytes_max = other.bytes_max > total.bytes_max ? other.bytes_max : total.bytes_max;
  }
  friend bool operator==(BurstRun const&, BurstRun const&) = default;
};

template <class Run>
struct RunList {
  using Total = typename Run::Total;
  Run head, tail;      // tail only if n == 2
  Total closed[2];     // by side: the runs between head and tail
  std::uint8_t n = 0;  // 0, 1, or 2 for two and more

  NTA_HD void append(Run const& run, Rules const& rules) {
    if (n == 0) {
      head = run;
      n = 1;
      return;
    }
    Run& end = n == 1 ? head : tail;
    if (end.joins(run, rules)) {
      end.join(run);
      return;
    }
    if (n == 2) {
      tail.close_into(closed[tail.side], rules);
    }
    tail = run;
    n = 2;
  }

  NTA_HD void merge(RunList const& later, Rules const& rules) {
    if (later.n == 0) {
      return;
    }
    append(later.head, rules);
    if (later.n == 1) {
      return;
    }
    // What now ends this list has a right neighbour: it closes unless it is this list's head.
    if (n == 2) {
      tail.close_into(closed[tail.side], rules);
    }
    Run::combine(closed[0], later.closed[0]);
    Run::combine(closed[1], later.closed[1]);
    tail = later.tail;
    n = 2;
  }

  NTA_HD Total total(int side, Rules const& rules) const {
    Total sum = closed[side];
    if (n >= 1 && head.side == side) {
      head.close_into(sum, rules);
    }
    if (n == 2 && tail.side == side) {
      tail.close_into(sum, rules);
    }
    return sum;
  }

  NTA_HD void rebase(TimeShift by) {
    if (n >= 1) {
      head.shift(by);
    }
    if (n == 2) {
      tail.shift(by);
    }
  }

  friend bool operator==(RunList const&, RunList const&) = default;
};

}  // namespace nta
