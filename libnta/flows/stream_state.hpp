// Inside the streaming meter: a record per key with its open flow, one per ended flow until its row
// is taken, and the way of a packet through them.
#pragma once

#include "libnta/flows/flow_bodies.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_key.hpp"
#include "libnta/flows/flow_records.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "libnta/flows/table_rows.hpp"

#include <deque>
#include <vector>

namespace nta {
namespace stream_detail {

inline constexpr std::uint32_t kUnresolved = FlowIndex::kNone;
/// How far behind the clock a packet may be without a sweep having ended its flow too soon.
inline constexpr std::int64_t kLateNs = 5'000'000'000;

inline constexpr std::size_t kAhead = 16;  // how far memory is asked for before it is needed

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
  std::uint32_t flow = 0;
};

/// What a table's keys are to the meter. `known`: all but the flow is. `kept`: also after add().
struct TableKey {
  KeyUse use;
  std::uint32_t flow = kUnresolved;
  bool known = false, kept = false;
  KeyTraits traits;
  std::uint64_t hash = 0;
  Arrival arrival;
};

}  // namespace stream_detail

struct StreamState {
  Profile profile;
  FeatureSet set;
  SequenceSpec sequence;
  bool join_files = true;

  FlowIndex index;  // of open flows
  FlowRecords flows;
  FlowBodies bodies;
  std::deque<std::uint32_t> ended;  // in the order of their ends
  UseCounts use;
  std::uint64_t late = 0;
  std::int64_t clock = kNoTime;  // latest time of all used packets
  std::int64_t base_s = 0;
  bool based = false;
  std::vector<stream_detail::Waiting> waiting;
  std::deque<PacketKey> kept_keys;  // of waiting packets
  std::vector<SequenceCell> cells;

  StreamState(Profile of, MeterOptions const& options)
      : profile(std::move(of)),
        set(select_features(options.features)),
        sequence(options.sequence),
        join_files(options.join_files),
        bodies(set.family, flows) {}

  ProjectedKey key_of(PacketKey const& key, std::uint32_t file) const {
    return project(key, join_files ? 0 : file, profile.rules);
  }
  std::uint64_t hash_of_record(std::uint32_t id) const {
    return hash_of(key_of(flows[id].origin.key, flows[id].origin.capture).key);
  }
  std::uint32_t find(stream_detail::TableKey const& key) const;
  TimeShift move_to_table(std::int64_t table_base_s);
  void move_to_base(FlowRecord& flow) const;
  void look_up(PacketTable const& table, std::span<CaptureLink const> links,
               std::vector<stream_detail::TableKey>& keys);
  void open(stream_detail::TableKey& key);
  void wait(stream_detail::TableKey& key, FlowPacket const& p);
  void prefetch(std::uint32_t record, std::uint32_t body) const;
  void recount(RowUse use);
  void take_waiting();
  void note(std::int64_t t);
  std::int64_t ordered(std::int64_t t, FlowRecord& flow) const;
  void take(std::uint32_t id, FlowPacket p, stream_detail::Arrival const& arrival);
  void start(std::uint32_t id, FlowStep const& step, FlowPacket const& p,
             stream_detail::Arrival const& arrival);
  void end(std::uint32_t id, EndReason reason);
  bool keep(std::uint32_t id, EndReason reason);
  EndReason silent(FlowRecord const& flow) const;
  void write_sequence(FeatureTable& table, std::size_t row, std::uint32_t id);
  FeatureTable rows_of(std::span<std::uint32_t const> ids);
  std::vector<std::uint32_t> all_in_order();
};

}  // namespace nta
