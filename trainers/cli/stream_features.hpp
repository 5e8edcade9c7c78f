// nta features in bounded memory: its options, flows block by block into a file, parts of them on
// several machines and their merge.
#pragma once

#include "libnta/flows/feature_file.hpp"
#include "trainers/cli/flow_options.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nta::cli {

struct StreamArguments {
  std::string memory;           // "2G"; empty: default_memory_bytes
  std::string partition_range;  // "A-B"
  std::vector<std::string> merge;
  bool slurm = false;
  bool no_hash = false;     // of the captures
  std::uint32_t tasks = 0;  // of the Slurm array; 0: chosen
};

void add_stream_options(CLI::App& app, StreamArguments& arguments);

/// Error(usage) if parts of flows are asked for: series have none.
void check_whole(StreamArguments const& arguments);

/// "512M", "2G", "1500000000": bytes. Error(usage) for other text or less than kLeastMemory.
std::size_t memory_bytes_from(std::string const& text);
/// Half of what this process may use: of the machine's memory, or of its control group's limit.
std::size_t default_memory_bytes();
inline constexpr std::size_t kLeastMemory = std::size_t{32} << 20U;

struct FeatureOutput {
  std::string out, format;
  std::string labels;          // rule file
  std::string names = "head";  // --names, which csv holds as well
  CsvOptions csv;
};

/// Flows of the inputs, or of the parts of --merge, into `output`.
Result stream_features(FlowArguments const& flows, StreamArguments const& stream,
                       FeatureOutput const& output, Common const& common);

/// work(), or the report of the signal that ended it: temporary files are gone, nothing was
/// written.
Result until_stopped(std::function<Result()> const& work);

/// The script for `output.out` that --slurm prints.
std::string slurm_script(FlowArguments const& flows, StreamArguments const& stream,
                         FeatureOutput const& output, Common const& common);

}  // namespace nta::cli
