#include "libnta/shards/shard_reader.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/large_memory.hpp"

#include <algorithm>

namespace nta {
namespace fs = std::filesystem;
namespace {

void check_against_manifest(ColumnFileReader const& file, ShardInfo const& info,
                            std::uint32_t partitions) {
  auto const name = file.path().string();
  NTA_EXPECTS(file.sha256() == info.sha256, ErrorKind::data,
              "{}: is not the shard that the manifest names (SHA-256 {}, expected {})", name,
              file.sha256(), info.sha256);
  NTA_EXPECTS(file.integer("first_index") == static_cast<std::int64_t>(info.first_index) &&
                  file.integer("time_base_s") == info.time_base_s &&
                  file.integer("partitions") == partitions,
              ErrorKind::data, "{}: its attributes disagree with the manifest", name);
}

std::vector<std::uint64_t> partition_offsets(ColumnFileReader const& file, ShardInfo const& info,
                                             std::uint32_t partitions) {
  auto const offset = file.plain("partition_offset");
  bool whole = offset.size() == partitions + 1ULL && info.partition_rows.size() == partitions &&
               offset.front() == 0 && offset.back() == info.rows;
  for (std::size_t p = 0; whole && p < partitions; ++p) {
    whole = offset[p] + info.partition_rows[p] == offset[p + 1];
  }
  NTA_EXPECTS(whole, ErrorKind::data, "{}: partition_offset disagrees with the manifest",
              file.path().string());
  return offset;
}

void read_rows(ColumnFileReader const& file, std::uint64_t first, std::uint64_t last,
               PacketTable& table, int threads) {
  std::vector<ColumnRange> ranges;
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    auto& column = table.*member;
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    resize_for_overwrite(column, last - first);
    ranges.push_back({"rows/" + std::string(info.name), dtype_of<T>(), info.encoding, first,
                      std::as_writable_bytes(std::span(column))});
  });
  file.read(ranges, threads);
}

/// Keys [first, first + n) of the file.
void read_keys(ColumnFileReader const& file, std::uint64_t first, std::uint64_t n,
               PacketTable& table) {
  table.keys.resize(n);
  visit_key_columns([&](ColumnInfo const& info, auto member) {
    using T = std::remove_cvref_t<decltype(std::declval<PacketKey const&>().*member)>;
    std::vector<T> column(n);
    ColumnRange const range{"keys/" + std::string(info.name), dtype_of<T>(), info.encoding, first,
                            std::as_writable_bytes(std::span(column))};
    file.read({&range, 1});
    for (std::size_t i = 0; i < n; ++i) {
      table.keys[i].*member = column[i];
    }
  });
}

void check_keys(ColumnFileReader const& file, std::uint64_t n_keys) {
  visit_key_columns([&](ColumnInfo const& info, auto member) {
    using T = std::remove_cvref_t<decltype(std::declval<PacketKey const&>().*member)>;
    auto const rows = file.rows("keys/" + std::string(info.name), dtype_of<T>());
    NTA_EXPECTS(rows == n_keys, ErrorKind::data, "{}: {} keys instead of {}", file.path().string(),
                rows, n_keys);
  });
}

/// The keys that the table's rows name, and few others: partitions lie side by side among keys,
/// too.
void read_named_keys(ColumnFileReader const& file, std::uint64_t n_keys, PacketTable& table) {
  check_keys(file, n_keys);
  auto const [low, high] = std::minmax_element(table.key.begin(), table.key.end());
  if (low == table.key.end()) {
    table.keys.clear();
    return;
  }
  std::uint32_t const first = *low;
  NTA_EXPECTS(*high < n_keys, ErrorKind::data, "{}: a row names a key beyond the {} that are there",
              file.path().string(), n_keys);
  read_keys(file, first, *high - first + std::uint64_t{1}, table);
  if (first > 0) {
    for (auto& key : table.key) {
      key -= first;
    }
  }
}

}  // namespace

ShardFolder ShardFolder::open(fs::path const& folder) {
  auto const path = folder / "manifest.json";
  NTA_EXPECTS(fs::exists(path), ErrorKind::data,
              "{}: no manifest.json: not a folder of shards, or an ingest that did not end; ingest "
              "the captures again",
              folder.string());
  ShardFolder out(folder, parse_manifest(read_file(path), path));
  for (auto const& info : out.manifest_.shards) {
    auto const shard = folder / info.file;
    std::error_code code;
    auto const bytes = fs::file_size(shard, code);
    NTA_EXPECTS(!code, ErrorKind::data, "{}: {}; restore it or ingest again", shard.string(),
                code.message());
    NTA_EXPECTS(bytes == info.bytes, ErrorKind::data,
                "{}: has {} B, the manifest says {}; restore it or ingest again", shard.string(),
                bytes, info.bytes);
  }
  return out;
}

PacketTable ShardFolder::read(std::size_t shard, int threads) const {
  return read(shard, 0, manifest_.partitions, threads);
}

PacketTable ShardFolder::read(std::size_t shard, std::uint32_t first_partition,
                              std::uint32_t last_partition, int threads) const {
  PacketTable table;
  read_into(table, shard, first_partition, last_partition, threads);
  return table;
}

void ShardFolder::read_into(PacketTable& table, std::size_t shard, std::uint32_t first_partition,
                            std::uint32_t last_partition, int threads) const {
  NTA_EXPECTS(
      shard < size() && first_partition <= last_partition && last_partition <= manifest_.partitions,
      ErrorKind::failed, "shard {}, partitions {} to {}: there are {} shards of {}", shard,
      first_partition, last_partition, size(), manifest_.partitions);
  auto const& info = manifest_.shards[shard];
  ColumnFileReader const file(folder_ / info.file, kShardFormat);
  check_against_manifest(file, info, manifest_.partitions);
  auto const offset = partition_offsets(file, info, manifest_.partitions);
  table.first_index = info.first_index;
  table.time_base_s = info.time_base_s;
  read_rows(file, offset[first_partition], offset[last_partition], table, threads);
  read_named_keys(file, info.keys, table);
}

void ShardFolder::verify(int threads) const {
  PacketTable table;
  for (std::size_t shard = 0; shard < size(); ++shard) {
    auto const& info = manifest_.shards[shard];
    read_into(table, shard, 0, manifest_.partitions, threads);
    std::size_t row = 0;
    for (std::uint32_t p = 0; p < manifest_.partitions; ++p) {
      for (auto const end = row + info.partition_rows[p]; row < end; ++row) {
        NTA_EXPECTS(partition_of(table.keys[table.key[row]], manifest_.partitions) == p,
                    ErrorKind::data, "{}: row {} is not of partition {}",
                    (folder_ / info.file).string(), row, p);
      }
    }
  }
}

}  // namespace nta
