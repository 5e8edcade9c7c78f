// What `nta inspect` says about a shard folder or a feature file: content, sizes, ratios, hashes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>

namespace nta {

/// A folder is taken for shards, a file for features. Reads structure and manifest, no column data;
/// Error(data) as their readers. Members: content, path, rows, raw_bytes, stored_bytes, ratio,
/// columns [{name, type, unit, raw_bytes, stored_bytes, ratio}] and what each kind adds.
nlohmann::json summarize(std::filesystem::path const& path);

}  // namespace nta
