// Grouped packets -> packet sequences. A flow's cells go to its row of the output, so that no order
// but that of first packets ever shows.
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

/// First n packets of a flow. Reads 36 B a packet looked at, writes at most 16 B a cell.
template <class Rows>
struct WriteSequence {
  Rows rows;
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
    BaseWalk walk(bases, rows.row_at(first[f]));
    for (std::size_t i = first[f]; i < first[f + 1] && k < n; ++i) {
      rows.fetch_after(i);
      FlowPacket const& p = rows.at(i);
      if (p.left_out) {
        continue;
      }
      walk.to(bases, rows.row_at(i), [&](TimeShift shift) { previous = shifted(previous, shift); });
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
template <class Rows>
WriteSequence(Rows, TimeBases, Rules, SequenceSpec, std::uint8_t const*, std::uint32_t const*,
              std::uint32_t const*, SequencePointers, std::uint16_t*) -> WriteSequence<Rows>;

}  // namespace nta
