// Where flows start: each key's packets are walked by the one rule of flow_end.hpp. The clock rule
// is applied on the way, so that what comes later sees final times.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/carried_run.hpp"
#include "kernels/group.hpp"
#include "kernels/segment_mark.hpp"
#include "kernels/time_bases.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/rules.hpp"

#include <thrust/count.h>

#include <cstddef>
#include <cstdint>

namespace nta {

/// One key's run: marks every row, sets packet times by the clock rule. Reads 36 B, writes 9 B a
/// packet. Reference: StreamMeter (tests/kernels/bulk_meter_test.cpp).
/// kCarries: keys bring open flows from earlier batches.
template <bool kCarries, class Rows = GroupedRows, class Firsts = std::uint32_t const*,
          class Marks = std::uint8_t*>
struct SegmentRunOf {
  Rows rows;
  Firsts run_first;  // [runs]
  std::size_t n_runs, n_rows;
  Marks mark;
  TimeBases bases;
  Rules rules;
  CarriedRun* carried = nullptr;      // by id
  std::uint32_t const* id = nullptr;  // of the selected rows
  bool keep_open = false;             // a key's last flow does not end
  std::size_t long_rows = SIZE_MAX;   // longer runs are left to SegmentLongRun (segment_long.hpp)

  NTA_HD void operator()(std::size_t run) const {
    std::uint32_t const first = run_first[run];
    std::size_t const last = run + 1 < n_runs ? run_first[run + 1] : n_rows;
#ifndef __CUDA_ARCH__  // a device's runs all have rows
    if (first == last) {
      return;
    }
#endif
    if (last - first > long_rows) {
      return;
    }
    bool const monotone = rules.order == PacketOrder::monotone_key;
    FlowEndState flow;
    std::int64_t clock = kNoTime;
    Open open;
    BaseWalk walk(bases, row_of(first));
    [[maybe_unused]] CarriedRun* const brought =
        kCarries ? carried + id[rows.row_at(first)] : nullptr;
    if constexpr (kCarries) {
      if (brought->end.open()) {
        TimeShift const shift = time_shift(brought->base_s, walk.base_s(bases), bases.unit_ns);
        flow = brought->end;
        flow.rebase(shift);
        clock = shifted(brought->clock, shift);
        open.brought = brought;
        open.many = !brought->single;
      }
    }
    for (std::size_t i = first; i < last; ++i) {
      rows.fetch_after(i);
      walk.to(bases, row_of(i), [&](TimeShift shift) {
        flow.rebase(shift);
        clock = shifted(clock, shift);
      });
      FlowPacket p = rows.at(i);
      if (monotone && p.t < clock) {
        p.t = clock;
        rows.set_time(i, clock);
      }
      clock = p.t;
      step(flow, open, p, i);
    }
    if (!keep_open) {
      end(open, flow.reason(EndReason::eof));
    }
    if constexpr (kCarries) {
      brought->end = flow;
      brought->clock = clock;
      brought->base_s = walk.base_s(bases);
      brought->single = !open.many;
    }
  }

  /// The rows of the open flow; `brought`: it has none in this batch yet. `many`: more than one.
  struct Open {
    std::size_t first = 0, last = 0;
    CarriedRun* brought = nullptr;
    bool many = false;
  };

