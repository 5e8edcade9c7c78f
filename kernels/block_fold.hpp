// A block of threads folds 32 flows at a time: their packets come through shared memory, each once;
// their states stay there; each warp adds one group of accumulators (State::add_group), lane =
// flow, and finishes every 16th feature. The same code runs on a device and, thread by thread, in
// tests.
#pragma once

#include "kernels/fold.hpp"
#include "kernels/packed_packet.hpp"
#include "kernels/segment_mark.hpp"
#include "kernels/time_bases.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_set.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace nta {

inline constexpr int kWarp = 32;
inline constexpr int kBlockFlows = kWarp;  // lane = flow
inline constexpr int kBlockThreads = 512;
inline constexpr int kTileRows = 8;                  // rows of a flow that are fetched at once
inline constexpr int kTileStride = kBlockFlows + 1;  // lanes write into different banks

/// What a block's threads share.
template <class State>
struct BlockMemory {
  PackedPacket tile[kTileRows * kTileStride];
  State state[kBlockFlows];
  std::uint32_t first[kBlockFlows], last[kBlockFlows];  // rows to fold
  BaseWalk walk[kBlockFlows];
};
/// 48 KiB are there without asking.
template <class State>
inline constexpr bool kFitsBlock = sizeof(BlockMemory<State>) <= 48 * 1024;

/// One thread of a block. The block's threads call begin; load, fold for each round; end: with a
/// barrier after each. Job says which rows a flow has and what becomes of its state.
template <class Job>
class BlockThread {
  using State = typename Job::State;

 public:
  NTA_HD BlockThread(Job const& job, BlockMemory<State>& memory, std::uint32_t block, int thread)
      : job_(job), memory_(memory), item_(block * kBlockFlows), thread_(thread) {}

  NTA_HD void begin() {
    if (warp() != 0) {
      return;
    }
    memory_.first[lane()] = memory_.last[lane()] = 0;
    if (item() < job_.n) {
      auto* const state = ::new (static_cast<void*>(memory_.state + lane())) State;
      job_.open(item(), *state, memory_.first[lane()], memory_.last[lane()]);
    }
  }
  NTA_HD std::uint32_t rounds() const {
    std::uint32_t most = 0;
    for (int i = 0; i < kBlockFlows; ++i) {
      std::uint32_t const rows = memory_.last[i] - memory_.first[i];
      most = rows > most ? rows : most;
    }
    return (most + kTileRows - 1) / kTileRows;
  }
  NTA_HD void load(std::uint32_t round) const {
    int const slot = thread_ / kTileRows, k = thread_ % kTileRows;
    if (slot >= kBlockFlows) {
      return;
    }
    std::uint32_t const i = memory_.first[slot] + round * kTileRows + static_cast<std::uint32_t>(k);
    if (i < memory_.last[slot]) {
      memory_.tile[k * kTileStride + slot] = job_.rows.packed(i);
    }
  }
  NTA_HD void fold(std::uint32_t round) {
    // Where the base of time changes, a state moves as a whole: one warp adds all its groups.
    bool const alone = job_.bases.n > 1;
    int const group = alone ? 0 : warp();
    int const end_group = alone ? (warp() == 0 ? State::kGroups : 0) : warp() + 1;
    if (group >= State::kGroups || group >= end_group) {
      return;
    }
    std::uint32_t i = memory_.first[lane()] + round * kTileRows;
    if (i >= memory_.last[lane()]) {
      return;
    }
    if (alone && round == 0) {
      memory_.walk[lane()] = BaseWalk(job_.bases, job_.rows.row_at(i));
    }
    State& state = memory_.state[lane()];
    PackedPacket const* next = memory_.tile + lane();
    std::uint32_t const last = memory_.last[lane()];
    for (std::uint32_t const stop = last - i < kTileRows ? last : i + kTileRows; i < stop; ++i) {
      FlowPacket const p = unpack(*next);
      next += kTileStride;
      if (p.left_out) {
        continue;
      }
      if (alone) {
        memory_.walk[lane()].to(job_.bases, job_.rows.row_at(i),
                                [&](TimeShift shift) { state.rebase(shift); });
      }
      for (int g = group; g < end_group; ++g) {
        add(state, g, p, std::make_integer_sequence<int, State::kGroups>());
      }
    }
  }
  NTA_HD void end() const { job_.close(memory_.state, item_, warp(), lane()); }

