// The streaming meter: a record per key with its open flow, a row per finished flow.
#include "libnta/flows/stream_meter.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_key.hpp"
#include "libnta/flows/flow_states.hpp"
#include "libnta/flows/table_rows.hpp"

#include <algorithm>
#include <deque>
#include <numeric>
#include <unordered_map>

namespace nta {
namespace {

constexpr std::uint32_t kUnresolved = UINT32_MAX;

struct HashKey {
  std::size_t operator()(FlowKey const& key) const { return hash_of(key); }
};

/// Whose packet it is: its record, key and file.
struct Arrival {
  std::uint64_t packet = 0;
  std::uint32_t capture = 0;
  PacketKey const* key = nullptr;
};

/// For order "sorted": nothing of a key can be decided before its last packet.
struct Waiting {
  FlowPacket p;
  Arrival arrival;
};

/// A key and its open flow; off-line every key has one.
struct OpenFlow {
  FlowEndState end;
  std::uint64_t packets = 0;     // of the open flow
  std::int64_t clock = kNoTime;  // highest time of the key's packets
  std::int64_t previous_in_sequence = kNoTime;
  std::int64_t base_s = 0;  // of all times of this record but the state's
  std::int64_t state_base_s = 0;
  std::uint32_t id = 0;  // of its state
  FlowOrigin origin;
  std::vector<SequenceCell> sequence;
  std::vector<Waiting> waiting;
};

/// Finished flows in the order of their ends.
struct Rows {
  std::vector<FlowOrigin> origins;
  std::vector<FeatureCell> cells;  // [rows, features of the set]
  std::vector<SequenceCell> sequence;
  std::vector<std::size_t> sequence_end;  // one past a row's cells
};

/// What a table's keys are to the meter.
struct TableKey {
  KeyUse use;
  std::uint32_t flow = kUnresolved;
  KeyTraits traits;
  Arrival arrival;
};

}  // namespace

struct StreamMeter::State {
  Profile profile;
  FeatureSet set;
  SequenceSpec sequence;
  bool join_files = true;

  std::unordered_map<FlowKey, std::uint32_t, HashKey> index;
  std::deque<OpenFlow> flows;
  std::unique_ptr<FlowStates> states;
  Rows rows;
  UseCounts use;
  std::int64_t clock = kNoTime;  // of all used packets, for order "monotone"
  std::int64_t base_s = 0;
  bool based = false;
  std::deque<PacketKey> kept_keys;  // of waiting packets