  /// Whether row i, its run's next, is in a flow; marks it so.
  NTA_HD bool step(FlowEndState& flow, Open& open, FlowPacket& p, std::size_t i) const {
    std::uint8_t const source = p.side;
    FlowStep const step = take_packet(flow, p, rules);
    if (p.side != source) {
      rows.set_side(i, p.side);
    }
    if (step.left_out) {
      mark[i] = kMarkLeftOut;
      rows.leave_out(i);
      return false;
    }
    mark[i] = 0;
    std::uint8_t const forward = flow.forward != 0 ? kMarkForwardB : 0;
    if (step.starts_flow) {
      bool const after_brought = step.continues && open.brought != nullptr;
      if (step.ended != EndReason::none) {
        end(open, step.ended);
      }
      open = {i, i, nullptr, false};
      mark[i] = static_cast<std::uint8_t>(kMarkStart | (step.continues ? kMarkContinues : 0) |
                                          (after_brought ? kMarkCarried : 0) | forward);
      return true;
    }
    if (open.brought != nullptr) {
      open.brought->fate = CarriedFate::joined;
      open.brought = nullptr;
      open.first = i;
      mark[i] = static_cast<std::uint8_t>(kMarkStart | kMarkCarried | forward);
    }
    open.many = true;
    open.last = i;
    return true;
  }
  /// The open flow ends.
  NTA_HD void end(Open const& open, EndReason reason) const {
    bool const drop = rules.singles == Singles::drop && !open.many;
    if (open.brought != nullptr) {
      open.brought->fate = drop ? CarriedFate::dropped : CarriedFate::ended;
      open.brought->ended = reason;
      return;
    }
    if (drop) {
      mark[open.first] = static_cast<std::uint8_t>(mark[open.first] | kMarkSingle);
      rows.leave_out(open.first);
      return;
    }
    mark[open.last] = static_cast<std::uint8_t>(mark[open.last] | static_cast<unsigned>(reason)
                                                                      << kMarkReasonShift);
  }

 private:
  /// With one base nobody asks.
  NTA_HD std::uint32_t row_of(std::size_t i) const {
    return bases.n > 1 ? rows.row_at(i) : 0;
  }
};

using SegmentRun = SegmentRunOf<false>;

template <class Marks>
struct StartsFlow {
  Marks mark;
  NTA_HD bool operator()(std::uint32_t i) const { return (mark[i] & kMarkSingle) == kMarkStart; }
};
template <class Marks>
StartsFlow(Marks) -> StartsFlow<Marks>;

/// Rows that are in no flow, for the accounting: `pattern` is kMarkLeftOut or kMarkSingle.
struct IsLeftOut {
  std::uint8_t pattern;
  NTA_HD bool operator()(std::uint8_t mark) const { return (mark & kMarkSingle) == pattern; }
};

/// Of marks [0, n). Reads 1 B a packet, twice, where rules can leave rows out.
template <class Policy>
LeftOut count_left_out(Policy const& policy, std::uint8_t const* mark, std::size_t n,
                       Rules const& rules) {
  if (!rules.leaves_rows_out()) {
    return {};
  }
  auto const count = [&](std::uint8_t pattern) {
    return static_cast<std::uint64_t>(thrust::count_if(policy, mark, mark + n, IsLeftOut{pattern}));
  };
  return {.late_fin = count(kMarkLeftOut), .single = count(kMarkSingle)};
}

/// Flow f is rows [first[f], first[f + 1]) of the grouped packets.
template <class Rows, class Marks, class Firsts, class Cuts>
struct DescribeFlow {
  Rows rows;
  Marks mark;
  Firsts first;  // [flows + 1]
  Cuts cut;
  std::size_t n_flows = 0;  // that may be asked for early
  NTA_HD void operator()(std::size_t f) const {
    if constexpr (requires(std::size_t i) { rows.fetch(i); }) {
      constexpr std::size_t kAhead = 16;
      if (f + kAhead < n_flows) {
        rows.fetch(first[f + kAhead]);
      }
    }
    std::uint32_t const begin = first[f];
    std::uint32_t last = first[f + 1] - 1;
    while ((mark[last] & kMarkLeftOut) != 0) {
      --last;
    }
    FlowCut out;
    out.first_t = rows.at(begin).t;
    out.first_row = rows.row_at(begin);
    out.last_row = rows.row_at(last);
    out.mark = mark[begin];
    if ((out.mark & kMarkContinues) != 0 && begin > 0) {
      bool const after_single = (mark[begin - 1] & kMarkSingle) == kMarkSingle;
      out.before_row = rows.row_at(after_single || f == 0 ? begin - 1 : first[f - 1]);
    }
    out.end_reason = static_cast<std::uint8_t>((mark[last] >> kMarkReasonShift) & kMarkReasonMask);
    cut[f] = out;
  }
};
template <class Rows, class Marks, class Firsts, class Cuts>
DescribeFlow(Rows, Marks, Firsts, Cuts, std::size_t = 0) -> DescribeFlow<Rows, Marks, Firsts, Cuts>;

}  // namespace nta
