// Captures and shard folders -> host windows and link load, with the accounting of every packet.
#pragma once

#include "libnta/capture/ingest.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/link_load.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/series_table.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace nta {

struct SeriesResult {
  SeriesTable table;
  IngestResult ingest;  // of the captures; of shards: what their manifest recorded
};

struct HostWindowRequest {
  Profile profile;
  std::int64_t window_ns = 60'000'000'000;
  Exec exec;                           // of the meter
  std::size_t memory_bytes = 0;        // as StreamOptions, for the flows; 0: no bound
  std::filesystem::path folder = ".";  // of temporary files
};

/// All inputs of `options` are one capture, as in `nta ingest`. Files are read three times, so that
/// no packet has to be kept; standard input goes through temporary shards (temporary_shards.hpp),
/// or is kept if there is no bound. Memory besides: as below.
SeriesResult host_windows_of_captures(IngestOptions const& options,
                                      HostWindowRequest const& request);
/// Memory: a shard, the budget, and what HostWindows keeps: hosts x windows, and count maps of open
/// windows (of all windows if packets are out of time order).
SeriesResult host_windows_of_shards(std::filesystem::path const& folder,
                                    HostWindowRequest const& request);

/// `join_files` of the load is set from the inputs. Memory: a table of packets and the load.
SeriesResult link_load_of_captures(IngestOptions const& options, LinkLoadOptions load);
SeriesResult link_load_of_shards(std::filesystem::path const& folder, LinkLoadOptions load);

}  // namespace nta
