#include "kernels/selected_rows.hpp"

#include "kernels/segment_mark.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/prefetch.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <type_traits>

namespace nta {
namespace {

constexpr std::size_t kBlockRows = 16384;
constexpr std::size_t kAhead = 40;  // rows whose key is on its way

}  // namespace

void SelectedRows::begin_base(std::int64_t base_s, std::int64_t unit_ns) {
  unit_ns_ = unit_ns;
  if (!bases_s_.empty() && bases_s_.back() == base_s) {
    return;
  }
  clock_ = shifted(clock_, time_shift(clock_base_s_, base_s, unit_ns));
  clock_base_s_ = base_s;
  base_first_.push_back(static_cast<std::uint32_t>(packet_.size()));
  bases_s_.push_back(base_s);
}

/// Where the table's records begin, counted as its rows' will be.
std::uint32_t SelectedRows::begin_records(PacketTable const& table, std::uint32_t first_key) {
  auto const index = table.rows().index;
  std::uint64_t last = table.first_index;
  if (!index.empty()) {
    last += *std::max_element(index.begin(), index.end());
  }
  bool const fits = !record_firsts_.empty() && table.first_index >= record_firsts_.back().record &&
                    last - record_firsts_.back().record <= UINT32_MAX;
  if (!fits) {
    record_firsts_.push_back({first_key, table.first_index});
  }
  return static_cast<std::uint32_t>(table.first_index - record_firsts_.back().record);
}

/// By key: rows may be in another order than they came in.
std::uint64_t SelectedRows::record_first(std::uint32_t row) const {
  auto const after =
      std::upper_bound(record_firsts_.begin(), record_firsts_.end(), key_[row],
                       [](std::uint32_t key, RecordFirst const& first) { return key < first.key; });
  return (after - 1)->record;
}

/// One table's rows on their way in. Blocks of rows can be written at the same time.
struct SelectedRows::Writer {
  RawRows rows;
  std::span<RowKey const> keys;
  Rules const& rules;
  std::int64_t unit_ns;
  std::uint32_t first_record;
  std::uint32_t key_before;
  PackedPacket* packet;
  std::uint32_t *id, *key, *record;

