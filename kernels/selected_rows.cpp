#include "kernels/selected_rows.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <limits>

namespace nta {
namespace {

constexpr std::size_t kBlockRows = 16384;

}  // namespace

void SelectedRows::begin_base(std::int64_t base_s, std::int64_t unit_ns) {
  unit_ns_ = unit_ns;
  if (!bases_s_.empty() && bases_s_.back() == base_s) {
    return;
  }
  if (!bases_s_.empty()) {
    clock_ = shifted(clock_, time_shift(bases_s_.back(), base_s, unit_ns));
  }
  base_first_.push_back(static_cast<std::uint32_t>(packet_.size()));
  bases_s_.push_back(base_s);
}

UseCounts SelectedRows::add(PacketTable const& table, std::span<RowKey const> keys,
                            Rules const& rules, Exec const& exec) {
  begin_base(table.time_base_s, rules.unit_ns);
  RawRows const rows = raw(table.rows());
  auto const n_blocks = (table.size() + kBlockRows - 1) / kBlockRows;
  std::vector<UseCounts> counts(n_blocks);
  auto const use_of = [&](std::size_t i) {
    return use_of_row(keys[rows.key[i]].use, rows.bits[i], rows.cap_len[i], rules);
  };
  for_each_block(table.size(), kBlockRows, exec, [&](std::size_t first, std::size_t last) {
    UseCounts count;
    for (auto i = first; i < last; ++i) {
      if (rows.status[i] == 0) {
        ++count.rows[static_cast<std::size_t>(use_of(i))];
      }
    }
    counts[first / kBlockRows] = count;
  });
  UseCounts all;
  std::vector<std::size_t> offset(n_blocks);
  for (std::size_t b = 0; b < n_blocks; ++b) {
    offset[b] = all[RowUse::in_flow];
    all.add(counts[b]);
  }
  auto const n = all[RowUse::in_flow];
  auto const before = packet_.size();
  NTA_EXPECTS(before + n < std::numeric_limits<std::uint32_t>::max(), ErrorKind::failed,
              "{} packets are too many for one bulk run", before + n);
  auto const key_before = static_cast<std::uint32_t>(keys_.size());
  keys_.insert(keys_.end(), table.keys.begin(), table.keys.end());
  for (auto const& key : keys) {
    captures_.push_back(key.capture);
  }

  auto* const packet = packet_.grow(n);
  auto* const id = id_.grow(n);
  auto* const key_of = key_.grow(n);
  auto* const record = record_.grow(n);
  for_each_block(table.size(), kBlockRows, exec, [&](std::size_t first, std::size_t last) {
    auto at = offset[first / kBlockRows];
    for (auto i = first; i < last; ++i) {
      if (rows.status[i] != 0 || use_of(i) != RowUse::in_flow) {
        continue;
      }
      auto const& key = keys[rows.key[i]];
      packet[at] = packet_at(rows, i, key.use.protocol, key.one_sided,
                             to_unit(rows.time_ns[i], rules.unit_ns));
      id[at] = key.id;
      key_of[at] = key_before + rows.key[i];
      record[at] = table.first_index + rows.index[i];
      ++at;
    }
  });
  if (rules.order == PacketOrder::monotone) {
    apply_global_clock(before);
  }
  return all;
}

void SelectedRows::apply_global_clock(std::size_t first) {
  for (auto i = first; i < packet_.size(); ++i) {
    auto& t = packet_.data()[i].t;
    clock_ = std::max(clock_, t);
    t = clock_;
  }
}

SelectedPackets SelectedRows::selected(std::uint32_t n_keys) const {
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

void SelectedRows::clear() {
  *this = SelectedRows{};
}

}  // namespace nta
