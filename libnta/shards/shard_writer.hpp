// PacketTables in capture order -> a folder of shards and, last, its manifest. Where the tables
// were cut does not show: shards are cut by rows, keys are numbered by first appearance.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/shards/codec.hpp"
#include "libnta/shards/manifest.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace nta {

struct ShardOptions {
  Codec codec = Codec::lz4;
  std::uint32_t n_partitions = 16;         // a power of two
  std::size_t rows_per_shard = 1U << 20U;  // a shard ends with the record that reaches it
  std::string file_order = "argument";     // for the manifest
  bool join = true;                        // for the manifest
  int threads = 1;                         // that encode; never seen in the bytes
};

class ShardWriter {
 public:
  /// Error(usage) unless `folder` is new or empty and the options make sense.
  ShardWriter(std::filesystem::path folder, ShardOptions options);
  /// Without finish(): what was written is removed, so that nothing half-written is taken for
  /// whole.
  ~ShardWriter();
  ShardWriter(ShardWriter const&) = delete;
  ShardWriter& operator=(ShardWriter const&) = delete;

  /// Tables hold whole records and ascend in record numbers. Memory: one shard, whatever comes.
  /// Error(storage) on a full disk.
  void add(PacketTable const& table);
  /// The same; may take the table's columns, which spares a copy of a capture's last one.
  void add(PacketTable&& table);

  /// Writes the last shard and the manifest; returns the latter. Error(failed) unless
  /// read = used + skipped. Nothing may be added afterwards.
  Manifest finish(IngestResult const& ingest);

 private:
  class Pending;
  void flush();
  void write(PacketTable const& table, std::uint64_t regressions);

  std::filesystem::path folder_;
  ShardOptions options_;
  Manifest manifest_;
  std::unique_ptr<Pending> pending_;
  bool created_folder_ = false;
  bool finished_ = false;
};

/// Writes one table as one shard file: rows sorted by (partition, index, layer), unused keys left
/// out. `info` needs `first_index` and `time_base_s` only of the table. Used by ShardWriter.
ShardInfo write_shard(PacketTable const& table, std::filesystem::path const& path,
                      ShardOptions const& options);

}  // namespace nta
