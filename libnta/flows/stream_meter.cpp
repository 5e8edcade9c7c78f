// Tables in, rows out: what others see of the streaming meter (stream_state.hpp is its inside).
#include "libnta/flows/stream_meter.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/stream_state.hpp"

#include <algorithm>

namespace nta {

using stream_detail::kAhead;
using stream_detail::kUnresolved;
using stream_detail::TableKey;
using stream_detail::Waiting;

void StreamState::write_sequence(FeatureTable& table, std::size_t row, std::uint32_t id) {
  auto const n = static_cast<std::size_t>(sequence.n);
  SequencePointers const out = sequence_pointers(table.sequence);
  bodies.read_cells(id, cells);
  table.sequence.count[row] = static_cast<std::uint16_t>(cells.size());
  for (std::size_t k = 0; k < n; ++k) {
    if (k < cells.size()) {
      write_cell(out, row * n + k, cells[k], flows[id].origin.forward);
    } else {
      write_padding(out, row * n + k);
    }
  }
}

/// Rows of flows that have ended, in this order.
FeatureTable StreamState::rows_of(std::span<std::uint32_t const> ids) {
  FeatureTable table = make_feature_table(profile, set, sequence, ids.size());
  std::vector<FeatureCell*> columns;
  for (FeatureColumn& column : table.features) {
    columns.push_back(column_cells(column));
  }
  for (std::size_t row = 0; row < ids.size(); ++row) {
    set_identity(table.identity, row, flows[ids[row]].origin, profile.rules);
    FeatureCell const* const all = bodies.finish(ids[row], profile.rules);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c][row] = all[set.ids[c]];
    }
    if (sequence.n > 0) {
      write_sequence(table, row, ids[row]);
    }
  }
  add_flow_start(table, set);
  return table;
}

StreamMeter::StreamMeter(Profile profile, MeterOptions const& options) {
  NTA_EXPECTS(options.sequence.n >= 0 && options.sequence.n <= kMaxSequence, ErrorKind::usage,
              "sequences of {} packets: 0 to {} can be asked for", options.sequence.n,
              kMaxSequence);
  state_ = std::make_unique<StreamState>(std::move(profile), options);
}

StreamMeter::~StreamMeter() = default;
StreamMeter::StreamMeter(StreamMeter&&) noexcept = default;
StreamMeter& StreamMeter::operator=(StreamMeter&&) noexcept = default;

void StreamMeter::add(PacketTable const& table, std::span<CaptureLink const> links) {
  StreamState& state = *state_;
  if (table.size() == 0) {
    return;
  }
  TimeShift const to_base = state.move_to_table(table.time_base_s);
  Rules const& rules = state.profile.rules;
  RawRows const rows = raw(table.rows());
  if (rules.order == PacketOrder::monotone) {
    NTA_EXPECTS(std::is_sorted(table.index.begin(), table.index.end()), ErrorKind::data,
                "order \"monotone\" needs the rows in capture order, not by partition");
  }
  std::vector<TableKey> keys(table.keys.size());
  state.look_up(table, links, keys);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i + kAhead < table.size()) {
      state.prefetch(keys[rows.key[i + kAhead]].flow, keys[rows.key[i + kAhead / 2]].flow);
    }
    if (rows.status[i] != 0) {
      continue;
    }
    TableKey& key = keys[rows.key[i]];
    NTA_EXPECTS(key.known, ErrorKind::data, "a packet names link {}, but only {} links are known",
                table.keys[rows.key[i]].link, links.size());
    RowUse const use = use_of_row(key.use, rows.bits[i], rows.cap_len[i], rules);
    state.use.rows[static_cast<std::size_t>(use)] += 1;
    if (use != RowUse::in_flow) {
      continue;
    }
    if (key.flow == kUnresolved) {
      state.open(key);
    }
    key.arrival.packet = table.first_index + rows.index[i];
    std::int64_t const t = to_unit(rows.time_ns[i], rules.unit_ns);
    if (rules.order == PacketOrder::sorted) {
      state.wait(key, packet_at(rows, i, key.traits, shifted(t, to_base)));
      continue;
    }
    state.note(t);
    FlowRecord& flow = state.flows[key.flow];
    state.move_to_base(flow);
    state.take(key.flow, packet_at(rows, i, key.traits, state.ordered(t, flow)), key.arrival);
  }
}

void StreamMeter::sweep() {
  StreamState& state = *state_;
  std::vector<std::uint32_t> gone;
  state.index.for_each([&](std::uint32_t id) {
    if (state.silent(state.flows[id]) != EndReason::none) {
      gone.push_back(id);
    }
  });
  // In the order of their first packets: that of the index shows the hash.
  std::sort(gone.begin(), gone.end(), [&](std::uint32_t x, std::uint32_t y) {
    return state.flows[x].origin < state.flows[y].origin;
  });
  auto const hash_of_record = [&](std::uint32_t id) { return state.hash_of_record(id); };
  for (std::uint32_t const id : gone) {
    state.index.erase(hash_of_record(id), id, hash_of_record);
    if (state.keep(id, state.silent(state.flows[id]))) {
      state.ended.push_back(id);
    } else {
      state.flows.give(id);
    }
  }
}

std::uint64_t StreamMeter::late_packets() const {
  return state_->late;
}

std::size_t StreamMeter::ended() const {
  return state_->ended.size();
}

FeatureTable StreamMeter::take_ended(std::size_t max_rows) {
  std::deque<std::uint32_t>& ended = state_->ended;
  auto const last = ended.begin() + static_cast<std::ptrdiff_t>(std::min(max_rows, ended.size()));
  std::vector<std::uint32_t> const ids(ended.begin(), last);
  FeatureTable table = state_->rows_of(ids);
  ended.erase(ended.begin(), last);
  for (std::uint32_t const id : ids) {
    state_->bodies.release(id);
    state_->flows.give(id);
  }
  return table;
}

FeatureTable StreamMeter::finish() {
  FeatureTable table;
  finish(SIZE_MAX, [&](FeatureTable&& rows) { table = std::move(rows); });
  return table;
}

void StreamMeter::finish(std::size_t max_rows, std::function<void(FeatureTable&&)> const& out) {
  StreamState& state = *state_;
  NTA_EXPECTS(max_rows > 0, ErrorKind::usage, "tables of 0 rows: ask for 1 or more");
  std::vector<std::uint32_t> const ids = state.all_in_order();
  std::span<std::uint32_t const> rest = ids;
  do {
    std::size_t const n = std::min(max_rows, rest.size());
    out(state.rows_of(rest.first(n)));
    rest = rest.subspan(n);
  } while (!rest.empty());
  state.flows.clear();
  state.bodies.clear();
  state.clock = kNoTime;
  state.based = false;
}

std::size_t StreamMeter::open() const {
  return state_->index.size();
}

std::size_t StreamMeter::memory_bytes() const {
  StreamState const& state = *state_;
  return sizeof state + state.index.memory_bytes() + state.flows.memory_bytes() +
         state.bodies.memory_bytes() + state.ended.size() * sizeof(std::uint32_t) +
         state.waiting.capacity() * sizeof(Waiting) + state.kept_keys.size() * sizeof(PacketKey) +
         state.cells.capacity() * sizeof(SequenceCell);
}

UseCounts const& StreamMeter::use() const {
  return state_->use;
}

}  // namespace nta
