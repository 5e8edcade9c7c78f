// The runs of keys with very many packets: cut side by side into parts that list the few packets
// which may do more than join the key's open flow (flow_event.hpp), then walked from event
// to event. What is between joins as a whole, but where a flow is due: closed, or too old. The
// first such packet is searched, as times ascend there. Bits are SegmentRun's. For tables of one
// base.
#pragma once

#include "kernels/fold.hpp"
#include "kernels/parts.hpp"
#include "kernels/segment.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_event.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

/// Latest time in each part of a run: what the clock of order monotone_key has seen by its end.
template <class Rows>
struct ClockOfPart {
  Rows rows;
  RowRange const* part;
  std::int64_t* clock;  // [parts]
  NTA_HD void operator()(std::size_t k) const {
    std::int64_t latest = kNoTime;
    for (std::size_t i = part[k].first; i < part[k].last; ++i) {
      rows.fetch_after(i);
      std::int64_t const t = rows.at(i).t;
      latest = t > latest ? t : latest;
    }
    clock[k] = latest;
  }
};
template <class Rows>
ClockOfPart(Rows, RowRange const*, std::int64_t*) -> ClockOfPart<Rows>;

/// The clock before each part, in place; one call a run.
struct ScanClocks {
  std::uint32_t const* run_part;  // [runs + 1]
  std::int64_t* clock;
  NTA_HD void operator()(std::size_t run) const {
    std::int64_t before = kNoTime;
    for (std::uint32_t k = run_part[run]; k < run_part[run + 1]; ++k) {
      std::int64_t const here = clock[k];
      clock[k] = before;
      before = here > before ? here : before;
    }
  }
};

/// Applies the clock rule, marks all rows as members of a flow, lists events. Reads 36 B, writes a
/// mark a packet, and 4 B an event.
template <class Rows, class Marks>
struct FindEvents {
  Rows rows;
  Rules rules;
  RowRange const* part;
  std::int64_t const* clock;  // before each part; null unless monotone_key
  std::uint32_t part_rows;
  Marks mark;
  std::uint32_t* event;     // part_rows for each part
  std::uint32_t* n_events;  // [parts]
  NTA_HD void operator()(std::size_t k) const {
    std::uint32_t const first = part[k].first;
    bool const begins = part[k].number == 0;
    std::int64_t before = clock != nullptr ? clock[k] : begins ? kNoTime : rows.at(first - 1).t;
    std::uint32_t* const to = event + k * part_rows;
    std::uint32_t n = 0;
    for (std::uint32_t i = first; i < part[k].last; ++i) {
      rows.fetch_after(i);
      FlowPacket p = rows.at(i);
      if (clock != nullptr && p.t < before) {
        p.t = before;
        rows.set_time(i, before);
      }
      mark[i] = 0;
      if ((begins && i == first) || is_event(p, before, rules)) {
        to[n++] = i;
      }
      before = p.t;
    }
    n_events[k] = n;
  }
};

/// One run of many parts, from event to event. Reads a packet and writes a mark an event.
template <class Rows, class Marks>
struct SegmentLongRun {
  SegmentRunOf<false, Rows, std::uint32_t const*, Marks> walk;
  RowRange const* part;
  std::uint32_t const* run_part;  // [runs + 1]
  std::uint32_t part_rows;
  std::uint32_t const *event, *n_events;

  NTA_HD void operator()(std::size_t run) const {
    std::uint32_t k = run_part[run], in_part = 0;
    std::uint32_t const end = run_part[run + 1];
    std::uint32_t const last = part[end - 1].last;
    FlowEndState flow;
    typename decltype(walk)::Open open;
    for (std::uint32_t i = part[k].first; i < last;) {
      FlowPacket p = walk.rows.at(i);
      bool const counted = walk.step(flow, open, p, i);
      ++i;
      std::uint32_t const next = next_event(k, in_part, end, i, last);
      if (i == next || !counted || !joins_until_event(flow)) {
        continue;
      }
      std::uint32_t const due = first_due(flow, i, next);
      if (due > i) {
        flow.last = walk.rows.at(due - 1).t;
        open.many = true;
        open.last = due - 1;
        i = due;
      }
    }
    walk.end(open, flow.reason(EndReason::eof));
  }

 private:
  /// The first event from row i on; (k, in_part) moves to it.
  NTA_HD std::uint32_t next_event(std::uint32_t& k, std::uint32_t& in_part, std::uint32_t end,
                                  std::uint32_t i, std::uint32_t last) const {
    for (; k < end; ++k, in_part = 0) {
      for (; in_part < n_events[k]; ++in_part) {
        std::uint32_t const row = event[std::size_t{k} * part_rows + in_part];
        if (row >= i) {
          return row;
        }
      }
    }
    return last;
  }
  /// The first row in [i, end), all of them no events, that starts a flow; `end` if none.
  NTA_HD std::uint32_t first_due(FlowEndState const& flow, std::uint32_t i,
                                 std::uint32_t end) const {
    if (!is_due(flow, end - 1)) {
      return end;
    }
    std::uint32_t high = end - 1;
    while (i < high) {
      std::uint32_t const middle = i + (high - i) / 2;
      if (is_due(flow, middle)) {
        high = middle;
      } else {
        i = middle + 1;
      }
    }
    return high;
  }
  NTA_HD bool is_due(FlowEndState flow, std::uint32_t i) const {
    FlowPacket const p = walk.rows.at(i);
    flow.last = p.t;  // no idle time before it: the packet there is no event
    return decide(flow, p, walk.rules).starts_flow;
  }
};

/// Is run i one of those? For whoever collects them; SegmentRun leaves them out.
template <class Firsts>
struct IsLongRun {
  Firsts run_first;  // [runs + 1]
  std::uint32_t long_rows;
  // 64 bits: run + 1 cannot wrap, so that CUB's kernel keeps one address a run and spills none.
  NTA_HD bool operator()(std::uint64_t run) const {
    return run_first[run + 1] - run_first[run] > long_rows;
  }
};
template <class Firsts>
IsLongRun(Firsts, std::uint32_t) -> IsLongRun<Firsts>;

}  // namespace nta
