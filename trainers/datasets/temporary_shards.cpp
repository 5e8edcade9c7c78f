#include "trainers/datasets/temporary_shards.hpp"

#include "libnta/shards/shard_writer.hpp"
#include "trainers/datasets/flow_stream.hpp"

#include <algorithm>
#include <utility>

namespace nta {
namespace {

constexpr std::uint32_t kPartitions = 64;

}  // namespace

std::uint32_t rows_per_table(IngestOptions const& options, std::size_t memory_bytes) {
  constexpr std::size_t kBytesPerRow = 280;  // with a key of its own for each row
  auto const rows = std::clamp<std::size_t>(memory_bytes / 8 / kBytesPerRow, 4096, 1U << 20U);
  return memory_bytes == 0 ? options.rows_per_table
                           : std::min(options.rows_per_table, static_cast<std::uint32_t>(rows));
}

TemporaryShards::TemporaryShards(IngestOptions captures, Options const& options)
    : folder_(options.folder, ".nta-shards-", TemporaryKind::private_folder,
              "a temporary folder in " + options.folder.string()) {
  captures.rows_per_table = rows_per_table(captures, options.memory_bytes);
  ShardOptions shard_options;
  shard_options.n_partitions = kPartitions;
  shard_options.rows_per_shard = captures.rows_per_table;
  shard_options.join = captures.join;
  ShardWriter writer(path(), shard_options);
  std::uint64_t done = 0;
  auto const ingested = ingest(captures, [&](PacketTable&& table) {
    look_for_stop();
    done += table.size();
    writer.add(table);
    if (options.progress) {
      options.progress(done);
    }
  });
  writer.finish(ingested);
}

}  // namespace nta
