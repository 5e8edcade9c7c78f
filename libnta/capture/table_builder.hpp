// Rows, one at a time -> PacketTables of a bounded size. Rows gather in a small block of columns
// that stays in the nearest cache and is appended to the table's columns as a whole.
#pragma once

#include "libnta/capture/decode.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/capture/key_table.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/capture/plain_frame.hpp"
#include "libnta/capture/plain_keys.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

class TableBuilder {
 public:
  /// `sink` must outlive the builder.
  TableBuilder(std::uint32_t rows_per_table, PacketSink const& sink)
      : rows_per_table_(rows_per_table), sink_(sink) {}

  /// What the rows of one record have in common.
  struct Record {
    std::uint64_t number = 0;  // over all inputs
    std::int64_t time_ns = 0;  // since the time base
    std::uint32_t wire_len = 0, cap_len = 0;
    SkipReason status = SkipReason::none;
  };

  /// Call before a record's rows: hands over the table if they do not fit any more.
  void begin(Record const& record, int n_rows) {
    if (n_rows_ != 0 && n_rows_ + static_cast<std::size_t>(n_rows) > rows_per_table_) flush();
    if (n_rows_ == 0) table_.first_index = record.number;
  }
  /// A row; the layer is canonical, its key has its link.
  void append(Record const& record, IpLayer const& layer) {
    if (n_staged_ == kBlockRows) append_block();
    stage(record, layer, n_staged_++);
    ++n_rows_;
  }
  /// The row of a plain frame, whose link is at most PlainKey::kMaxLink. `bits`: all but the side.
  void append_plain(Record const& record, std::uint8_t const* data, std::uint32_t link,
                    std::uint16_t bits) {
    if (n_staged_ == kBlockRows) append_block();
    stage_plain(record, data, link, bits, n_staged_++);
    ++n_rows_;
  }
  /// Hands over what there is, if there is any.
  void flush();
  /// Seconds that the rows of the present and the later tables count from.
  void set_time_base(std::int64_t base_s) { time_base_s_ = base_s; }

 private:
  static constexpr std::size_t kBlockRows = 256;
  template <class T>
  using Column = std::array<T, kBlockRows>;
  struct Block {
    // Not columns: what `key` will be the number of, one of the two.
    Column<PacketKey> full_key;
    Column<PlainKey> plain_key;
    Column<bool> is_plain;
    Column<std::uint64_t> key_hash;
    Column<std::int64_t> time_ns;
    Column<std::uint32_t> key, index, wire_len, cap_len, ip_len, seq, ack;
    Column<std::uint16_t> window, icmp, bits;
    Column<std::uint8_t> ip_hdr, l4_hdr, tcp_flags, ttl, tos, status;
  };

  void stage(Record const& record, IpLayer const& layer, std::size_t i) {
    Block& b = block_;
    b.is_plain[i] = false;
    b.full_key[i] = layer.key;
    b.key_hash[i] = keys_.hash(layer.key);
    keys_.fetch_slot(b.key_hash[i]);
    stage_record(record, i);
    b.ip_len[i] = layer.ip_len;
    b.ip_hdr[i] = static_cast<std::uint8_t>(layer.ip_hdr_bytes / 4);
    b.l4_hdr[i] = layer.l4_hdr;
    b.tcp_flags[i] = layer.tcp_flags;
    b.ttl[i] = layer.ttl;
    b.tos[i] = layer.tos;
    b.window[i] = layer.window;
    b.icmp[i] = layer.icmp;
    b.seq[i] = layer.seq;
    b.ack[i] = layer.ack;
    b.bits[i] = layer.bits;
  }
  void stage_plain(Record const& record, std::uint8_t const* data, std::uint32_t link,
                   std::uint16_t bits, std::size_t i) {
    using F = PlainFrame;
    Block& b = block_;
    b.is_plain[i] = true;
    PlainEnds const ends = plain_ends(data, link);
    b.plain_key[i] = ends.key;
    b.key_hash[i] = hash_of(ends.key);
    plain_keys_.fetch(b.key_hash[i]);
    stage_record(record, i);
    bool const tcp = data[F::kIp + 9] == F::kTcp;
    b.ip_len[i] = load_be16(data + F::kIp + 2);
    b.ip_hdr[i] = F::kIpHeaderBytes / 4;
    b.ttl[i] = data[F::kIp + 8];
    b.tos[i] = data[F::kIp + 1];
    b.icmp[i] = 0;
    b.l4_hdr[i] = static_cast<std::uint8_t>(tcp ? (data[F::kL4 + 12] >> 4) * 4 : 8);
    b.tcp_flags[i] = tcp ? data[F::kL4 + 13] : std::uint8_t{0};
    b.window[i] = tcp ? load_be16(data + F::kL4 + 14) : std::uint16_t{0};
    b.seq[i] = tcp ? load_be32(data + F::kL4 + 4) : 0;
    b.ack[i] = tcp ? load_be32(data + F::kL4 + 8) : 0;
    b.bits[i] = static_cast<std::uint16_t>(bits | (ends.source_is_b ? kRowSide : 0));
  }
  void stage_record(Record const& record, std::size_t i) {
    Block& b = block_;
    b.index[i] = static_cast<std::uint32_t>(record.number - table_.first_index);
    b.time_ns[i] = record.time_ns;
    b.wire_len[i] = record.wire_len;
    b.cap_len[i] = record.cap_len;
    b.status[i] = static_cast<std::uint8_t>(record.status);
  }
  void append_block();
  void number_keys();
  void number_plain(std::size_t i);

  std::uint32_t rows_per_table_;
  PacketSink const& sink_;
  std::int64_t time_base_s_ = 0;
  std::size_t n_rows_ = 0;
  std::size_t n_staged_ = 0;
  PacketTable table_;
  KeyTable keys_;
  PlainKeys plain_keys_;  // of keys_
  Block block_;
};

}  // namespace nta
