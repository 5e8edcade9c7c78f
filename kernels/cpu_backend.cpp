// The templates on CPU cores: Thrust over TBB inside an arena of exec.threads; the sanitizer builds
// take Thrust's serial back end, as TBB is not instrumented.
#include "kernels/backend.hpp"
#include "kernels/finish.hpp"
#include "kernels/fold.hpp"
#include "kernels/group.hpp"
#include "kernels/group_rows.hpp"
#include "kernels/parts.hpp"
#include "kernels/raw_buffer.hpp"
#include "kernels/row_tile.hpp"
#include "kernels/segment.hpp"
#include "kernels/segment_long.hpp"
#include "kernels/single_cells.hpp"
#include "libnta/core/prefetch.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#ifdef NTA_SERIAL_THRUST
#include <thrust/system/cpp/execution_policy.h>
#else
#include <thrust/system/tbb/execution_policy.h>
#endif

namespace nta {
namespace {

#ifdef NTA_SERIAL_THRUST
auto const& kPolicy = thrust::cpp::par;
#else
auto const& kPolicy = thrust::tbb::par;
#endif

/// A flow longer than this is folded in parts, so that one elephant does not keep one core alone.
constexpr std::uint32_t kPartRows = 65536;

/// One for all steps of the calling thread: workers need not wake up in another for every step.
/// Not one for all threads: those would wait for each other's places in it. More threads than cores
/// gain nothing, and TBB would print a warning.
std::shared_ptr<tbb::task_arena> arena_of(Exec const& exec) {
  thread_local std::map<int, std::shared_ptr<tbb::task_arena>> arenas;
  auto const threads = std::min(exec.threads, tbb::info::default_concurrency());
  auto& arena = arenas[threads];
  if (!arena) {
    arena = std::make_shared<tbb::task_arena>(threads);
  }
  return arena;
}

template <class F>
void run_blocks(std::size_t n_blocks, F const& f) {
#ifdef NTA_SERIAL_THRUST
  for (std::size_t block = 0; block < n_blocks; ++block) {
    f(block);
  }
#else
  tbb::parallel_for(std::size_t{0}, n_blocks, f);
#endif
}

/// f(first, last) over all of [0, n), in as few ranges as the threads' balance allows.
template <class F>
void run_ranges(std::size_t n, F const& f) {
#ifdef NTA_SERIAL_THRUST
  f(std::size_t{0}, n);
#else
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n),
                    [&](auto const& range) { f(range.begin(), range.end()); });
#endif
}

constexpr auto kRunBlocks = [](std::size_t n_blocks, auto const& f) { run_blocks(n_blocks, f); };

/// Fold and finish fused: a state stays in the nearest cache, a tile of rows goes to the columns at
/// once. Flows of one packet take their cells from those met before. An overload of fold + finish
/// for this place, with equal bits.
template <class Set>
struct FoldAndFinish {
  using State = typename Set::State;
  FoldRows fold;
  std::uint8_t const* mark;
  std::uint32_t const* first;
  std::span<std::uint32_t const> long_flows;  // ascending
  State const* long_states;
  FlowOutput const* output;

  /// Tiles [first_tile, last_tile).
  void operator()(std::size_t first_tile, std::size_t last_tile) const {
    auto const& order = output->order;
    SingleCells<Set> singles(fold.rules);
    FeatureCell cells[kColumnTileRows][Set::Features::kCount];
    for (std::size_t tile = first_tile; tile < last_tile; ++tile) {
      RowTile rows{{}, tile * kColumnTileRows, 0};
      rows.n = std::min(kColumnTileRows, order.size() - rows.row);
      singles.release();
      for (std::size_t i = 0; i < rows.n; ++i) {
        auto const row = rows.row + i;
        if (row + 3 * kAhead < order.size()) {
          prefetch_line(first + order[row + 3 * kAhead]);
          fetch_rows(first[order[row + 2 * kAhead]]);
          fetch_packets(first[order[row + kAhead]]);
        }
        rows.cells[i] = finish_flow(order[row], singles, cells[i]);
      }
      rows.write(output->ids, output->columns);
    }
  }

 private:
  static constexpr std::size_t kAhead = 8;

