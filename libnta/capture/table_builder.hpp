// Rows, one at a time -> PacketTables of a bounded size. Rows gather in a small block of columns
// that stays in the nearest cache and is appended to the table's columns as a whole.
#pragma once

#include "libnta/capture/decode.hpp"
#include "libnta/capture/frame.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/capture/key_table.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/capture/plain_ways.hpp"
#include "libnta/capture/row_block.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

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
  /// Rows of the frames that are plain, from the first on, if its record has this number: how many.
  /// Not all of them where a table or block is full.
  std::size_t append_plain(StagePlain way, std::span<Frame const> frames,
                           std::uint64_t record_number, PlainRun& run);
  /// Hands over what there is, if there is any.
  void flush();
  /// Seconds that the rows of the present and the later tables count from.
  void set_time_base(std::int64_t base_s) { time_base_s_ = base_s; }

 private:
  static constexpr std::size_t kBlockRows = RowBlock::kRows;

  void stage(Record const& record, IpLayer const& layer, std::size_t i) {
    RowBlock& b = block_;
    PlainKey plain;
    if (!plain_key_of(layer.key, plain)) {
      plain.tail = PlainKey::kNone;
      b.full_key[n_runs_] = layer.key;
      ++n_runs_;
    } else {
      n_runs_ += equal(plain, b.run_key[n_runs_]) ? 0 : 1;
    }
    b.run_key[n_runs_] = plain;
    b.run[i] = static_cast<std::uint8_t>(n_runs_ - 1);
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
  void stage_record(Record const& record, std::size_t i) {
    RowBlock& b = block_;
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
  RowBlock block_;
};

}  // namespace nta
