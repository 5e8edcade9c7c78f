// Captures -> a shard folder of this process alone, for what has to read its packets more than once
// in bounded memory: standard input, captures whose open flows exceed the budget.
#pragma once

#include "libnta/capture/ingest.hpp"
#include "libnta/core/temporary.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace nta {

/// A table, and the sorted copy of it that becomes a shard, take an eighth of the budget (0: none).
std::uint32_t rows_per_table(IngestOptions const& options, std::size_t memory_bytes);

class TemporaryShards {
 public:
  struct Options {
    std::filesystem::path folder;  // where .nta-shards-<pid>-<n>.tmp (0700) lies
    std::size_t memory_bytes = 0;  // as in StreamOptions
    std::function<void(std::uint64_t rows)> progress;
  };
  /// Ingests everything. Error(failed) when a stop was requested; the folder is gone then.
  TemporaryShards(IngestOptions captures, Options const& options);
  std::filesystem::path path() const { return folder_.path() / "shards"; }

 private:
  Temporary folder_;
};

}  // namespace nta
