#include "kernels/open_flows.hpp"

#include "kernels/carried_run.hpp"
#include "kernels/finish.hpp"
#include "kernels/fold.hpp"
#include "kernels/grouped_batch.hpp"
#include "libnta/flows/table_rows.hpp"

#include <algorithm>
#include <deque>
#include <vector>

namespace nta {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

/// An open flow between two batches.
template <class State>
struct Kept {
  State state;
  FlowOrigin origin;
  std::int64_t base_s = 0;          // of the times in `state` and `previous`
  std::int64_t previous = kNoTime;  // time of the sequence's last packet
  std::vector<SequenceCell> cells;
};

/// A row of the output: a flow of this batch, one that was kept, or one that began before it and
/// ends in it.
struct OutRow {
  std::uint64_t first_packet = 0;
  std::uint32_t layer = 0;
  std::uint32_t flow = kNone;
  std::uint32_t slot = kNone;
  EndReason reason = EndReason::none;
  friend bool operator<(OutRow const& x, OutRow const& y) {
    return x.first_packet != y.first_packet ? x.first_packet < y.first_packet : x.layer < y.layer;
  }
};

template <class Set>
class OpenFlowsOf : public OpenFlows {
  using State = typename Set::State;

 public:
  OpenFlowsOf(Profile const& profile, FeatureSet const& set, SequenceSpec const& sequence,
              Exec const& exec)
      : profile_(profile), set_(set), sequence_(sequence), exec_(exec) {}

  LeftOut take(Batch const& batch, RowsOut const& out) override {
    runs_.resize(batch.n_keys);
    slot_.resize(batch.n_keys, kNone);
    GroupedBatch const grouped(batch.rows.selected(batch.n_keys), runs_.data(), !batch.last,
                               profile_.rules, exec_);
    auto left_out = grouped.left_out();
    auto rows = ended_rows(batch, grouped, left_out);
    std::sort(rows.begin(), rows.end());
    for (std::size_t first = 0; first < rows.size() || first == 0; first += batch.max_rows) {
      auto const n = std::min(batch.max_rows, rows.size() - first);
      out(table_of(batch, grouped, std::span(rows).subspan(first, n)));
      if (rows.empty()) {
        break;
      }
    }
    if (batch.last) {
      runs_ = {}, slot_ = {}, kept_ = {};
    } else {
      keep(batch, grouped);
    }
    return left_out;
  }

 private:
  bool joined(FlowCut const& cut) const { return is_joined(cut.mark); }
  std::uint32_t id_of(Batch const& batch, FlowCut const& cut) const {
    return batch.rows.id(cut.first_row);
  }

  std::vector<OutRow> ended_rows(Batch const& batch, GroupedBatch const& grouped,
                                 LeftOut& left_out) {
    std::vector<OutRow> rows;
    auto const add_kept = [&](std::uint32_t id, EndReason reason) {
      auto const& origin = kept_[slot_[id]].origin;
      rows.push_back({origin.first_packet, origin.layer, kNone, slot_[id], reason});
    };
    for (std::uint32_t id = 0; id < runs_.size(); ++id) {
      auto const& run = runs_[id];
      bool const ends_untouched =
          batch.last && run.fate == CarriedFate::untouched && slot_[id] != kNone;
      bool const drops = ends_untouched && run.single && profile_.rules.singles == Singles::drop;
      if (run.fate == CarriedFate::dropped || drops) {
        ++left_out.single;
      } else if (run.fate == CarriedFate::ended) {
        add_kept(id, run.ended);
      } else if (ends_untouched) {
        add_kept(id, run.end.reason(EndReason::eof));
      }
    }
    auto const& cuts = grouped.cuts();
    for (std::uint32_t f = 0; f < cuts.size(); ++f) {
      auto const reason = static_cast<EndReason>(cuts[f].end_reason);
      if (reason == EndReason::none) {
        continue;
      }
      auto const origin = origin_of(batch, cuts, f);
      rows.push_back({origin.first_packet, origin.layer, f,
                      joined(cuts[f]) ? slot_[id_of(batch, cuts[f])] : kNone, reason});
    }
    return rows;
  }

