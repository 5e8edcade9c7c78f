// Where flows start: each key's packets are walked by the one rule of flow_end.hpp. The clock rule
// is applied on the way, so that what comes later sees final times.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/group.hpp"
#include "kernels/segment_mark.hpp"
#include "kernels/time_bases.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/rules.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

/// One key's run: marks every row, sets packet times by the clock rule. Reads 44 B, writes 9 B a
/// packet. Reference: StreamMeter (tests/kernels/bulk_meter_test.cpp).
struct SegmentRun {
  GroupedRows rows;
  std::uint32_t const* run_first;  // [runs]
  std::size_t n_runs, n_rows;
  std::uint8_t* mark;
  TimeBases bases;
  Rules rules;

  NTA_HD void operator()(std::size_t run) const {
    std::uint32_t const first = run_first[run];
    std::size_t const last = run + 1 < n_runs ? run_first[run + 1] : n_rows;
    bool const monotone = rules.order == PacketOrder::monotone_key;
    FlowEndState flow;
    std::int64_t clock = kNoTime;
    BaseWalk walk(bases, rows.row[first]);
    for (std::size_t i = first; i < last; ++i) {
      walk.to(bases, rows.row[i], [&](TimeShift shift) {
        flow.rebase(shift);
        clock = shifted(clock, shift);
      });
      FlowPacket p = rows.packet[i];
      if (monotone) {
        clock = p.t > clock ? p.t : clock;
        p.t = clock;
        rows.packet[i].t = clock;
      }
      mark[i] = step(flow, p, i);
    }
    end_at(last - 1, flow.reason(EndReason::eof));
  }

 private:
  NTA_HD std::uint8_t step(FlowEndState& flow, FlowPacket const& p, std::size_t i) const {
    FlowStep const step = decide(flow, p, rules);
    if (!step.starts_flow) {
      advance(flow, p, rules);
      return 0;
    }
    if (flow.open()) {
      end_at(i - 1, step.ended);
    }
    flow = begin(flow, step, p, rules);
    return static_cast<std::uint8_t>(kMarkStart | (step.continues ? kMarkContinues : 0) |
                                     (flow.forward != 0 ? kMarkForwardB : 0));
  }
  NTA_HD void end_at(std::size_t i, EndReason reason) const {
    mark[i] =
        static_cast<std::uint8_t>(mark[i] | static_cast<unsigned>(reason) << kMarkReasonShift);
  }
};

struct StartsFlow {
  std::uint8_t const* mark;
  NTA_HD bool operator()(std::uint32_t i) const { return (mark[i] & kMarkStart) != 0; }
};

/// Flow f is rows [first[f], first[f + 1]) of the grouped packets.
struct DescribeFlow {
  GroupedRows rows;
  std::uint8_t const* mark;
  std::uint32_t const* first;  // [flows + 1]
  FlowCut* cut;
  NTA_HD void operator()(std::size_t f) const {
    std::uint32_t const begin = first[f];
    std::uint32_t const last = first[f + 1] - 1;
    cut[f].first_t = rows.packet[begin].t;
    cut[f].first_row = rows.row[begin];
    cut[f].last_row = rows.row[last];
    cut[f].mark = mark[begin];
    cut[f].end_reason = static_cast<std::uint8_t>(mark[last] >> kMarkReasonShift);
  }
};

}  // namespace nta
