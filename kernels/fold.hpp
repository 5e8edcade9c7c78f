// Grouped packets -> states of a feature set, in place. Short flows are folded whole; long ones in
// parts of equal length, side by side, and merged: see Note [Entry values] in flow_state.hpp.
#pragma once

#include "kernels/group.hpp"
#include "kernels/segment.hpp"
#include "kernels/time_bases.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/rules.hpp"
#include "libnta/flows/seq_track.hpp"

#include <cstddef>
#include <cstdint>
#include <new>

namespace nta {

/// Does a part that is folded apart need to know the sequence numbers before it?
template <class State>
concept HasEntryValues = requires(State state, SeqSpan const& before) {
  state.enter(before, before);
};

/// Rows [first, last) into `state`, which may hold what came before. Reads 36 B a packet (a device,
/// by 8-byte keys, 40, here and elsewhere).
template <class Rows>
struct FoldRowsOf {
  Rows rows;
  TimeBases bases;
  Rules rules;
  template <class State>
  NTA_HD void operator()(State& state, std::size_t first, std::size_t last) const {
    BaseWalk walk(bases, rows.row_at(first));
    for (std::size_t i = first; i < last; ++i) {
      rows.fetch_after(i);
      FlowPacket const& p = rows.at(i);
      if (p.left_out) {
        continue;
      }
      walk.to(bases, rows.row_at(i), [&](TimeShift shift) { state.rebase(shift); });
      state.add(p, rules);
    }
  }
};
using FoldRows = FoldRowsOf<GroupedRows>;

NTA_HD inline std::uint8_t forward_of(std::uint8_t mark) {
  return (mark & kMarkForwardB) != 0 ? 1 : 0;
}

/// A stretch of a flow. Parts of a flow follow each other; `sole`: it has no other.
struct RowRange {
  std::uint32_t first = 0, last = 0;  // rows
  bool sole = false;
  std::uint32_t number = 0, of = 1;  // of the flow's parts
};

/// What a part says about sequence numbers, by side.
struct SidesSpan {
  SeqSpan side[2];
};

/// First pass, for states with entry values: each part's own spans. Reads 36 B a packet.
template <class Rows>
struct SpanOfPart {
  Rows rows;
  RowRange const* part;
  SidesSpan* span;
  NTA_HD void operator()(std::size_t i) const {
    span[i] = SidesSpan{};
    if (part[i].sole) {
      return;
    }
    for (std::size_t k = part[i].first; k < part[i].last; ++k) {
      FlowPacket const& p = rows.at(k);
      if (p.protocol != kProtocolTcp || !p.tcp_header || p.left_out) {
        continue;
      }
      std::int64_t const flags = (p.has(kTcpSyn) ? 1 : 0) + (p.has(kTcpFin) ? 1 : 0);
      // In place: an array of two, indexed by side, would lie on a device thread's stack.
      span[i].side[p.side].merge(
          SeqSpan{0, std::int64_t{p.payload_bytes} + flags, p.seq, p.seq, true});
    }
  }
};
template <class Rows>
SpanOfPart(Rows, RowRange const*, SidesSpan*) -> SpanOfPart<Rows>;

/// Second pass: parts [first[i], first[i + 1]) belong to long flow i; spans become entry values.
struct ScanSpans {
  std::uint32_t const* first;
  SidesSpan* span;
  NTA_HD void operator()(std::size_t i) const {
    SidesSpan before;
    for (std::uint32_t k = first[i]; k < first[i + 1]; ++k) {
      SidesSpan const own = span[k];
      span[k] = before;
      before.side[0].merge(own.side[0]);
      before.side[1].merge(own.side[1]);
    }
  }
};

/// Third pass, where a thread takes a part: each into a state of its own, long ones first. A device
/// takes block_fold.hpp.
template <class State>
struct FoldPart {
  FoldRows fold;
  RowRange const* part;
  std::uint32_t const* order;
  SidesSpan const* entry;  // null for states without entry values
  State* state;
  NTA_HD void operator()(std::size_t k) const {
    std::uint32_t const i = order[k];
    ::new (static_cast<void*>(state + i)) State;  // in place: no copy of it on a thread's stack
    if constexpr (HasEntryValues<State>) {
      state[i].enter(entry[i].side[0], entry[i].side[1]);
    }
    fold(state[i], part[i].first, part[i].last);
  }
};

/// Last pass: a long flow's parts into its first part's state.
template <class State>
struct MergeParts {
  std::uint32_t const* first;
  State* state;
  Rules rules;
  NTA_HD void operator()(std::size_t i) const {
    State& whole = state[first[i]];
    for (std::uint32_t k = first[i] + 1; k < first[i + 1]; ++k) {
      whole.merge(state[k], rules);
    }
  }
};

}  // namespace nta