  FlowOrigin origin_of(Batch const& batch, std::vector<FlowCut> const& cuts, std::size_t f) const {
    auto const& cut = cuts[f];
    if (joined(cut)) {
      auto origin = kept_[slot_[id_of(batch, cut)]].origin;
      origin.last_packet = batch.rows.record(cut.last_row);
      origin.end_reason = static_cast<EndReason>(cut.end_reason);
      return origin;
    }
    auto origin = batch.rows.origin(cut, profile_.rules);
    if (origin.continuation_of < 0) {
      return origin;
    }
    bool const after_joined =
        f > 0 && joined(cuts[f - 1]) && cuts[f - 1].first_row == cut.before_row;
    if ((cut.mark & kMarkCarried) != 0 || after_joined) {
      origin.continuation_of =
          static_cast<std::int64_t>(kept_[slot_[id_of(batch, cut)]].origin.first_packet);
    }
    return origin;
  }

  FeatureTable table_of(Batch const& batch, GroupedBatch const& grouped,
                        std::span<OutRow const> rows) const {
    auto table = make_feature_table(profile_, set_, sequence_, rows.size());
    std::vector<FeatureCell*> columns;
    for (auto& feature : table.features) {
      columns.push_back(column_cells(feature));
    }
    auto const cells = sequence_pointers(table.sequence);
    constexpr std::size_t kBlock = 256;
    for_each_block(rows.size(), kBlock, exec_, [&](std::size_t first, std::size_t last) {
      FeatureCell all[Set::Features::kCount];
      for (auto r = first; r < last; ++r) {
        auto const& row = rows[r];
        set_identity(table.identity, r, origin_of_row(batch, grouped, row), profile_.rules);
        auto state = state_of(batch, grouped, row.flow, row.slot);
        Set::Features::finish(state, profile_.rules, all);
        for (std::size_t k = 0; k < set_.ids.size(); ++k) {
          columns[k][r] = all[set_.ids[k]];
        }
        if (sequence_.n > 0) {
          table.sequence.count[r] = write_sequence(grouped, row, state.forward, cells, r);
        }
      }
    });
    add_flow_start(table, set_);
    return table;
  }

  FlowOrigin origin_of_row(Batch const& batch, GroupedBatch const& grouped,
                           OutRow const& row) const {
    if (row.flow != kNone) {
      return origin_of(batch, grouped.cuts(), row.flow);
    }
    auto origin = kept_[row.slot].origin;
    origin.end_reason = row.reason;
    return origin;
  }

  /// The state after all that is known of a flow: what was kept, then this batch's packets.
  State state_of(Batch const&, GroupedBatch const& grouped, std::uint32_t flow,
                 std::uint32_t slot) const {
    State state;
    if (slot != kNone) {
      state = kept_[slot].state;
    }
    if (flow != kNone) {
      fold(grouped, flow, slot, state);
    }
    return state;
  }

  void fold(GroupedBatch const& grouped, std::uint32_t flow, std::uint32_t slot,
            State& state) const {
    auto const [first, last] = grouped.flow(flow);
    if (slot != kNone) {
      state.rebase(grouped.shift_to(first, kept_[slot].base_s));
    }
    FoldRows{grouped.rows(), grouped.bases(), profile_.rules}(state, first, last);
    state.forward = forward_of(grouped.mark(first));
  }

  /// f(cell) for the packets of a flow's sequence in this batch, `count` of them being known.
  template <class F>
  std::int64_t each_cell(GroupedBatch const& grouped, std::uint32_t flow, std::int64_t previous,
                         std::size_t count, F const& f) const {
    auto const [first, last] = grouped.flow(flow);
    auto const rows = grouped.rows();
    BaseWalk walk(grouped.bases(), rows.row_at(first));
    for (auto i = first; i < last; ++i) {
      auto const& p = rows.at(i);
      if (p.left_out) {
        continue;
      }
      walk.to(grouped.bases(), rows.row_at(i),
              [&](TimeShift shift) { previous = shifted(previous, shift); });
      if (count == static_cast<std::size_t>(sequence_.n) || !in_sequence(p, sequence_)) {
        continue;
      }
      f(sequence_cell(p, previous, sequence_, profile_.rules));
      previous = p.t;
      ++count;
    }
    return previous;
  }

