// A folder of shards -> PacketTables. Refused unless complete; every flipped bit is found, at the
// latest when the chunk that holds it is read.
#pragma once

#include "libnta/capture/packet_table.hpp"
#include "libnta/shards/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace nta {

class ShardFolder {
 public:
  /// Error(data) if the manifest is missing or damaged, or a shard is missing or of another size.
  static ShardFolder open(std::filesystem::path const& folder);

  std::filesystem::path const& path() const { return folder_; }
  Manifest const& manifest() const { return manifest_; }
  std::size_t size() const { return manifest_.shards.size(); }

  /// One shard's rows in stored order: by partition, inside it (and so inside each key) in capture
  /// order. Error(data) naming file, column and chunk where bytes are damaged. Thread safe.
  PacketTable read(std::size_t shard, int threads = 1) const;
  /// Only partitions [first, last), with the keys that their rows name.
  PacketTable read(std::size_t shard, std::uint32_t first_partition, std::uint32_t last_partition,
                   int threads = 1) const;
  /// The same into a table whose memory is used again: new memory costs more than decoding.
  void read_into(PacketTable& table, std::size_t shard, std::uint32_t first_partition,
                 std::uint32_t last_partition, int threads = 1) const;

  /// Reads everything and checks it against the manifest; throws at the first fault.
  void verify(int threads = 1) const;

 private:
  ShardFolder(std::filesystem::path folder, Manifest manifest)
      : folder_(std::move(folder)), manifest_(std::move(manifest)) {}
  std::filesystem::path folder_;
  Manifest manifest_;
};

}  // namespace nta