  void fetch_rows(std::uint32_t begin) const {
    prefetch_line(fold.rows.sorted + begin);
    prefetch_line(mark + begin);
  }
  void fetch_packets(std::uint32_t begin) const {
    for (std::uint32_t k = 0; k < 4; ++k) {  // those that the fold does not ask for early enough
      fold.rows.fetch(begin + k);
    }
  }
  /// Where flow f's cells are: `own` or those of a flow alike.
  FeatureCell const* finish_flow(std::uint32_t f, SingleCells<Set>& singles,
                                 FeatureCell* own) const {
    auto const n = first[f + 1] - first[f];
    auto const forward = forward_of(mark[first[f]]);
    if (n == 1) {
      FlowPacket const p = fold.rows.at(first[f]);
      auto const* const cells = p.left_out ? nullptr : singles.find(p, forward);
      if (cells != nullptr) {
        return cells;
      }
    }
    State state;
    if (n > kPartRows) {
      auto const at = std::lower_bound(long_flows.begin(), long_flows.end(), f);
      state = long_states[at - long_flows.begin()];
    } else {
      fold(state, first[f], first[f + 1]);
    }
    state.forward = forward;
    Set::Features::finish(state, fold.rules, own);
    return own;
  }
};

template <class Set>
class CpuBackend : public BulkBackend {
  using State = typename Set::State;

 public:
  CpuBackend(Rules const& rules, Exec const& exec)
      : rules_(rules), threads_(static_cast<std::size_t>(exec.threads)), arena_(arena_of(exec)) {}

  std::vector<FlowCut> cut(SelectedPackets const& packets) override {
    std::vector<FlowCut> cuts;
    if (packets.n == 0) {
      return cuts;
    }
    arena_->execute([&] {
      bases_ = packets.bases;
      group(packets);
      segment(packets.n);
      fold_long_flows();
      cuts.resize(n_flows_);
      for_each_index(kPolicy, n_flows_,
                     DescribeFlow{rows(), mark_.get(), first_.get(), cuts.data(), n_flows_});
    });
    return cuts;
  }

  LeftOut left_out() const override { return left_out_; }

  void finish(FlowOutput const& output) override {
    arena_->execute([&] {
      auto const n_rows = output.order.size();
      FoldAndFinish<Set> const fold{
          {rows(), bases_, rules_}, mark_.get(), first_.get(), long_flows_,
          long_states_.data(),      &output};
      run_ranges((n_rows + kColumnTileRows - 1) / kColumnTileRows, fold);
      if (output.sequence.n == 0) {
        return;
      }
      for_each_index(kPolicy, n_rows,
                     WriteSequence{rows(), bases_, rules_, output.sequence, mark_.get(),
                                   first_.get(), output.order.data(), output.cells, output.count});
    });
  }

 private:
  GroupedRows rows() const { return {{packet_, row_.get()}, n_rows_}; }

  void group(SelectedPackets const& packets) {
    auto const n = packets.n;
    packet_ = packets.packet;
    n_rows_ = n;
    row_ = raw_array<std::uint32_t>(n);
    run_first_ = group_by_key(packets, row_.get(), threads_, kRunBlocks);
    n_runs_ = packets.n_keys;
  }

  void segment(std::size_t n) {
    mark_ = raw_array<std::uint8_t>(n);
    SegmentRun run{rows(), run_first_.get(), n_runs_, n, mark_.get(), bases_, rules_};
    if (threads_ > 1 && bases_.n == 1) {
      run.long_rows = kPartRows;
      segment_long_runs(run);
    }
    for_each_index(kPolicy, n_runs_, run);
    run_first_.reset();
    FlowStarts starts(mark_.get(), n, kRunBlocks);
    n_flows_ = starts.size();
    first_ = starts.take();
    left_out_ = count_left_out(kPolicy, mark_.get(), n, rules_);
  }

