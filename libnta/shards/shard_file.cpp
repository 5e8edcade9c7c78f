// One PacketTable -> one shard file.
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/shard_writer.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace nta {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

/// Where rows and keys go in the file.
struct Order {
  std::vector<std::uint32_t> rows;              // stored row -> row of the table
  std::vector<std::uint32_t> keys;              // stored key -> key of the table
  std::vector<std::uint32_t> new_key;           // key of the table -> stored key, or kUnseen
  std::vector<std::uint64_t> partition_offset;  // [P + 1]
};

Order partition_order(PacketTable const& table, std::uint32_t n_partitions) {
  std::vector<std::uint32_t> partition(table.keys.size());
  std::transform(table.keys.begin(), table.keys.end(), partition.begin(),
                 [&](PacketKey const& key) { return partition_of(key, n_partitions); });
  Order order;
  order.partition_offset.assign(n_partitions + 1, 0);
  for (auto const key : table.key) {
    ++order.partition_offset[partition[key] + 1];
  }
  std::partial_sum(order.partition_offset.begin(), order.partition_offset.end(),
                   order.partition_offset.begin());
  auto next = order.partition_offset;
  order.rows.resize(table.size());
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    order.rows[next[partition[table.key[row]]]++] = row;
  }
  order.new_key.assign(table.keys.size(), kUnseen);
  for (auto const row : order.rows) {
    auto& key = order.new_key[table.key[row]];
    if (key != kUnseen) {
      continue;
    }
    key = static_cast<std::uint32_t>(order.keys.size());
    order.keys.push_back(table.key[row]);
  }
  return order;
}

using Chunks = std::vector<ColumnFileWriter::Chunk>;

/// Opens a column and names its chunks: fill(first row, values) makes their rows.
template <class T, class Fill>
void add_column(ColumnFileWriter& file, Chunks& chunks, std::string const& name, Encoding encoding,
                std::size_t rows, Fill fill) {
  // A short column is one chunk of its own length.
  auto const chunk_rows = std::clamp<std::size_t>(rows, 1, kChunkRows);
  auto const column = file.open_column({name, dtype_of<T>(), encoding, chunk_rows, rows});
  for (std::size_t first = 0; first < rows; first += chunk_rows) {
    auto const n = std::min(chunk_rows, rows - first);
    chunks.push_back({column, n, [fill, first, n](std::span<std::byte> out) {
                        fill(first, std::span(reinterpret_cast<T*>(out.data()), n));
                      }});
  }
}

void add_rows(ColumnFileWriter& file, Chunks& chunks, PacketTable const& table,
              Order const& order) {
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    using T = typename std::remove_cvref_t<decltype(table.*member)>::value_type;
    bool const is_key = info.name == "key";
    add_column<T>(file, chunks, "rows/" + std::string(info.name), info.encoding, table.size(),
                  [&table, &order, member, is_key](std::size_t first, std::span<T> out) {
                    auto const& column = table.*member;
                    for (std::size_t i = 0; i < out.size(); ++i) {
                      out[i] = column[order.rows[first + i]];
                    }
                    if (!is_key) {
                      return;
                    }
                    for (auto& key : out) {
                      key = static_cast<T>(order.new_key[static_cast<std::size_t>(key)]);
                    }
                  });
  });
}

void add_keys(ColumnFileWriter& file, Chunks& chunks, PacketTable const& table,
              Order const& order) {
  visit_key_columns([&](ColumnInfo const& info, auto member) {
    using T = std::remove_cvref_t<decltype(std::declval<PacketKey const&>().*member)>;
    add_column<T>(file, chunks, "keys/" + std::string(info.name), info.encoding, order.keys.size(),
                  [&table, &order, member](std::size_t first, std::span<T> out) {
                    for (std::size_t i = 0; i < out.size(); ++i) {
                      out[i] = table.keys[order.keys[first + i]].*member;
                    }
                  });
  });
}

}  // namespace

ShardInfo write_shard(PacketTable const& table, std::filesystem::path const& path,
                      ShardOptions const& options) {
  auto const order = partition_order(table, options.n_partitions);
  ColumnFileWriter file(path, options.codec, options.threads);
  file.make_group("rows");
  file.make_group("keys");
  Chunks chunks;
  add_rows(file, chunks, table, order);
  add_keys(file, chunks, table, order);
  file.write(chunks);
  file.add_plain("partition_offset", order.partition_offset);
  file.set_attribute("format", std::string(kShardFormat));
  file.set_attribute("version", kFormatVersion);
  file.set_attribute("first_index", static_cast<std::int64_t>(table.first_index));
  file.set_attribute("time_base_s", table.time_base_s);
  file.set_attribute("partitions", options.n_partitions);
  file.set_attribute("tool_version", std::string(kToolVersion));
  auto const written = file.commit("shard");

  ShardInfo info;
  info.file = path.filename().string();
  info.bytes = written.bytes;
  info.sha256 = written.sha256;
  info.first_index = table.first_index;
  info.rows = table.size();
  info.keys = order.keys.size();
  info.time_base_s = table.time_base_s;
  if (table.size() > 0) {
    auto const [low, high] = std::minmax_element(table.time_ns.begin(), table.time_ns.end());
    info.time_min_ns = *low;
    info.time_max_ns = *high;
  }
  for (std::size_t p = 0; p < options.n_partitions; ++p) {
    info.partition_rows.push_back(order.partition_offset[p + 1] - order.partition_offset[p]);
  }
  return info;
}

}  // namespace nta
