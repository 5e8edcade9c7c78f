// Tables -> the packets that a profile counts, with what their flows' identities need. Packets stay
// in the order in which they were added.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/raw_buffer.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/packed_packet.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/flows/table_rows.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace nta {

/// What a table's key is to the meter. Looked up for every packet, so in one word.
struct RowKey {
  RowKey(KeyUse const& of, bool one_sided_key)
      : protocol(of.protocol),
        ip_version(of.ip_version),
        layer_possible(of.layer_possible),
        in_profile(of.in_profile),
        one_sided(one_sided_key),
        plain(of.layer_possible && of.in_profile && of.protocol != kProtocolNoNext) {}
  KeyUse use() const { return {layer_possible, in_profile, ip_version, protocol}; }
  std::uint32_t id = 0;  // dense number of its flow key
  std::uint8_t protocol, ip_version;
  bool layer_possible : 1, in_profile : 1;
  bool one_sided : 1;
  bool plain : 1;  // rows without special bits, of no short frame, are in flows
};
static_assert(sizeof(RowKey) == 8);

class SelectedRows {
 public:
  /// The next table's keys; returns room for the number of each key's file, to be written.
  std::uint32_t* add_keys(std::span<PacketKey const> keys);
  /// `keys`: one per key of the table, after add_keys. Error(failed) beyond 2^32 - 1 packets.
  UseCounts add(PacketTable const& table, std::span<RowKey const> keys, Rules const& rules,
                Exec const& exec);
  void clear();
  /// The same, but the clock of order "monotone" goes on.
  void clear_rows();

  /// For order "sorted": rows by time, all from the first base; equal times stay as they are.
  void sort_by_time();

  /// Valid until the next add or clear.
  SelectedPackets selected(std::uint32_t n_keys);

  std::size_t size() const { return packet_.size(); }
  /// Do rows ascend by (record, layer)? So they come from an ingest; from shards by partition.
  bool in_capture_order() const { return in_order_; }
  std::uint32_t id(std::uint32_t row) const { return id_[row]; }
  std::uint64_t record(std::uint32_t row) const {
    auto const first = record_firsts_.size() == 1 ? record_firsts_[0].record : record_first(row);
    return first + record_[row];
  }
  PacketKey const& key(std::uint32_t row) const { return keys_[key_[row]]; }
  std::uint32_t capture(std::uint32_t row) const { return captures_[key_[row]]; }
  std::int64_t base_s(std::uint32_t row) const;
  /// Ask for what origin() reads early: first its rows, then, when those are there, its key.
  void fetch_rows(FlowCut const& cut) const;
  void fetch_key(FlowCut const& cut) const;
  /// Who a flow of these rows is.
  FlowOrigin origin(FlowCut const& cut, Rules const& rules) const;
  static constexpr std::size_t kRowBytes = sizeof(PackedPacket) + 3 * sizeof(std::uint32_t);
  /// B that the rows and keys take.
  std::size_t bytes() const;

 private:
  struct Writer;
  static UseCounts write_blocks(Writer const& writer, std::size_t n, Exec const& exec);
  void begin_base(std::int64_t base_s, std::int64_t unit_ns);
  std::uint32_t begin_records(PacketTable const& table, std::uint32_t first_key);
  std::uint64_t record_first(std::uint32_t row) const;
  bool ascend(std::size_t first) const;
  void apply_global_clock(std::size_t first);

  RawBuffer<PackedPacket> packet_;
  /// Records of the tables whose keys begin at `key` count from `record`. One, but for inputs of
  /// more than 2^32 packets and for tables that go back.
  struct RecordFirst {
    std::uint32_t key;
    std::uint64_t record;
  };

  RawBuffer<std::uint32_t> id_, key_;
  RawBuffer<std::uint32_t> record_;  // number over all inputs, from its RecordFirst on
  std::vector<RecordFirst> record_firsts_;
  RawBuffer<PacketKey> keys_;
  RawBuffer<std::uint32_t> captures_;      // by key
  std::vector<std::uint32_t> base_first_;  // first row of each base
  std::vector<std::int64_t> bases_s_;
  std::int64_t unit_ns_ = 1;
  std::int64_t clock_base_s_ = 0;  // that clock_ counts from
  bool in_order_ = true;
  std::int64_t clock_ = kNoTime;  // of all used packets, for order "monotone"
};

}  // namespace nta
