// SeriesTable <-> one sealed HDF5 file: key columns and columns as datasets, definitions, hash,
// parameters and captures as attributes. Checked like a shard, written atomically.
#pragma once

#include "libnta/flows/series_table.hpp"
#include "libnta/shards/codec.hpp"

#include <filesystem>
#include <string_view>

namespace nta {

inline constexpr std::string_view kSeriesFormat = "nta-series";

/// /keys/<name> (a coded text: u32 places in attribute `<name>_names`) and /columns/<name>;
/// attributes format, version, tool_version, kind, rows, columns (JSON: name, unit, type,
/// definition, version), keys (JSON: name, type), set_sha256, parameters, profile, profile_sha256,
/// captures, capture_sha256. Error(failed) for columns of unequal length, Error(storage) on a full
/// disk.
void write_series_h5(SeriesTable const& table, std::filesystem::path const& path,
                     Codec codec = Codec::lz4, int threads = 1);

/// Exactly what was written. Error(data) naming file, column and chunk for anything else.
SeriesTable read_series_h5(std::filesystem::path const& path);

}  // namespace nta
