// One PacketTable -> one shard file.
#include "libnta/core/prefetch.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/large_memory.hpp"
#include "libnta/shards/ordered_work.hpp"
#include "libnta/shards/shard_writer.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace nta {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

/// Where rows and keys go in the file. Rows are sorted tile by tile: a tile's values stay in the
/// nearest caches, and each partition gets a run of them. One pass over all rows would write to (or
/// read from) as many places of memory as there are partitions.
struct Order {
  std::size_t tile_rows = 0;
  std::vector<std::uint16_t> row_in_tile;       // tile after tile, in each by partition
  std::vector<std::uint32_t> tile_run;          // [tiles, P]: rows of the partition in the tile
  std::vector<std::uint32_t> keys;              // stored key -> key of the table
  std::vector<std::uint32_t> new_key;           // key of the table -> stored key, or kUnseen
  std::vector<std::uint64_t> partition_offset;  // [P + 1]

  std::size_t n_partitions() const { return partition_offset.size() - 1; }

  /// The next tile comes from far away, and its rows in an order that no machine foresees.
  template <class T>
  void fetch(std::span<T const> rest) const {
    constexpr std::size_t kLine = 64 / sizeof(T);
    for (std::size_t i = 0; i < std::min(rest.size(), tile_rows); i += kLine) {
      prefetch_line(rest.data() + i);
    }
  }

  template <class T>
  void sort(std::span<T const> column, std::span<T> out) const {
    auto place = partition_offset;
    auto const* row = row_in_tile.data();
    auto const* run = tile_run.data();
    for (std::size_t first = 0; first < column.size(); first += tile_rows) {
      auto const* const tile = column.data() + first;
      fetch(column.subspan(std::min(column.size(), first + tile_rows)));
      for (std::size_t p = 0; p < n_partitions(); ++p) {
        std::size_t const n = *run++;
        auto* const to = out.data() + place[p];
        for (std::size_t i = 0; i < n; ++i) {
          to[i] = tile[row[i]];
        }
        row += n;
        place[p] += n;
      }
    }
  }
};

/// A tile for few partitions fits the cache; for many it still gives each a run of rows.
std::size_t tile_rows_for(std::size_t n_partitions) {
  return std::clamp<std::size_t>(n_partitions * 64, 4096, 65536);
}

/// Partitions of a table's keys, and the keys that rows name, inside a partition by their first
/// row.
class KeyOrder {
 public:
  KeyOrder(PacketTable const& table, std::uint32_t n_partitions)
      : partition_(table.keys.size()), is_named_(table.keys.size(), 0), named_(n_partitions) {
    std::transform(table.keys.begin(), table.keys.end(), partition_.begin(),
                   [&](PacketKey const& key) {
                     return static_cast<std::uint16_t>(partition_of(key, n_partitions));
                   });
  }

  std::uint16_t partition(std::uint32_t key) {
    auto const p = partition_[key];
    if (is_named_[key] == 0) {
      is_named_[key] = 1;
      named_[p].push_back(key);
    }
    return p;
  }

  void number(Order& order) const {
    order.new_key.assign(partition_.size(), kUnseen);
    for (auto const& keys : named_) {
      for (auto const key : keys) {
        order.new_key[key] = static_cast<std::uint32_t>(order.keys.size());
        order.keys.push_back(key);
      }
    }
  }

 private:
  std::vector<std::uint16_t> partition_;
  std::vector<std::uint8_t> is_named_;
  std::vector<std::vector<std::uint32_t>> named_;
};

Order partition_order(PacketTable const& table, std::uint32_t n_partitions) {
  KeyOrder keys(table, n_partitions);
  Order order;
  order.tile_rows = tile_rows_for(n_partitions);
  resize_for_overwrite(order.row_in_tile, table.size());
  order.partition_offset.assign(n_partitions + 1, 0);
  std::vector<std::uint16_t> partition(order.tile_rows);
  std::vector<std::uint32_t> next(n_partitions);
  for (std::size_t first = 0; first < table.size(); first += order.tile_rows) {
    auto const n = std::min(order.tile_rows, table.size() - first);
    order.tile_run.resize(order.tile_run.size() + n_partitions, 0);
    auto* const run = order.tile_run.data() + (order.tile_run.size() - n_partitions);
    for (std::size_t i = 0; i < n; ++i) {
      partition[i] = keys.partition(table.key[first + i]);
      ++run[partition[i]];
    }
    std::exclusive_scan(run, run + n_partitions, next.begin(), std::uint32_t{0});
    for (std::size_t i = 0; i < n; ++i) {
      order.row_in_tile[first + next[partition[i]]++] = static_cast<std::uint16_t>(i);
    }
    for (std::size_t p = 0; p < n_partitions; ++p) {
      order.partition_offset[p + 1] += run[p];
    }
  }
  std::partial_sum(order.partition_offset.begin(), order.partition_offset.end(),
                   order.partition_offset.begin());
  keys.number(order);
  return order;
}

