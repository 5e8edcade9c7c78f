// States of a feature set -> feature cells, grouped packets -> packet sequences. A flow's values go
// to its row of the output, so that no order but that of first packets ever shows.
#pragma once

#include "kernels/group.hpp"
#include "kernels/segment.hpp"
#include "kernels/time_bases.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

/// Folded states to cells, feature after feature: feature k of the flow in row r is
/// cells[k * n_flows + r]. Reads the state, writes 8 B a feature.
template <class Set>
struct FinishRow {
  typename Set::State* state;
  std::uint32_t const* part_first;  // flow i's state is that of its first part
  std::size_t flow_before;          // flows before the first of these
  std::uint8_t const* mark;
  std::uint32_t const* first;  // [flows + 1]
  std::uint32_t const* place;  // [flows]
  FeatureCell* cells;
  std::size_t n_flows;
  Rules rules;
  NTA_HD void operator()(std::size_t i) const {
    auto& whole = state[part_first[i]];
    whole.forward = (mark[first[flow_before + i]] & kMarkForwardB) != 0 ? 1 : 0;
    Set::Features::finish(whole, rules, cells + place[flow_before + i], n_flows);
  }
};

/// First n packets of a flow. Reads 44 B a packet looked at, writes at most 16 B a cell.
struct WriteSequence {
  GroupedRows rows;
  TimeBases bases;
  Rules rules;
  SequenceSpec spec;
  std::uint8_t const* mark;
  std::uint32_t const* first;  // [flows + 1]
  std::uint32_t const* place;  // [flows]
  SequencePointers out;        // [flows, n]
  std::uint16_t* count;        // [flows]

  NTA_HD void operator()(std::size_t f) const {
    std::size_t const n = static_cast<std::size_t>(spec.n);
    std::size_t const at = place[f] * n;
    std::uint8_t const forward = (mark[first[f]] & kMarkForwardB) != 0 ? 1 : 0;
    std::int64_t previous = kNoTime;
    std::size_t k = 0;
    BaseWalk walk(bases, rows.row[first[f]]);
    for (std::size_t i = first[f]; i < first[f + 1] && k < n; ++i) {
      walk.to(bases, rows.row[i], [&](TimeShift shift) { previous = shifted(previous, shift); });
      FlowPacket const& p = rows.packet[i];
      if (!in_sequence(p, spec)) {
        continue;
      }
      write_cell(out, at + k, sequence_cell(p, previous, spec, rules), forward);
      previous = p.t;
      ++k;
    }
    count[place[f]] = static_cast<std::uint16_t>(k);
    for (; k < n; ++k) {
      write_padding(out, at + k);
    }
  }
};

}  // namespace nta
