#include "libnta/shards/shard_writer.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/shards/columns.hpp"

#include <bit>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

namespace nta {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostIndex = std::numeric_limits<std::uint32_t>::max();

struct KeyHash {
  std::size_t operator()(PacketKey const& key) const noexcept {
    auto h = partition_hash(key);
    for (auto const word : {std::uint64_t{key.link} << 32U | key.tunnel_id, key.mac_a, key.mac_b,
                            std::uint64_t{key.port_a} << 48U | std::uint64_t{key.port_b} << 32U |
                                std::uint64_t{key.vlan_outer} << 16U | key.icmp_class}) {
      h = (h ^ word) * 0x9E3779B97F4A7C15ULL;
      h ^= h >> 32U;
    }
    return h;
  }
};

}  // namespace

/// The rows of the shard that is being filled, with one dictionary of keys.
class ShardWriter::Pending {
 public:
  PacketTable const& table() const { return table_; }
  std::uint64_t regressions() const { return regressions_; }
  std::size_t size() const { return table_.size(); }

  /// Can rows of `table` join those that are here?
  bool takes(PacketTable const& table) const {
    return size() == 0 || (table.time_base_s == table_.time_base_s &&
                           last_index(table) - table_.first_index <= kMostIndex);
  }

  /// Takes a whole table as the shard's first rows, without a copy.
  void take(PacketTable&& table) {
    regressions_ = count_regressions(table, 0, table.size());
    table_ = std::move(table);
  }

  /// Appends rows [first, last) of `table`.
  void append(PacketTable const& table, std::size_t first, std::size_t last) {
    if (size() == 0) {
      table_.first_index = table.first_index + table.index[first];
      table_.time_base_s = table.time_base_s;
    }
    auto const new_key = join_keys(table);
    auto const shift = static_cast<std::uint32_t>(table.first_index - table_.first_index);
    auto const at = size();
    visit_row_columns([&](ColumnInfo const&, auto member) {
      auto const& from = table.*member;
      (table_.*member)
          .insert((table_.*member).end(), from.begin() + static_cast<std::ptrdiff_t>(first),
                  from.begin() + static_cast<std::ptrdiff_t>(last));
    });
    for (auto row = at; row < size(); ++row) {
      table_.key[row] = new_key[table_.key[row]];
      // Modulo 2^32: the sum is in range although the shift may stand for a negative number.
      table_.index[row] += shift;
    }
    regressions_ += count_regressions(table, first, last);
  }

  /// Packets (not layers) of rows [first, last_row) earlier than the packet before, over all
  /// shards.
  std::uint64_t count_regressions(PacketTable const& table, std::size_t first,
                                  std::size_t last_row) {
    std::uint64_t count = 0;
    // Times of one table count from one base: only the first packet needs the full width.
    std::optional<std::int64_t> last;
    for (auto row = first; row < last_row; ++row) {
      if ((table.bits[row] & kRowPrimary) == 0) {
        continue;
      }
      auto const now = table.time_ns[row];
      bool const earlier = last ? now < *last : last_time_ && absolute(table, now) < *last_time_;
      count += earlier ? 1 : 0;
      last = now;
    }
    if (last) {
      last_time_ = absolute(table, *last);
    }
    return count;
  }

  void clear() {
    visit_row_columns([&](ColumnInfo const&, auto member) { (table_.*member).clear(); });
    table_.keys.clear();
    ids_.clear();
    regressions_ = 0;
  }

 private:
  static I128 absolute(PacketTable const& table, std::int64_t time_ns) {
    constexpr I128 kNsPerS = 1'000'000'000;
    return table.time_base_s * kNsPerS + time_ns;
  }

  static std::uint64_t last_index(PacketTable const& table) {
    return table.first_index + table.index.back();
  }

  std::vector<std::uint32_t> join_keys(PacketTable const& table) {
    std::vector<std::uint32_t> new_key(table.keys.size());
    for (auto i = ids_.size(); i < table_.keys.size(); ++i) {  // of a table that was taken whole
      ids_.emplace(table_.keys[i], static_cast<std::uint32_t>(i));
    }
    for (std::size_t i = 0; i < new_key.size(); ++i) {
      auto const [place, added] =
          ids_.try_emplace(table.keys[i], static_cast<std::uint32_t>(table_.keys.size()));
      if (added) {
        table_.keys.push_back(table.keys[i]);
      }
      new_key[i] = place->second;
    }
    return new_key;
  }