  /// use_of_row with its commonest answer first.
  RowUse use_of(RowKey of, std::uint16_t bits, std::uint32_t cap_len) const {
    bool const no_special_bits = (bits & ~(kRowSide | kRowPrimary)) == 0;
    if (of.plain && no_special_bits && cap_len >= kShortFrameBytes) {
      return RowUse::in_flow;
    }
    return use_of_row(of.use(), bits, cap_len, rules);
  }
  void fetch(std::size_t i, std::size_t last) const {
    if (i < last) {
      prefetch_line(&keys[rows.key[i]]);
    }
  }
  UseCounts count(std::size_t first, std::size_t last) const {
    UseCounts count;
    for (auto i = first; i < last; ++i) {
      if (rows.status[i] == 0) {
        fetch(i + kAhead, last);
        ++count.rows[static_cast<std::size_t>(
            use_of(keys[rows.key[i]], rows.bits[i], rows.cap_len[i]))];
      }
    }
    return count;
  }
  /// Counts too, so that one thread needs one pass.
  UseCounts write(std::size_t first, std::size_t last, std::size_t at) const {
    Writer const own = *this;  // nobody else can point into it: pointers stay in registers
    UseCounts count;
    std::uint64_t in_flow = 0;
    for (auto i = first; i < last; ++i) {
      if (own.rows.status[i] != 0) {
        continue;
      }
      own.fetch(i + kAhead, last);
      auto const table_key = own.rows.key[i];
      RowKey const row_key = own.keys[table_key];
      auto const use = own.use_of(row_key, own.rows.bits[i], own.rows.cap_len[i]);
      if (use != RowUse::in_flow) {
        ++count.rows[static_cast<std::size_t>(use)];
        continue;
      }
      ++in_flow;
      KeyTraits const traits{row_key.protocol, row_key.ip_version, row_key.one_sided};
      // In place: a copy would wait for the bytes just stored one by one.
      ::new (static_cast<void*>(own.packet + at)) PackedPacket(
          pack(packet_at(own.rows, i, traits, to_unit(own.rows.time_ns[i], own.unit_ns))));
      own.id[at] = row_key.id;
      own.key[at] = own.key_before + table_key;
      own.record[at] = own.first_record + own.rows.index[i];
      ++at;
    }
    count.rows[static_cast<std::size_t>(RowUse::in_flow)] = in_flow;
    return count;
  }
};

std::uint32_t* SelectedRows::add_keys(std::span<PacketKey const> keys) {
  std::uninitialized_copy(keys.begin(), keys.end(), keys_.grow(keys.size()));
  return captures_.grow(keys.size());
}

UseCounts SelectedRows::add(PacketTable const& table, std::span<RowKey const> keys,
                            Rules const& rules, Exec const& exec) {
  begin_base(table.time_base_s, rules.unit_ns);
  auto const n = table.size();
  auto const before = packet_.size();
  NTA_EXPECTS(before + n < std::numeric_limits<std::uint32_t>::max(), ErrorKind::failed,
              "{} packets are too many for one bulk run", before + n);
  auto const first_key = static_cast<std::uint32_t>(keys_.size() - keys.size());
  Writer const writer{raw(table.rows()),
                      keys,
                      rules,
                      rules.unit_ns,
                      begin_records(table, first_key),
                      first_key,
                      packet_.grow(n),
                      id_.grow(n),
                      key_.grow(n),
                      record_.grow(n)};
  auto const all = exec.threads == 1 ? writer.write(0, n, 0) : write_blocks(writer, n, exec);
  auto const unused = n - all[RowUse::in_flow];
  packet_.shrink(unused);
  id_.shrink(unused);
  key_.shrink(unused);
  record_.shrink(unused);
  in_order_ = in_order_ && ascend(std::max<std::size_t>(before, 1));
  if (rules.order == PacketOrder::monotone) {
    apply_global_clock(before);
  }
  return all;
}

/// Do rows from `first` on come after the row before them?
bool SelectedRows::ascend(std::size_t first) const {
  for (auto i = static_cast<std::uint32_t>(first); i < size(); ++i) {
    if (record(i) < record(i - 1) ||
        (record(i) == record(i - 1) && layer_of(key(i).path) <= layer_of(key(i - 1).path))) {
      return false;
    }
  }
  return true;
}

UseCounts SelectedRows::write_blocks(Writer const& writer, std::size_t n, Exec const& exec) {
  std::vector<UseCounts> counts((n + kBlockRows - 1) / kBlockRows);
  for_each_block(n, kBlockRows, exec, [&](std::size_t first, std::size_t last) {
    counts[first / kBlockRows] = writer.count(first, last);
  });
  UseCounts all;
  std::vector<std::size_t> offset(counts.size());
  for (std::size_t b = 0; b < counts.size(); ++b) {
    offset[b] = all[RowUse::in_flow];
    all.add(counts[b]);
  }
  for_each_block(n, kBlockRows, exec, [&](std::size_t first, std::size_t last) {
    writer.write(first, last, offset[first / kBlockRows]);
  });
  return all;
}

/// Rows from `first` on are of one table. By partition they are not in capture order, the clock is.
void SelectedRows::apply_global_clock(std::size_t first) {
  auto const tick = [&](std::size_t i) {
    auto& t = packet_.data()[i].t;
    clock_ = std::max(clock_, t);
    t = clock_;
  };
  auto const* const record = record_.data();
  if (std::is_sorted(record + first, record + packet_.size())) {
    for (auto i = first; i < packet_.size(); ++i) {
      tick(i);
    }
    return;
  }
  std::vector<std::uint32_t> order(packet_.size() - first);
  std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(first));
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t x, std::uint32_t y) { return record[x] < record[y]; });
  for (auto const i : order) {
    tick(i);
  }
}

