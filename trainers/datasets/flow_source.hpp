// Captures, shard folders and feature files -> flows as one FeatureTable, with the accounting of
// every packet. What `nta features`, experiments and `nta score` share, so that all see the same
// flows.
#pragma once

#include "kernels/bulk_meter.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/row_use.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace nta {

struct FlowRequest {
  Profile profile;
  MeterOptions meter;  // join_files is set from the inputs
  Exec exec;
};

struct FlowResult {
  FeatureTable table;
  IngestResult ingest;  // of the captures; of shards: what their manifest recorded
  UseCounts use{};      // used rows by what became of them
};

/// Rows of a table for a meter, which pays for each key of each table.
inline constexpr std::uint32_t kMeteredRows = 1U << 20;

/// All inputs of `options` are one capture, as in `nta ingest`. Error(data) as ingest. Memory: the
/// rows of all packets.
FlowResult flows_of_captures(IngestOptions const& options, FlowRequest const& request);

/// A folder written by ShardWriter. Error(data) for any damage.
FlowResult flows_of_shards(std::filesystem::path const& folder, FlowRequest const& request);

/// Captures by name and content; standard input has no content to hash twice, and a file of another
/// size is not the one that was read.
/// `hash`: the content, too.
void name_captures(IngestResult const& ingest, FeatureProvenance& provenance, bool hash = true);
/// The captures alone.
void copy_names(FeatureProvenance const& from, FeatureProvenance& to);

/// Is it a folder with a shard manifest?
bool is_shard_folder(std::filesystem::path const& path);

}  // namespace nta