  /// Several threads share an elephant here, too.
  void segment_long_runs(SegmentRun const& all) {
    IsLongRun const is_long{run_first_.get(), kPartRows};
    FlowParts parts;
    for (std::size_t run = 0; run < n_runs_; ++run) {
      if (is_long(run)) {
        parts.add_flow(run_first_[run], run_first_[run + 1], kPartRows);
      }
    }
    auto const n_long = parts.n_flows();
    if (n_long == 0) {
      return;
    }
    auto const n_parts = parts.part.size();
    std::vector<std::int64_t> clock(rules_.order == PacketOrder::monotone_key ? n_parts : 0);
    if (!clock.empty()) {
      for_each_index(kPolicy, n_parts, ClockOfPart{rows(), parts.part.data(), clock.data()});
      for_each_index(kPolicy, n_long, ScanClocks{parts.first.data(), clock.data()});
    }
    auto const event = raw_array<std::uint32_t>(n_parts * kPartRows);
    auto const n_events = raw_array<std::uint32_t>(n_parts);
    for_each_index(kPolicy, n_parts,
                   FindEvents<GroupedRows, std::uint8_t*>{
                       rows(), rules_, parts.part.data(), clock.empty() ? nullptr : clock.data(),
                       kPartRows, mark_.get(), event.get(), n_events.get()});
    for_each_index(
        kPolicy, n_long,
        SegmentLongRun<GroupedRows, std::uint8_t*>{all, parts.part.data(), parts.first.data(),
                                                   kPartRows, event.get(), n_events.get()});
  }

  void fold_long_flows() {
    FlowParts parts;
    for (std::size_t f = 0; f < n_flows_; ++f) {
      auto const length = first_[f + 1] - first_[f];
      if (length <= kPartRows) {
        continue;
      }
      // Parts must not meet a change of base: merge knows none. A single part then.
      parts.add_flow(first_[f], first_[f + 1], bases_.n > 1 ? length : kPartRows);
      long_flows_.push_back(static_cast<std::uint32_t>(f));
    }
    if (long_flows_.empty()) {
      return;
    }
    parts.bin_by_length();
    std::vector<SidesSpan> spans;
    if constexpr (HasEntryValues<State>) {
      spans.resize(parts.part.size());
      for_each_index(kPolicy, spans.size(), SpanOfPart{rows(), parts.part.data(), spans.data()});
      for_each_index(kPolicy, long_flows_.size(), ScanSpans{parts.first.data(), spans.data()});
    }
    std::vector<State> states(parts.part.size());
    for_each_index(kPolicy, states.size(),
                   FoldPart<State>{{rows(), bases_, rules_},
                                   parts.part.data(),
                                   parts.order.data(),
                                   spans.data(),
                                   states.data()});
    for_each_index(kPolicy, long_flows_.size(),
                   MergeParts<State>{parts.first.data(), states.data(), rules_});
    for (std::size_t i = 0; i < long_flows_.size(); ++i) {
      long_states_.push_back(states[parts.first[i]]);
    }
  }

  Rules rules_;
  std::size_t threads_;
  std::shared_ptr<tbb::task_arena> arena_;
  TimeBases bases_;
  PackedPacket* packet_ = nullptr;  // the caller's
  RawArray<std::uint32_t> row_, run_first_, first_;
  RawArray<std::uint8_t> mark_;
  std::vector<std::uint32_t> long_flows_;  // of more than kPartRows rows
  std::vector<State> long_states_;
  std::size_t n_rows_ = 0, n_runs_ = 0, n_flows_ = 0;
  LeftOut left_out_;
};

}  // namespace

std::unique_ptr<BulkBackend> make_cpu_backend(SetFamily family, Rules const& rules,
                                              Exec const& exec) {
  return visit_set(family, [&]<class Set>(Set) -> std::unique_ptr<BulkBackend> {
    return std::make_unique<CpuBackend<Set>>(rules, exec);
  });
}

void for_each_block(std::size_t n, std::size_t block, Exec const& exec,
                    std::function<void(std::size_t, std::size_t)> const& f) {
  auto const n_blocks = (n + block - 1) / block;
  auto const one = [&](std::size_t b) { f(b * block, std::min(n, (b + 1) * block)); };
  if (exec.threads == 1) {
    for (std::size_t b = 0; b < n_blocks; ++b) {
      one(b);
    }
    return;
  }
  arena_of(exec)->execute([&] { run_blocks(n_blocks, one); });
}

}  // namespace nta