/// A column in stored order, in memory that is used again from column to column.
class Sorted {
 public:
  template <class T>
  std::span<T> of(std::size_t n) {
    if (storage_.size() * sizeof(Word) < n * sizeof(T)) {
      // Enough for the widest packet column: they come in all widths.
      resize_for_overwrite(storage_, std::max(n, n * sizeof(T) / sizeof(Word) + 1));
    }
    return {reinterpret_cast<T*>(storage_.data()), n};
  }

 private:
  using Word = std::uint64_t;
  std::vector<Word> storage_;
};

/// Columns are put in stored order and written, as many at a time as there are threads.
class ShardColumns {
 public:
  ShardColumns(ColumnFileWriter& file, PacketTable const& table, Order const& order, int threads)
      : file_(file), table_(table), order_(order), threads_(threads) {
    // Once over places all around memory, not once for each column.
    resize_for_overwrite(keys_, order.keys.size());
    std::transform(order.keys.begin(), order.keys.end(), keys_.begin(),
                   [&](std::uint32_t key) { return table.keys[key]; });
  }

  void write_all() {
    visit_row_columns([&](ColumnInfo const& info, auto member) {
      using T = typename std::remove_cvref_t<decltype(table_.*member)>::value_type;
      add<T>("rows/", info, table_.size(),
             [this, member](std::span<T> out) { order_.sort<T>(table_.*member, out); });
    });
    visit_key_columns([&](ColumnInfo const& info, auto member) {
      using T = std::remove_cvref_t<decltype(std::declval<PacketKey const&>().*member)>;
      add<T>("keys/", info, keys_.size(), [this, member](std::span<T> out) {
        std::transform(keys_.begin(), keys_.end(), out.begin(),
                       [member](PacketKey const& key) { return key.*member; });
      });
    });
    flush();
  }

 private:
  using Chunks = std::vector<ColumnFileWriter::Chunk>;

  template <class T, class Fill>
  void add(std::string const& group, ColumnInfo const& info, std::size_t rows, Fill fill) {
    // A short column is one chunk of its own length.
    auto const chunk_rows = std::clamp<std::size_t>(rows, 1, kChunkRows);
    auto const column = file_.open_column(
        {group + std::string(info.name), dtype_of<T>(), info.encoding, chunk_rows, rows});
    bool const is_key = info.name == "key";
    waiting_.push_back([this, column, rows, fill, is_key](Sorted& sorted) {
      auto const values = sorted.of<T>(rows);
      fill(values);
      if constexpr (std::is_same_v<T, std::uint32_t>) {
        for (std::size_t i = 0; is_key && i < rows; ++i) {
          values[i] = order_.new_key[values[i]];
        }
      }
      Chunks chunks;
      file_.add_chunks<T>(chunks, column, values);
      return chunks;
    });
  }

  /// Columns are all open by now: batches show in the order of nothing that is written.
  void flush() {
    auto const batch = static_cast<std::size_t>(std::max(threads_, 1));
    for (std::size_t first = 0; first < waiting_.size(); first += batch) {
      write(std::span(waiting_).subspan(first, std::min(batch, waiting_.size() - first)));
    }
  }

  using Maker = std::function<Chunks(Sorted&)>;
  void write(std::span<Maker const> makers) {
    sorted_.resize(std::max(sorted_.size(), makers.size()));
    std::vector<Chunks> made(makers.size());
    ordered_work(
        makers.size(), threads_,
        [&](std::size_t item, std::size_t) { made[item] = makers[item](sorted_[item]); },
        [](std::size_t, std::size_t) {});
    Chunks chunks;
    for (auto const& some : made) {
      chunks.insert(chunks.end(), some.begin(), some.end());
    }
    file_.write(chunks);
  }

  ColumnFileWriter& file_;
  PacketTable const& table_;
  Order const& order_;
  std::vector<PacketKey> keys_;  // in stored order
  int threads_;
  std::vector<Maker> waiting_;
  std::vector<Sorted> sorted_;
};

}  // namespace

ShardInfo write_shard(PacketTable const& table, std::filesystem::path const& path,
                      ShardOptions const& options) {
  auto const order = partition_order(table, options.n_partitions);
  ColumnFileWriter file(path, options.codec, options.threads);
  file.make_group("rows");
  file.make_group("keys");
  ShardColumns(file, table, order, options.threads).write_all();
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
