// The streaming meter: a record per key with its open flow, a row per finished flow.
#include "libnta/flows/stream_meter.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_key.hpp"
#include "libnta/flows/flow_state.hpp"
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

/// A key and its open flow; off-line every key has one.
struct OpenFlow {
  FlowEndState end;
  std::int64_t clock = kNoTime;  // highest time of the key's packets
  std::int64_t previous_in_sequence = kNoTime;
  std::int64_t base_s = 0;  // of all times of this record but the state's
  std::int64_t state_base_s = 0;
  bool one_sided = false;
  FlowState state;
  FlowOrigin origin;
  std::vector<SequenceCell> sequence;
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
};

}  // namespace

struct StreamMeter::State {
  Profile profile;
  FeatureSet set;
  SequenceSpec sequence;
  bool join_files = true;

  std::unordered_map<FlowKey, std::uint32_t, HashKey> index;
  std::deque<OpenFlow> flows;
  Rows rows;
  UseCounts use;
  std::int64_t clock = kNoTime;  // of all used packets, for order "monotone"
  std::int64_t base_s = 0;

  void move_to_base(OpenFlow& flow) const;
  TableKey resolve(PacketKey const& key, std::span<CaptureLink const> links);
  std::int64_t ordered(std::int64_t t, OpenFlow& flow);
  void take(OpenFlow& flow, FlowPacket const& p, std::uint64_t packet, PacketKey const& key,
            std::span<CaptureLink const> links);
  void start(OpenFlow& flow, FlowStep const& step, FlowPacket const& p, std::uint64_t packet,
             PacketKey const& key);
  void emit(OpenFlow& flow, EndReason reason);
  void write_row(FeatureTable& table, std::size_t to, std::size_t from);
};

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
    flows.emplace_back().one_sided = projected.one_sided;
  }
  result.flow = place->second;
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
                               std::uint64_t packet, PacketKey const& key) {
  std::uint64_t const before = flow.origin.first_packet;
  if (flow.end.open()) {
    emit(flow, step.ended);
  }
  flow.end = begin(flow.end, step, p, profile.rules);
  flow.state = FlowState{};
  flow.state.forward = flow.end.forward;
  flow.sequence.clear();
  flow.previous_in_sequence = kNoTime;
  flow.origin = FlowOrigin{};
  flow.origin.first_packet = packet;
  flow.origin.continuation_of = step.continues ? static_cast<std::int64_t>(before) : -1;
  flow.origin.forward = flow.end.forward;
  flow.origin.layer = layer_of(key.path);
  flow.origin.key = key;
  set_start(flow.origin, base_s, p.t, profile.rules.unit_ns);
}

void StreamMeter::State::take(OpenFlow& flow, FlowPacket const& p, std::uint64_t packet,
                              PacketKey const& key, std::span<CaptureLink const> links) {
  FlowStep const step = decide(flow.end, p, profile.rules);
  if (step.starts_flow) {
    start(flow, step, p, packet, key);
    flow.origin.capture = links[key.link].file;
  } else {
    // Only now: a packet that ends the flow from afar must not saturate what the flow has gathered.
    if (flow.state_base_s != base_s) {
      flow.state.rebase(time_shift(flow.state_base_s, base_s, profile.rules.unit_ns));
    }
    advance(flow.end, p, profile.rules);
  }
  flow.state_base_s = base_s;
  flow.state.add(p, profile.rules);
  flow.origin.last_packet = packet;
  if (flow.sequence.size() < static_cast<std::size_t>(sequence.n) && in_sequence(p, sequence)) {
    flow.sequence.push_back(sequence_cell(p, flow.previous_in_sequence, sequence, profile.rules));
    flow.previous_in_sequence = p.t;
  }
}

void StreamMeter::State::emit(OpenFlow& flow, EndReason reason) {
  FeatureCell all[kFeatureCount];
  FinishFlow{}(flow.state, profile.rules, all);
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
  require_computable(profile);
  NTA_EXPECTS(options.sequence.n >= 0 && options.sequence.n <= kMaxSequence, ErrorKind::usage,
              "sequences of {} packets: 0 to {} can be asked for", options.sequence.n,
              kMaxSequence);
  state_->profile = std::move(profile);
  state_->set = select_features(options.features);
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
  state.clock = shifted(state.clock,
                        time_shift(state.base_s, table.time_base_s, state.profile.rules.unit_ns));
  state.base_s = table.time_base_s;
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
    PacketKey const& packet_key = table.keys[rows.key[i]];
    if (key.flow == kUnresolved) {
      key = state.resolve(packet_key, links);
    }
    RowUse const use = use_of_row(key.use, rows.bits[i], rows.cap_len[i], rules);
    state.use.rows[static_cast<std::size_t>(use)] += 1;
    if (use != RowUse::in_flow) {
      continue;
    }
    OpenFlow& flow = state.flows[key.flow];
    state.move_to_base(flow);
    std::int64_t const t = state.ordered(to_unit(rows.time_ns[i], rules.unit_ns), flow);
    FlowPacket const p = packet_at(rows, i, packet_key.protocol, flow.one_sided, t);
    state.take(flow, p, table.first_index + rows.index[i], packet_key, links);
  }
}

FeatureTable StreamMeter::finish() {
  State& state = *state_;
  for (OpenFlow& flow : state.flows) {
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
  state.flows.clear();
  state.index.clear();
  state.rows = Rows{};
  state.clock = kNoTime;
  return table;
}

UseCounts const& StreamMeter::use() const {
  return state_->use;
}

}  // namespace nta
