// Ranges of partitions whose packets fit the budget together -> their rows, ascending, without a
// stop on the way: each range has a meter and a thread of its own, the caller's thread merges.
#pragma once

#include "trainers/datasets/flow_stream.hpp"
#include "trainers/datasets/partition_work.hpp"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace nta {

/// At most n ranges that make up `all`, with about equal numbers of rows.
std::vector<PartitionRange> even_ranges(Manifest const& manifest, PartitionRange all,
                                        std::size_t n);

struct RangeResult {
  UseCounts use;
  std::uint64_t flows = 0;
};

/// Rows go to `sink` in many tables, each with the captures of `names`. context.memory_bytes is of
/// one range. Nothing, and no call of the sink, if a range turns out not to fit: then the caller
/// takes partition by partition.
std::optional<RangeResult> stream_ranges(PartitionContext const& context,
                                         std::span<PartitionRange const> ranges,
                                         FeatureProvenance const& names, FeatureSink& sink);

}  // namespace nta
