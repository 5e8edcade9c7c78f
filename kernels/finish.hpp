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

/// Folded states to cells, feature after feature: feature k of row r is cells[k * n_rows + r].
/// Reads the state, writes 8 B a feature.
template <class Set>
struct FinishRow {
  typename Set::State* state;
  std::uint32_t const* part_first;  // row i's state is that of its flow's first part
  std::size_t row_before;           // rows before the first of these
  std::uint8_t const* mark;
  std::uint32_t const* first;  // [flows + 1]
  std::uint32_t const* order;  // [rows]
  FeatureCell* cells;
  std::size_t n_rows;
  Rules rules;
  NTA_HD void operator()(std::size_t i) const {
    auto& whole = state[part_first[i]];
    whole.forward = (mark[first[order[row_before + i]]] & kMarkForwardB) != 0 ? 1 : 0;
    Set::Features::finish(whole, rules, cells + row_before + i, n_rows);
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
  std::uint32_t const* order;  // [rows]
  SequencePointers out;        // [rows, n]
  std::uint16_t* count;        // [rows]

  NTA_HD void operator()(std::size_t r) const {
    std::size_t const n = static_cast<std::size_t>(spec.n);
    std::size_t const at = r * n;
    std::uint32_t const f = order[r];
    std::uint8_t const forward = (mark[first[f]] & kMarkForwardB) != 0 ? 1 : 0;
    std::int64_t previous = kNoTime;
    std::size_t k = 0;
    BaseWalk walk(bases, rows.row[first[f]]);
    for (std::size_t i = first[f]; i < first[f + 1] && k < n; ++i) {
      if (rows.packet[i].left_out) {
        continue;
      }
      walk.to(bases, rows.row[i], [&](TimeShift shift) { previous = shifted(previous, shift); });
      FlowPacket const& p = rows.packet[i];
      if (!in_sequence(p, spec)) {
        continue;
      }
      write_cell(out, at + k, sequence_cell(p, previous, spec, rules), forward);
      previous = p.t;
      ++k;
    }
    count[r] = static_cast<std::uint16_t>(k);
    for (; k < n; ++k) {
      write_padding(out, at + k);
    }
  }
};

}  // namespace nta
