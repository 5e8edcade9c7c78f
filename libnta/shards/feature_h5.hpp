// FeatureTable <-> one sealed HDF5 file: columns, identity and sequences as datasets, profile,
// hashes and captures as attributes. Checked like a shard, written atomically.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "libnta/shards/codec.hpp"

#include <filesystem>

namespace nta {

/// /identity/*, /features/* (i64 or f64), /sequence/* (row-major, flows x n values in one line) and
/// /labels/code. Refuses columns of unequal length (Error(failed)). Error(storage) on a full disk.
void write_features_h5(FeatureTable const& table, std::filesystem::path const& path,
                       Codec codec = Codec::lz4);

/// Exactly what was written. Error(data) naming file, column and chunk for anything else.
FeatureTable read_features_h5(std::filesystem::path const& path);

}  // namespace nta
