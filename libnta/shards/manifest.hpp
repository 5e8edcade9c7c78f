// manifest.json of a shard folder: which captures it holds, which shards, what was read and
// skipped. Written last; without it, or with one changed bit in it, the folder is refused.
#pragma once

#include "libnta/capture/ingest_result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nta {

struct ShardInfo {
  std::string file;
  std::uint64_t bytes = 0;
  std::string sha256;  // of all in the file that is no chunk; the chunk table holds their checksums
  std::uint64_t first_index = 0;
  std::uint64_t rows = 0;
  std::uint64_t keys = 0;
  std::int64_t time_base_s = 0;
  std::int64_t time_min_ns = 0, time_max_ns = 0;  // since time_base_s; 0 without rows
  std::uint64_t regressions = 0;                  // packets earlier than their predecessor
  std::vector<std::uint64_t> partition_rows;
};

struct Manifest {
  std::string tool_version;
  std::uint32_t partitions = 16;
  std::string file_order = "argument";  // argument | time
  bool join = true;                     // false: the file is part of every key
  IngestResult ingest;
  std::vector<ShardInfo> shards;

  std::uint64_t rows() const;
};

/// The file's text; its member `self` is the SHA-256 of the text with that value zeroed.
std::string manifest_text(Manifest const& manifest);

/// Error(data) naming `path` for text that is not exactly what manifest_text made.
Manifest parse_manifest(std::string const& text, std::filesystem::path const& path);

/// The accounting part as JSON, for other reports too.
nlohmann::json to_json(Accounting const& accounting);

}  // namespace nta