  TimeShift move_to_table(std::int64_t table_base_s);
  void move_to_base(OpenFlow& flow) const;
  TableKey resolve(PacketKey const& key, std::span<CaptureLink const> links);
  void recount(RowUse use);
  void take_waiting(OpenFlow& flow);
  std::int64_t ordered(std::int64_t t, OpenFlow& flow);
  void take(OpenFlow& flow, FlowPacket p, Arrival const& arrival);
  void start(OpenFlow& flow, FlowStep const& step, FlowPacket const& p, Arrival const& arrival);
  void emit(OpenFlow& flow, EndReason reason);
  void write_row(FeatureTable& table, std::size_t to, std::size_t from);
};

/// To a table's time base; returns what moves the table's times to base_s. With order "sorted" all
/// times count from the first table's base, so that they compare.
TimeShift StreamMeter::State::move_to_table(std::int64_t table_base_s) {
  std::int64_t const unit_ns = profile.rules.unit_ns;
  if (based && profile.rules.order == PacketOrder::sorted) {
    return time_shift(table_base_s, base_s, unit_ns);
  }
  clock = shifted(clock, time_shift(base_s, table_base_s, unit_ns));
  base_s = table_base_s;
  based = true;
  return {0, kMaxTime / unit_ns};
}

void StreamMeter::State::move_to_base(OpenFlow& flow) const {
  // Only when the key has a packet there: a far-off packet of another key must not saturate this
  // one.
  if (flow.base_s == base_s) {
    return;
  }
  TimeShift const shift = time_shift(flow.base_s, base_s, profile.rules.unit_ns);
  flow.base_s = base_s;
  flow.end.rebase(shift);
  flow.clock = shifted(flow.clock, shift);
  flow.previous_in_sequence = shifted(flow.previous_in_sequence, shift);
}

TableKey StreamMeter::State::resolve(PacketKey const& key, std::span<CaptureLink const> links) {
  NTA_EXPECTS(key.link < links.size(), ErrorKind::data,
              "a packet names link {}, but only {} links are known", key.link, links.size());
  CaptureLink const& link = links[key.link];
  TableKey result;
  result.use = use_of_key(key, link.link_type, profile.rules);
  ProjectedKey const projected = project(key, join_files ? 0 : link.file, profile.rules);
  auto const [place, is_new] =
      index.try_emplace(projected.key, static_cast<std::uint32_t>(flows.size()));
  if (is_new) {
    flows.emplace_back().id = place->second;
  }
  result.flow = place->second;
  result.traits = {key.protocol, key.ip_version, projected.one_sided};
  bool const waits = profile.rules.order == PacketOrder::sorted;
  result.arrival = {0, link.file, waits ? &kept_keys.emplace_back(key) : &key};
  return result;
}

std::int64_t StreamMeter::State::ordered(std::int64_t t, OpenFlow& flow) {
  switch (profile.rules.order) {
    case PacketOrder::monotone:
      return clock = std::max(clock, t);
    case PacketOrder::monotone_key:
      return flow.clock = std::max(flow.clock, t);
    case PacketOrder::capture:
    case PacketOrder::sorted:
      break;
  }
  return t;
}

void StreamMeter::State::start(OpenFlow& flow, FlowStep const& step, FlowPacket const& p,
                               Arrival const& arrival) {
  std::uint64_t const before = flow.origin.first_packet;
  if (step.ended != EndReason::none) {
    emit(flow, step.ended);
  }
  flow.packets = 0;
  states->start(flow.id, flow.end.forward);
  flow.sequence.clear();
  flow.previous_in_sequence = kNoTime;
  flow.origin = FlowOrigin{};
  flow.origin.first_packet = arrival.packet;
  flow.origin.capture = arrival.capture;
  flow.origin.continuation_of = step.continues ? static_cast<std::int64_t>(before) : -1;
  flow.origin.forward = flow.end.forward;
  flow.origin.layer = layer_of(arrival.key->path);
  flow.origin.key = *arrival.key;
  set_start(flow.origin, base_s, p.t, profile.rules.unit_ns);
}

/// A row that was in a flow's way and is in none.
void StreamMeter::State::recount(RowUse why) {
  use.rows[static_cast<std::size_t>(RowUse::in_flow)] -= 1;
  use.rows[static_cast<std::size_t>(why)] += 1;
}

void StreamMeter::State::take(OpenFlow& flow, FlowPacket p, Arrival const& arrival) {
  FlowStep const step = take_packet(flow.end, p, profile.rules);
  if (step.left_out) {
    recount(RowUse::late_fin);
    return;
  }
  if (step.starts_flow) {
    start(flow, step, p, arrival);
  } else if (flow.state_base_s != base_s) {
    // Only now: a packet that ends the flow from afar must not saturate what the flow has gathered.
    states->rebase(flow.id, time_shift(flow.state_base_s, base_s, profile.rules.unit_ns));
  }
  flow.state_base_s = base_s;
  states->add(flow.id, p, profile.rules);
  flow.packets += 1;
  flow.origin.last_packet = arrival.packet;
  if (flow.sequence.size() < static_cast<std::size_t>(sequence.n) && in_sequence(p, sequence)) {
    flow.sequence.push_back(sequence_cell(p, flow.previous_in_sequence, sequence, profile.rules));
    flow.previous_in_sequence = p.t;
  }
}

void StreamMeter::State::take_waiting(OpenFlow& flow) {
  if (flow.waiting.empty()) {
    return;
  }
  flow.base_s = base_s;
  std::stable_sort(flow.waiting.begin(), flow.waiting.end(),
                   [](Waiting const& x, Waiting const& y) { return x.p.t < y.p.t; });
  for (Waiting const& one : flow.waiting) {
    take(flow, one.p, one.arrival);
  }
}

void StreamMeter::State::emit(OpenFlow& flow, EndReason reason) {
  if (profile.rules.singles == Singles::drop && flow.packets == 1) {
    recount(RowUse::single_packet_flow);
    return;
  }
  FeatureCell const* const all = states->finish(flow.id, profile.rules);
  for (int const id : set.ids) {
    rows.cells.push_back(all[id]);
  }
  flow.origin.end_reason = reason;
  rows.origins.push_back(flow.origin);
  rows.sequence.insert(rows.sequence.end(), flow.sequence.begin(), flow.sequence.end());
  rows.sequence_end.push_back(rows.sequence.size());
}

void StreamMeter::State::write_row(FeatureTable& table, std::size_t to, std::size_t from) {
  FlowOrigin const& origin = rows.origins[from];
  set_identity(table.identity, to, origin, profile.rules);
  set_cells(table, to, rows.cells.data() + from * set.size());
  if (sequence.n == 0) {
    return;
  }
  auto const n = static_cast<std::size_t>(sequence.n);
  SequencePointers const out = sequence_pointers(table.sequence);
  std::size_t const first = from == 0 ? 0 : rows.sequence_end[from - 1];
  std::size_t const count = rows.sequence_end[from] - first;
  table.sequence.count[to] = static_cast<std::uint16_t>(count);
  for (std::size_t k = 0; k < n; ++k) {
    if (k < count) {
      write_cell(out, to * n + k, rows.sequence[first + k], origin.forward);
    } else {
      write_padding(out, to * n + k);
    }
  }
}

StreamMeter::StreamMeter(Profile profile, MeterOptions const& options)
    : state_(std::make_unique<State>()) {
  NTA_EXPECTS(options.sequence.n >= 0 && options.sequence.n <= kMaxSequence, ErrorKind::usage,
              "sequences of {} packets: 0 to {} can be asked for", options.sequence.n,
              kMaxSequence);
  state_->profile = std::move(profile);
  state_->set = select_features(options.features);
  state_->states = make_flow_states(state_->set.family);
  state_->sequence = options.sequence;
  state_->join_files = options.join_files;
}

StreamMeter::~StreamMeter() = default;
StreamMeter::StreamMeter(StreamMeter&&) noexcept = default;
StreamMeter& StreamMeter::operator=(StreamMeter&&) noexcept = default;

void StreamMeter::add(PacketTable const& table, std::span<CaptureLink const> links) {
  State& state = *state_;
  if (table.size() == 0) {
    return;
  }
  TimeShift const to_base = state.move_to_table(table.time_base_s);
  Rules const& rules = state.profile.rules;
  RawRows const rows = raw(table.rows());
  std::vector<TableKey> keys(table.keys.size());
  if (rules.order == PacketOrder::monotone) {
    NTA_EXPECTS(std::is_sorted(table.index.begin(), table.index.end()), ErrorKind::data,
                "order \"monotone\" needs the rows in capture order, not by partition");
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (rows.status[i] != 0) {
      continue;
    }
    TableKey& key = keys[rows.key[i]];
    if (key.flow == kUnresolved) {
      key = state.resolve(table.keys[rows.key[i]], links);
    }
    RowUse const use = use_of_row(key.use, rows.bits[i], rows.cap_len[i], rules);
    state.use.rows[static_cast<std::size_t>(use)] += 1;
    if (use != RowUse::in_flow) {
      continue;
    }
    OpenFlow& flow = state.flows[key.flow];
    key.arrival.packet = table.first_index + rows.index[i];
    std::int64_t const t = to_unit(rows.time_ns[i], rules.unit_ns);
    if (rules.order == PacketOrder::sorted) {
      flow.waiting.push_back({packet_at(rows, i, key.traits, shifted(t, to_base)), key.arrival});
      continue;
    }
    state.move_to_base(flow);
    state.take(flow, packet_at(rows, i, key.traits, state.ordered(t, flow)), key.arrival);
  }
}

FeatureTable StreamMeter::finish() {
  State& state = *state_;
  for (OpenFlow& flow : state.flows) {
    state.take_waiting(flow);
    if (flow.end.open()) {
      state.emit(flow, flow.end.reason(EndReason::eof));
    }
  }
  std::size_t const n = state.rows.origins.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return state.rows.origins[x] < state.rows.origins[y];
  });
  FeatureTable table = make_feature_table(state.profile, state.set, state.sequence, n);
  for (std::size_t row = 0; row < n; ++row) {
    state.write_row(table, row, order[row]);
  }
  add_flow_start(table, state.set);
  state.flows.clear();
  state.states->clear();
  state.index.clear();
  state.rows = Rows{};
  state.clock = kNoTime;
  state.based = false;
  state.kept_keys.clear();
  return table;
}

UseCounts const& StreamMeter::use() const {
  return state_->use;
}

}  // namespace nta
