// Rows, one at a time -> PacketTables of a bounded size. Rows gather in a small block of columns
// that stays in the nearest cache and is appended to the table's columns as a whole.
#pragma once

#include "libnta/capture/decode.hpp"
#include "libnta/capture/frame.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/capture/key_table.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/capture/plain_frame.hpp"

#include <algorithm>
#include <array>
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
  /// Makes room for rows of plain frames, of which the first belongs to this record: how many, at
  /// least one.
  std::size_t begin_plain(std::uint64_t record_number) {
    if (n_rows_ >= rows_per_table_) flush();  // more: the layers of one record
    if (n_rows_ == 0) table_.first_index = record_number;
    if (n_staged_ == kBlockRows) append_block();
    return std::min(kBlockRows - n_staged_, rows_per_table_ - n_rows_);
  }
  /// Such rows, in a loop: what they share stays in registers until `staged`.
  struct PlainRows {
    std::size_t n_staged, n_runs;
    PlainKey run_key;     // of the last run, or none
    std::uint32_t index;  // of the next record
  };
  PlainRows plain_rows(std::uint64_t record_number) const {
    return {n_staged_, n_runs_, n_runs_ == 0 ? PlainKey{{}, kFullKey} : block_.run_key[n_runs_ - 1],
            static_cast<std::uint32_t>(record_number - table_.first_index)};
  }
  [[gnu::always_inline]] void append_plain(PlainRows& rows, Frame const& frame,
                                           std::int64_t time_ns, std::uint32_t link,
                                           unsigned bits) {
    stage_plain(rows, frame, time_ns, link, bits);
    ++rows.n_staged;
    ++rows.index;
  }
  void staged(PlainRows const& rows) {
    n_rows_ += rows.n_staged - n_staged_;
    n_staged_ = rows.n_staged;
    n_runs_ = rows.n_runs;
  }
  /// Hands over what there is, if there is any.
  void flush();
  /// Seconds that the rows of the present and the later tables count from.
  void set_time_base(std::int64_t base_s) { time_base_s_ = base_s; }

 private:
  static constexpr std::size_t kBlockRows = 256;
  static constexpr std::uint32_t kFullKey = UINT32_MAX;  // as a plain key's tail: is none
  template <class T>
  using Column = std::array<T, kBlockRows>;
  struct Block {
    // Not columns. Rows of one key that follow each other are a run, and its key is looked up once.
    std::array<PlainKey, kBlockRows + 1> run_key;
    Column<PacketKey> full_key;  // of the runs whose plain key is none
    Column<std::uint64_t> run_hash;
    Column<std::uint32_t> run_number;
    Column<std::uint8_t> run;  // of each row

    Column<std::int64_t> time_ns;
    Column<std::uint32_t> key, index, wire_len, cap_len, ip_len, seq, ack;
    Column<std::uint16_t> window, icmp, bits;
    Column<std::uint8_t> ip_hdr, l4_hdr, tcp_flags, ttl, tos, status;
  };

  void stage(Record const& record, IpLayer const& layer, std::size_t i) {
    Block& b = block_;
    PlainKey plain;
    if (!plain_key_of(layer.key, plain)) {
      plain.tail = kFullKey;
      b.full_key[n_runs_] = layer.key;
      stage_key(plain, false, i);
    } else {
      stage_key(plain, n_runs_ != 0 && equal(plain, b.run_key[n_runs_ - 1]), i);
    }
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
  /// Word by word out of registers: an assignment goes through memory that cannot be read back
  /// before all of it has been written.
  static void copy(PlainKey const& from, PlainKey& to) {
    for (std::size_t i = 0; i < 3; ++i) to.word[i] = from.word[i];
    to.tail = from.tail;
  }
  [[gnu::always_inline]] void stage_plain(PlainRows& rows, Frame const& frame, std::int64_t time_ns,
                                          std::uint32_t link, unsigned bits) {
    using F = PlainFrame;
    Block& b = block_;
    std::uint8_t const* const data = frame.data;
    std::size_t const i = rows.n_staged;
    PlainEnds const ends = plain_ends(data, link);
    // Without a branch: written in any case, counted if it is another key than before.
    copy(ends.key, b.run_key[rows.n_runs]);
    rows.n_runs += equal(ends.key, rows.run_key) ? 0 : 1;
    copy(ends.key, rows.run_key);
    b.run[i] = static_cast<std::uint8_t>(rows.n_runs - 1);
    b.index[i] = rows.index;
    b.time_ns[i] = time_ns;
    b.wire_len[i] = frame.wire_len;
    b.cap_len[i] = frame.cap_len;
    b.status[i] = 0;
    // Which of the two it is changes too often for a branch: UDP has zeros where TCP has fields.
    std::uint32_t const tcp = data[F::kIp + 9] == F::kTcp ? UINT32_MAX : 0;
    b.ip_len[i] = load_be16(data + F::kIp + 2);
    b.ip_hdr[i] = F::kIpHeaderBytes / 4;
    b.ttl[i] = data[F::kIp + 8];
    b.tos[i] = data[F::kIp + 1];
    b.icmp[i] = 0;
    unsigned const tcp_bytes = (data[F::kL4 + 12] >> 4) * 4U;
    b.l4_hdr[i] = static_cast<std::uint8_t>(((tcp_bytes ^ 8) & tcp) ^ 8);
    b.tcp_flags[i] = static_cast<std::uint8_t>(data[F::kL4 + 13] & tcp);
    b.window[i] = static_cast<std::uint16_t>(load_be16(data + F::kL4 + 14) & tcp);
    b.seq[i] = load_be32(data + F::kL4 + 4) & tcp;
    b.ack[i] = load_be32(data + F::kL4 + 8) & tcp;
    b.bits[i] = static_cast<std::uint16_t>(bits | (ends.source_is_b ? unsigned{kRowSide} : 0U));
  }
  void stage_key(PlainKey const& key, bool as_before, std::size_t i) {
    block_.run_key[n_runs_ - (as_before ? 1 : 0)] = key;
    n_runs_ += as_before ? 0 : 1;
    block_.run[i] = static_cast<std::uint8_t>(n_runs_ - 1);
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

  std::uint32_t rows_per_table_;
  PacketSink const& sink_;
  std::int64_t time_base_s_ = 0;
  std::size_t n_rows_ = 0;
  std::size_t n_staged_ = 0;
  std::size_t n_runs_ = 0;
  PacketTable table_;
  KeyTable keys_;
  Block block_;
};

}  // namespace nta
