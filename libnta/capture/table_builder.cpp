#include "libnta/capture/table_builder.hpp"

#include "libnta/core/huge_pages.hpp"

#include <algorithm>
#include <utility>

namespace nta {

namespace {

/// Calls f(column, block column) for every column but the keys: the one place that lists them.
template <class Table, class Block, class F>
void for_each_column(Table& table, Block& block, F f) {
  f(table.key, block.key);
  f(table.index, block.index);
  f(table.time_ns, block.time_ns);
  f(table.wire_len, block.wire_len);
  f(table.cap_len, block.cap_len);
  f(table.ip_len, block.ip_len);
  f(table.ip_hdr, block.ip_hdr);
  f(table.l4_hdr, block.l4_hdr);
  f(table.tcp_flags, block.tcp_flags);
  f(table.ttl, block.ttl);
  f(table.tos, block.tos);
  f(table.window, block.window);
  f(table.icmp, block.icmp);
  f(table.seq, block.seq);
  f(table.ack, block.ack);
  f(table.status, block.status);
  f(table.bits, block.bits);
}

}  // namespace

std::size_t TableBuilder::append_plain(StagePlain way, std::span<Frame const> frames,
                                       std::uint64_t record_number, PlainRun& run) {
  if (n_rows_ >= rows_per_table_) flush();  // more: the layers of one record
  if (n_rows_ == 0) table_.first_index = record_number;
  if (n_staged_ == kBlockRows) append_block();
  std::size_t const room = std::min(kBlockRows - n_staged_, rows_per_table_ - n_rows_);
  run.row = n_staged_;
  run.index = static_cast<std::uint32_t>(record_number - table_.first_index);
  run.n_runs = n_runs_;
  std::size_t const n = way(block_, frames.first(std::min(room, frames.size())), run);
  n_staged_ += n;
  n_rows_ += n;
  n_runs_ = run.n_runs;
  return n;
}

void TableBuilder::number_keys() {
  RowBlock& b = block_;
  PlainKey const* const key = b.run_key.data() + 1;
  auto const is_plain = [&](std::size_t r) { return key[r].tail != PlainKey::kNone; };
  for (std::size_t r = 0; r < n_runs_; ++r) {
    b.run_hash[r] = is_plain(r) ? keys_.hash(key[r]) : keys_.hash(b.full_key[r]);
    keys_.fetch_slot(b.run_hash[r]);
  }
  for (std::size_t r = 0; r < n_runs_; ++r) {
    b.run_number[r] = keys_.likely_number(b.run_hash[r]);
    keys_.fetch_key(b.run_number[r]);
  }
  for (std::size_t r = 0; r < n_runs_; ++r) {
    std::uint32_t const likely = b.run_number[r];
    if (is_plain(r) && likely != KeyTable::kUnknown && keys_.is(likely, key[r])) continue;
    b.run_number[r] = is_plain(r) ? keys_.number_of(key[r], b.run_hash[r])
                                  : keys_.number_of(b.full_key[r], b.run_hash[r]);
  }
  for (std::size_t i = 0; i < n_staged_; ++i) b.key[i] = b.run_number[b.run[i]];
  n_runs_ = 0;
}

void TableBuilder::append_block() {
  number_keys();
  for_each_column(table_, block_, [&](auto& column, auto const& staged) {
    // Small captures shall not pay for a full table, large ones not for copies while it grows.
    if (column.size() + n_staged_ > column.capacity() && column.size() >= 16 * kBlockRows) {
      column.reserve(std::max<std::size_t>(rows_per_table_, column.size() + n_staged_));
      advise_huge_pages(column.data() + column.size(),
                        (column.capacity() - column.size()) * sizeof *column.data());
    }
    column.insert(column.end(), staged.data(), staged.data() + n_staged_);
  });
  n_staged_ = 0;
}

void TableBuilder::flush() {
  if (n_rows_ == 0) return;
  append_block();
  table_.keys = keys_.take();
  table_.time_base_s = time_base_s_;
  n_rows_ = 0;
  sink_(std::move(table_));
  // A sink that left the columns in place gives their memory back to the next table.
  keys_.give_back(std::exchange(table_.keys, {}));
  for_each_column(table_, block_, [](auto& column, auto const&) { column.clear(); });
}

}  // namespace nta
