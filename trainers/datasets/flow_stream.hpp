// Captures and shard folders -> rows of flows into a FeatureSink, in bounded memory. Partitions are
// the unit of work; neither they, nor threads, shards or the budget show in the rows.
#pragma once

#include "libnta/flows/feature_sink.hpp"
#include "trainers/datasets/flow_source.hpp"
#include "trainers/datasets/partition_workers.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace nta {

/// "A-B" = partitions A to B - 1. Error(usage) unless A < B.
PartitionRange parse_partition_range(std::string const& text);

/// `total`: 0 if it is not known yet.
struct FlowProgress {
  std::uint64_t rows = 0, total = 0;
};

struct StreamOptions {
  /// For packets, open flows and finished rows; the program itself, a table of packets a thread and
  /// what the sink holds come on top (trainers/datasets/README.md). 0: no bound.
  std::size_t memory_bytes = 0;
  std::filesystem::path folder = ".";        // of temporary files, if any are needed
  std::optional<PartitionRange> partitions;  // of a shard folder; the rows become a part
  bool hash_captures = true;                 // SHA-256, while captures are read; of shards' afresh
  std::function<void(FlowProgress)> progress;  // called from one thread at a time
};

struct StreamResult {
  IngestResult ingest;  // of the captures; of shards: what their manifest recorded
  UseCounts use{};
  std::uint64_t flows = 0;
  std::uint64_t spilled_bytes = 0;
};

/// The rows ascend over all blocks. Error(data) for any damage; Error(usage) if order "sorted"
/// needs more memory; Error(failed) when a stop was requested (stop_flag.hpp). Calls the sink's
/// add, at least once, not its finish.
StreamResult stream_flows_of_shards(std::filesystem::path const& folder, FlowRequest const& request,
                                    StreamOptions const& options, FeatureSink& sink);

/// All inputs are one capture, as in flows_of_captures. Captures that need more than the budget go
/// through a temporary shard folder in options.folder.
StreamResult stream_flows_of_captures(IngestOptions const& ingest_options,
                                      FlowRequest const& request, StreamOptions const& options,
                                      FeatureSink& sink);

/// Error(failed) if a signal has asked to stop (libnta/core/stop_flag.hpp).
void look_for_stop();

}  // namespace nta