  PacketTable table_;
  std::unordered_map<PacketKey, std::uint32_t, KeyHash> ids_;
  std::optional<I128> last_time_;
  std::uint64_t regressions_ = 0;
};

ShardWriter::ShardWriter(fs::path folder, ShardOptions options)
    : folder_(std::move(folder)), options_(options), pending_(std::make_unique<Pending>()) {
  NTA_EXPECTS(std::has_single_bit(options_.n_partitions) && options_.n_partitions <= 65536,
              ErrorKind::usage, "{} partitions: expected a power of two up to 65536",
              options_.n_partitions);
  NTA_EXPECTS(options_.rows_per_shard > 0 && options_.rows_per_shard <= kMostIndex / 2,
              ErrorKind::usage, "{} rows a shard: expected 1 to {}", options_.rows_per_shard,
              kMostIndex / 2);
  created_folder_ = !fs::exists(folder_);
  create_empty_folder(folder_);
  manifest_.tool_version = kToolVersion;
  manifest_.partitions = options_.n_partitions;
  manifest_.file_order = options_.file_order;
  manifest_.join = options_.join;
}

ShardWriter::~ShardWriter() {
  if (finished_) {
    return;
  }
  std::error_code ignored;
  for (auto const& shard : manifest_.shards) {
    fs::remove(folder_ / shard.file, ignored);
  }
  if (created_folder_) {
    fs::remove(folder_, ignored);
  }
}

void ShardWriter::add(PacketTable&& table) {
  bool const is_start = pending_->size() == 0 && table.size() > 0 && table.index[0] == 0;
  if (is_start && !finished_ && table.size() < options_.rows_per_shard) {
    return pending_->take(std::move(table));
  }
  add(std::as_const(table));
}

void ShardWriter::add(PacketTable const& table) {
  NTA_EXPECTS(!finished_, ErrorKind::failed, "{} is finished", folder_.string());
  if (table.size() == 0) {
    return;
  }
  if (!pending_->takes(table)) {
    flush();
  }
  std::size_t first = 0;
  while (first < table.size()) {
    if (pending_->size() >= options_.rows_per_shard) {
      flush();
    }
    auto last = std::min(table.size(), first + options_.rows_per_shard - pending_->size());
    // All layers of a record stay in one shard.
    while (last < table.size() && table.index[last] == table.index[last - 1]) {
      ++last;
    }
    bool const is_shard = pending_->size() == 0 && first == 0 && table.index[0] == 0 &&
                          last == table.size() && last >= options_.rows_per_shard;
    if (is_shard) {  // the usual table of an ingest: no copy of it
      return write(table, pending_->count_regressions(table, first, last));
    }
    pending_->append(table, first, last);
    first = last;
  }
}

void ShardWriter::flush() {
  if (pending_->size() == 0) {
    return;
  }
  write(pending_->table(), pending_->regressions());
  pending_->clear();
}

void ShardWriter::write(PacketTable const& table, std::uint64_t regressions) {
  auto const name = fmt::format("shard-{:06}.h5", manifest_.shards.size());
  auto info = write_shard(table, folder_ / name, options_);
  info.regressions = regressions;
  manifest_.shards.push_back(std::move(info));
}

Manifest ShardWriter::finish(IngestResult const& ingest) {
  std::uint64_t skipped = 0;
  for (auto const& [reason, packets] : ingest.accounting.skipped) {
    skipped += packets;
  }
  NTA_EXPECTS(ingest.accounting.read == ingest.accounting.used + skipped, ErrorKind::failed,
              "{} packets read, but {} used and {} skipped", ingest.accounting.read,
              ingest.accounting.used, skipped);
  flush();
  manifest_.ingest = ingest;
  write_file_atomic(folder_ / "manifest.json", manifest_text(manifest_), "manifest");
  finished_ = true;
  return manifest_;
}

}  // namespace nta
