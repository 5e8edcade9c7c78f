// Feature files that hold the flows of some partitions of a shard folder, and their merge: the rows
// that one machine would have written.
#pragma once

#include "libnta/flows/feature_sink.hpp"
#include "libnta/flows/row_use.hpp"
#include "trainers/datasets/flow_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nta {

/// What FeatureProvenance::part says.
struct FeaturePart {
  PartitionRange range;
  std::uint32_t partitions = 0;  // of the folder
  std::string shards_sha256;     // of the folder's manifest.json
  UseCounts use{};
};
std::string part_text(FeaturePart const& part);
/// Error(data) naming `path` for any other text.
FeaturePart parse_part(std::string const& text, std::filesystem::path const& path);

struct MergedParts {
  UseCounts use{};
  std::uint64_t flows = 0;
};

/// All rows of the parts, ascending, without the part in their provenance. Error(data) unless they
/// are parts of one folder by one profile and set that hold every partition exactly once. Calls the
/// sink's add, at least once, not its finish.
MergedParts merge_parts(std::vector<std::filesystem::path> const& paths,
                        StreamOptions const& options, int threads, FeatureSink& sink);

}  // namespace nta
