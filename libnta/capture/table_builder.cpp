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

void TableBuilder::number_keys() {
  constexpr std::size_t kAhead = 12;  // look-ups whose memory is on its way at a time
  auto const fetch = [this](std::size_t i) {
    if (!block_.is_plain[i]) keys_.fetch_key(block_.key_hash[i]);
  };
  for (std::size_t i = 0; i < std::min(kAhead, n_staged_); ++i) fetch(i);
  for (std::size_t i = 0; i < n_staged_; ++i) {
    if (i + kAhead < n_staged_) fetch(i + kAhead);
    if (block_.is_plain[i]) {
      number_plain(i);
    } else {
      block_.key[i] = keys_.number_of(block_.full_key[i], block_.key_hash[i]);
    }
  }
}

void TableBuilder::number_plain(std::size_t i) {
  PlainKey const& plain = block_.plain_key[i];
  std::uint64_t const hash = block_.key_hash[i];
  std::uint32_t number = plain_keys_.find(plain, hash);
  if (number == PlainKeys::kUnknown) [[unlikely]] {
    number = keys_.number_of(packet_key_of(plain));
    plain_keys_.add(plain, hash, number);
  }
  block_.key[i] = number;
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
  plain_keys_.clear();
  table_.time_base_s = time_base_s_;
  n_rows_ = 0;
  sink_(std::move(table_));
  // A sink that left the columns in place gives their memory back to the next table.
  table_.keys.clear();
  for_each_column(table_, block_, [](auto& column, auto const&) { column.clear(); });
}

}  // namespace nta