 private:
  NTA_HD int warp() const { return thread_ / kWarp; }
  NTA_HD int lane() const { return thread_ % kWarp; }
  NTA_HD std::size_t item() const { return std::size_t{item_} + static_cast<std::size_t>(lane()); }
  template <int... kGroup>
  NTA_HD void add(State& state, int group, FlowPacket const& p,
                  std::integer_sequence<int, kGroup...>) const {
    ((group == kGroup ? state.template add_group<kGroup>(p, job_.rules) : void()), ...);
  }

  Job const& job_;
  BlockMemory<State>& memory_;
  std::uint32_t item_;  // of lane 0
  int thread_;
};

/// Parts of long flows into states of their own. Reads 40 B a packet and writes a state a part.
template <class FoldedState, class Rows>
struct FoldParts {
  using State = FoldedState;
  std::size_t n;
  Rows rows;
  TimeBases bases;
  Rules rules;
  RowRange const* part;
  SidesSpan const* entry;  // for states with entry values
  State* folded;

  NTA_HD void open(std::size_t i, State& state, std::uint32_t& first, std::uint32_t& last) const {
    first = part[i].first;
    last = part[i].last;
    if constexpr (HasEntryValues<State>) {
      state.enter(entry[i].side[0], entry[i].side[1]);
    }
  }
  NTA_HD void close(State const* state, std::size_t item, int warp, int lane) const {
    std::size_t const left = n - item;
    std::size_t const flows = left < kBlockFlows ? left : kBlockFlows;
    auto const* const from = reinterpret_cast<unsigned char const*>(state);
    auto* const to = reinterpret_cast<unsigned char*>(folded + item);
    constexpr std::size_t kWord = 8;
    auto const thread = static_cast<std::size_t>(warp * kWarp + lane);
    for (std::size_t b = thread * kWord; b < flows * sizeof(State); b += kBlockThreads * kWord) {
      memcpy(to + b, from + b, kWord);
    }
  }
};

/// Flows to their rows of the output: folded here, or by FoldParts where they are long. Reads 40 B
/// a packet, writes 8 B a feature that is asked for.
template <class Set, class Rows, class Marks, class Words, class Cells>
struct FinishRows {
  using State = typename Set::State;
  std::size_t n;  // rows of the output from row_before on
  Rows rows;
  TimeBases bases;
  Rules rules;
  std::size_t row_before;
  Marks mark;
  Words first;                                // [flows + 1]
  Words order;                                // flow of each row
  std::uint32_t const *long_row, *long_part;  // rows of long flows, ascending; their first parts
  std::size_t n_long;
  State const* long_state;
  std::int32_t const* column;  // by feature; < 0: not asked for
  Cells cells;
  std::size_t n_rows;  // length of a column

  NTA_HD void open(std::size_t i, State& state, std::uint32_t& begin, std::uint32_t& end) const {
    std::size_t const row = row_before + i;
    std::uint32_t const flow = order[row];
    begin = end = first[flow];
    std::size_t low = 0;
    for (std::size_t high = n_long; low < high;) {
      std::size_t const middle = (low + high) / 2;
      if (long_row[middle] < row) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low < n_long && long_row[low] == row) {
      state = long_state[long_part[low]];
    } else {
      end = first[flow + 1];
    }
    state.forward = forward_of(mark[begin]);
  }
  NTA_HD void close(State const* state, std::size_t item, int warp, int lane) const {
    std::size_t const i = item + static_cast<std::size_t>(lane);
    if (i < n) {
      Set::Features::finish_part(state[lane], rules, cells, row_before + i, n_rows, column, warp,
                                 kBlockThreads / kWarp);
    }
  }
};

/// Long flows' parts into their first ones, level by level: part j takes part j + stride of its
/// flow. Reads two states and writes one.
template <class State>
struct MergeNeighbours {
  RowRange const* part;
  State* state;
  Rules rules;
  std::uint32_t stride;
  NTA_HD void operator()(std::size_t i) const {
    bool const takes = part[i].number % (2 * stride) == 0;
    if (takes && stride < part[i].of - part[i].number) {
      state[i].merge(state[i + stride], rules);
    }
  }
};

}  // namespace nta