void SelectedRows::sort_by_time() {
  for (std::size_t b = 1; b < base_first_.size(); ++b) {
    auto const end = b + 1 < base_first_.size() ? base_first_[b + 1] : packet_.size();
    auto const shift = time_shift(bases_s_[b], bases_s_[0], unit_ns_);
    for (std::size_t i = base_first_[b]; i < end; ++i) {
      packet_.data()[i].t = shifted(packet_.data()[i].t, shift);
    }
  }
  base_first_.resize(std::min<std::size_t>(base_first_.size(), 1));
  bases_s_.resize(base_first_.size());
  auto const* const packet = packet_.data();
  auto const earlier = [&](std::uint32_t x, std::uint32_t y) { return packet[x].t < packet[y].t; };
  std::vector<std::uint32_t> order(packet_.size());
  std::iota(order.begin(), order.end(), 0U);
  if (std::is_sorted(order.begin(), order.end(), earlier)) {
    return;
  }
  std::stable_sort(order.begin(), order.end(), earlier);
  auto const permute = [&](auto& column) {
    using Value = std::remove_reference_t<decltype(column.data()[0])>;
    std::vector<Value> const before(column.data(), column.data() + column.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      column.data()[i] = before[order[i]];
    }
  };
  permute(packet_), permute(id_), permute(key_), permute(record_);
  in_order_ = false;
}

SelectedPackets SelectedRows::selected(std::uint32_t n_keys) {
  return {.packet = packet_.data(),
          .id = id_.data(),
          .n = packet_.size(),
          .n_keys = n_keys,
          .bases = {base_first_.data(), bases_s_.data(),
                    static_cast<std::uint32_t>(base_first_.size()), unit_ns_}};
}

std::int64_t SelectedRows::base_s(std::uint32_t row) const {
  auto const after = std::upper_bound(base_first_.begin(), base_first_.end(), row);
  return bases_s_[static_cast<std::size_t>(after - base_first_.begin()) - 1];
}

void SelectedRows::fetch_rows(FlowCut const& cut) const {
  prefetch_line(record_.data() + cut.first_row);
  prefetch_line(record_.data() + cut.last_row);
  prefetch_line(key_.data() + cut.first_row);
}

void SelectedRows::fetch_key(FlowCut const& cut) const {
  auto const* const key = reinterpret_cast<char const*>(&keys_[key_[cut.first_row]]);
  prefetch_line(key);
  prefetch_line(key + sizeof(PacketKey) - 1);
  prefetch_line(&captures_[key_[cut.first_row]]);
}

FlowOrigin SelectedRows::origin(FlowCut const& cut, Rules const& rules) const {
  FlowOrigin origin;
  origin.first_packet = record(cut.first_row);
  origin.last_packet = record(cut.last_row);
  if ((cut.mark & kMarkContinues) != 0) {
    origin.continuation_of = static_cast<std::int64_t>(record(cut.before_row));
  }
  origin.forward = (cut.mark & kMarkForwardB) != 0 ? 1 : 0;
  origin.end_reason = static_cast<EndReason>(cut.end_reason);
  origin.key = key(cut.first_row);
  origin.capture = capture(cut.first_row);
  origin.layer = layer_of(origin.key.path);
  set_start(origin, base_s(cut.first_row), cut.first_t, rules.unit_ns);
  return origin;
}

std::size_t SelectedRows::bytes() const {
  return size() * kRowBytes + keys_.size() * (sizeof(PacketKey) + sizeof(std::uint32_t));
}

void SelectedRows::clear_rows() {
  SelectedRows empty;
  empty.clock_ = clock_;
  empty.clock_base_s_ = clock_base_s_;
  *this = std::move(empty);
}

void SelectedRows::clear() {
  *this = SelectedRows{};
}

}  // namespace nta