  std::uint16_t write_sequence(GroupedBatch const& grouped, OutRow const& row, std::uint8_t forward,
                               SequencePointers const& to, std::size_t r) const {
    auto const n = static_cast<std::size_t>(sequence_.n);
    std::size_t k = 0;
    auto const write = [&](SequenceCell const& cell) {
      write_cell(to, r * n + k++, cell, forward);
    };
    std::int64_t previous = kNoTime;
    if (row.slot != kNone) {
      auto const& kept = kept_[row.slot];
      std::for_each(kept.cells.begin(), kept.cells.end(), write);
      previous = kept.previous;
    }
    if (row.flow != kNone) {
      if (row.slot != kNone) {
        previous = shifted(previous,
                           grouped.shift_to(grouped.flow(row.flow).first, kept_[row.slot].base_s));
      }
      each_cell(grouped, row.flow, previous, k, write);
    }
    auto const count = static_cast<std::uint16_t>(k);
    for (; k < n; ++k) {
      write_padding(to, r * n + k);
    }
    return count;
  }

  /// After the rows are written: the flows that are still open become the kept ones.
  void keep(Batch const& batch, GroupedBatch const& grouped) {
    auto const& cuts = grouped.cuts();
    std::vector<std::uint32_t> open;
    std::vector<FlowOrigin> origins;
    for (std::uint32_t f = 0; f < cuts.size(); ++f) {
      if (cuts[f].end_reason == 0) {
        open.push_back(f);
        origins.push_back(origin_of(batch, cuts, f));  // before any slot is used again
      }
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
      auto& slot = slot_[id_of(batch, cuts[open[i]])];
      if (slot == kNone) {
        slot = static_cast<std::uint32_t>(kept_.size());
        kept_.emplace_back();
      }
    }
    constexpr std::size_t kBlock = 256;
    for_each_block(open.size(), kBlock, exec_, [&](std::size_t first, std::size_t last) {
      for (auto i = first; i < last; ++i) {
        keep_flow(batch, grouped, open[i], origins[i]);
      }
    });
    for (auto& run : runs_) {
      run.fate = CarriedFate::untouched;
    }
  }

  void keep_flow(Batch const& batch, GroupedBatch const& grouped, std::uint32_t f,
                 FlowOrigin const& origin) {
    auto const& cut = grouped.cuts()[f];
    auto const slot = slot_[id_of(batch, cut)];
    auto& kept = kept_[slot];
    bool const joins = joined(cut);
    if (!joins) {
      kept.state = State{};
      kept.cells.clear();
      kept.previous = kNoTime;
    } else {
      kept.previous = shifted(kept.previous, grouped.shift_to(grouped.flow(f).first, kept.base_s));
    }
    fold(grouped, f, joins ? slot : kNone, kept.state);
    kept.origin = origin;
    if (sequence_.n > 0) {
      kept.previous = each_cell(grouped, f, kept.previous, kept.cells.size(),
                                [&](SequenceCell const& cell) { kept.cells.push_back(cell); });
    }
    kept.base_s = batch.rows.base_s(cut.last_row);
  }

  Profile const& profile_;
  FeatureSet const& set_;
  SequenceSpec const& sequence_;
  Exec const& exec_;
  std::vector<CarriedRun> runs_;     // by id
  std::vector<std::uint32_t> slot_;  // by id: place in kept_, or kNone
  std::deque<Kept<State>> kept_;
};

}  // namespace

std::size_t open_flow_bytes(SetFamily family, SequenceSpec const& sequence) {
  return visit_set(family, [&]<class Set>(Set) {
    return sizeof(Kept<typename Set::State>) + sizeof(CarriedRun) + sizeof(std::uint32_t) +
           static_cast<std::size_t>(sequence.n) * sizeof(SequenceCell);
  });
}

std::unique_ptr<OpenFlows> make_open_flows(Profile const& profile, FeatureSet const& set,
                                           SequenceSpec const& sequence, Exec const& exec) {
  return visit_set(set.family, [&]<class Set>(Set) -> std::unique_ptr<OpenFlows> {
    return std::make_unique<OpenFlowsOf<Set>>(profile, set, sequence, exec);
  });
}

}  // namespace nta
