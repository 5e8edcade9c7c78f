// A packet's way: its key's open flow, the rule, the flow's body; and which flows have ended.
#include "libnta/flows/stream_state.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/prefetch.hpp"

#include <algorithm>

namespace nta {

using stream_detail::Arrival;
using stream_detail::kAhead;
using stream_detail::kLateNs;
using stream_detail::kUnresolved;
using stream_detail::TableKey;
using stream_detail::Waiting;

/// To a table's time base; returns what moves the table's times to base_s. With order "sorted" all
/// times count from the first table's base, so that they compare.
TimeShift StreamState::move_to_table(std::int64_t table_base_s) {
  std::int64_t const unit_ns = profile.rules.unit_ns;
  if (based && profile.rules.order == PacketOrder::sorted) {
    return time_shift(table_base_s, base_s, unit_ns);
  }
  clock = shifted(clock, time_shift(base_s, table_base_s, unit_ns));
  base_s = table_base_s;
  based = true;
  return {0, kMaxTime / unit_ns};
}

void StreamState::move_to_base(FlowRecord& flow) const {
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

std::uint32_t StreamState::find(TableKey const& key) const {
  FlowKey const wanted = key_of(*key.arrival.key, key.arrival.capture).key;
  return index.find(key.hash, [&](std::uint32_t id) {
    return key_of(flows[id].origin.key, flows[id].origin.capture).key == wanted;
  });
}

/// The open flows of a table's keys, where there are any: in steps, so that the memory of one key
/// is on its way while others are looked at.
void StreamState::look_up(PacketTable const& table, std::span<CaptureLink const> links,
                          std::vector<TableKey>& keys) {
  auto const prepare = [&](std::size_t i) {
    PacketKey const& packet = table.keys[i];
    if (packet.link >= links.size()) {
      return;  // no matter unless a used row has it
    }
    CaptureLink const& link = links[packet.link];
    TableKey& key = keys[i];
    key.known = true;
    key.use = use_of_key(packet, link.link_type, profile.rules);
    ProjectedKey const projected = key_of(packet, link.file);
    key.hash = hash_of(projected.key);
    key.traits = {packet.protocol, packet.ip_version, projected.one_sided};
    key.arrival = {0, link.file, &packet};
    index.prefetch(key.hash);
  };
  std::size_t const n = keys.size();
  for (std::size_t i = 0; i < n + 2 * kAhead; ++i) {
    if (i < n) {
      prepare(i);
    }
    if (i >= kAhead && i < n + kAhead && keys[i - kAhead].known) {
      std::uint32_t const id = index.candidate(keys[i - kAhead].hash);
      if (id != FlowIndex::kNone) {
        prefetch_line(&flows[id].origin.key);
        prefetch_line(&flows[id].origin.key.shims);
      }
    }
    if (i >= 2 * kAhead && keys[i - 2 * kAhead].known) {
      keys[i - 2 * kAhead].flow = find(keys[i - 2 * kAhead]);
    }
  }
}

/// A record for a key that had none, unless another key of the table has just got the same.
void StreamState::open(TableKey& key) {
  key.flow = find(key);
  if (key.flow != kUnresolved) {
    return;
  }
  key.flow = flows.take();
  FlowOrigin& origin = flows[key.flow].origin;
  origin.key = *key.arrival.key;
  origin.capture = key.arrival.capture;
  index.insert(key.hash, key.flow, [this](std::uint32_t id) { return hash_of_record(id); });
}

void StreamState::wait(TableKey& key, FlowPacket const& p) {
  if (!key.kept) {
    key.arrival.key = &kept_keys.emplace_back(*key.arrival.key);
    key.kept = true;
  }
  waiting.push_back({p, key.arrival, key.flow});
}

/// Two flows that packets are about to reach, the second sooner.
void StreamState::prefetch(std::uint32_t record, std::uint32_t body) const {
  if (record != kUnresolved) {
    prefetch_line(&flows[record]);
    prefetch_line(&flows[record].origin.last_packet);
  }
  if (body != kUnresolved) {
    bodies.prefetch(body);
  }
}

void StreamState::note(std::int64_t t) {
  late += clock != kNoTime && clock - t > kLateNs / profile.rules.unit_ns ? 1 : 0;
  clock = std::max(clock, t);
}

std::int64_t StreamState::ordered(std::int64_t t, FlowRecord& flow) const {
  switch (profile.rules.order) {
    case PacketOrder::monotone:
      return clock;  // t was noted
    case PacketOrder::monotone_key:
      return flow.clock = std::max(flow.clock, t);
    case PacketOrder::capture:
    case PacketOrder::sorted:
      break;
  }
  return t;
}

void StreamState::start(std::uint32_t id, FlowStep const& step, FlowPacket const& p,
                        Arrival const& arrival) {
  FlowRecord& flow = flows[id];
  std::uint64_t const before = flow.origin.first_packet;
  if (step.ended != EndReason::none) {
    end(id, step.ended);
  }
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
void StreamState::recount(RowUse why) {
  use.rows[static_cast<std::size_t>(RowUse::in_flow)] -= 1;
  use.rows[static_cast<std::size_t>(why)] += 1;
}

void StreamState::take(std::uint32_t id, FlowPacket p, Arrival const& arrival) {
  Rules const& rules = profile.rules;
  FlowRecord& flow = flows[id];
  FlowStep const step = take_packet(flow.end, p, rules);
  if (step.left_out) {
    recount(RowUse::late_fin);
    return;
  }
  if (step.starts_flow) {
    start(id, step, p, arrival);
  } else if (flow.body_base_s != base_s) {
    // Only now: a packet that ends the flow from afar must not saturate what the flow has gathered.
    bodies.rebase(id, time_shift(flow.body_base_s, base_s, rules.unit_ns), rules);
  }
  flow.body_base_s = base_s;
  bodies.add(id, p, rules);
  flow.origin.last_packet = arrival.packet;
  if (flow.body.n_cells < sequence.n && in_sequence(p, sequence)) {
    bodies.add_cell(id, sequence_cell(p, flow.previous_in_sequence, sequence, rules));
    flow.previous_in_sequence = p.t;
  }
}

void StreamState::take_waiting() {
  std::stable_sort(waiting.begin(), waiting.end(), [](Waiting const& x, Waiting const& y) {
    return x.flow != y.flow ? x.flow < y.flow : x.p.t < y.p.t;
  });
  for (Waiting const& one : waiting) {
    flows[one.flow].base_s = base_s;
    take(one.flow, one.p, one.arrival);
  }
  waiting = {};
  kept_keys.clear();
}

/// False: the profile has no row for such a flow, and nothing of it is left.
bool StreamState::keep(std::uint32_t id, EndReason reason) {
  FlowRecord& flow = flows[id];
  if (profile.rules.singles == Singles::drop && flow.body.packets == 1) {
    recount(RowUse::single_packet_flow);
    bodies.release(id);
    return false;
  }
  flow.origin.end_reason = reason;
  return true;
}

/// The key's flow ends, its record is for the next one.
void StreamState::end(std::uint32_t id, EndReason reason) {
  if (keep(id, reason)) {
    std::uint32_t const kept = flows.take();
    flows[kept] = flows[id];
    bodies.hand_over(id, kept);
    ended.push_back(kept);
  }
}

/// Why the flow has ended for all packets that are not late; none: it has not.
EndReason StreamState::silent(FlowRecord const& flow) const {
  Rules const& rules = profile.rules;
  if (!flow.end.open()) {
    return EndReason::none;
  }
  TimeShift const shift = time_shift(flow.base_s, base_s, rules.unit_ns);
  std::int64_t const earliest = clamp_time(clock - kLateNs / rules.unit_ns);
  if (rules.tcp_end == TcpEndRule::close_linger && flow.end.closed() &&
      earliest - shifted(flow.end.closed_at, shift) > rules.linger) {
    return flow.end.closed_by;
  }
  std::int64_t const last = std::max(flow.end.last, flow.clock);
  return rules.idle.reached(earliest - shifted(last, shift)) ? flow.end.reason(EndReason::idle)
                                                             : EndReason::none;
}

/// Ends what is open; all flows in the order of rows.
std::vector<std::uint32_t> StreamState::all_in_order() {
  take_waiting();
  struct Place {
    std::uint64_t first_packet;
    std::uint32_t id;
    std::uint8_t layer;
  };
  std::vector<Place> places;
  places.reserve(index.size() + ended.size());
  auto const place = [&](std::uint32_t id) {
    FlowOrigin const& origin = flows[id].origin;
    places.push_back({origin.first_packet, id, origin.layer});
  };
  index.for_each([&](std::uint32_t id) {
    if (flows[id].end.open() && keep(id, flows[id].end.reason(EndReason::eof))) {
      place(id);
    }
  });
  index.clear();
  std::for_each(ended.begin(), ended.end(), place);
  ended.clear();
  std::sort(places.begin(), places.end(), [](Place const& x, Place const& y) {
    return x.first_packet != y.first_packet ? x.first_packet < y.first_packet : x.layer < y.layer;
  });
  std::vector<std::uint32_t> ids(places.size());
  std::transform(places.begin(), places.end(), ids.begin(),
                 [](Place const& one) { return one.id; });
  return ids;
}

}  // namespace nta
