// FeatureTable <-> one sealed HDF5 file: columns, identity and sequences as datasets, profile,
// hashes and captures as attributes. Checked like a shard, written atomically, whole or in blocks.
#pragma once

#include "libnta/flows/feature_sink.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/shards/codec.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace nta {

/// Blocks of rows -> the file that write_features_h5 makes of the whole table, byte for byte,
/// however the rows are cut. Memory: what is not constant of 65,536 flows, and a chunk a thread.
class H5FeatureSink final : public FeatureSink {
 public:
  /// Error(usage) if the place cannot be written. Until finish() it is a PendingFile.
  explicit H5FeatureSink(std::filesystem::path const& path, Codec codec = Codec::lz4,
                         int threads = 1);
  ~H5FeatureSink() override;
  H5FeatureSink(H5FeatureSink const&) = delete;
  H5FeatureSink& operator=(H5FeatureSink const&) = delete;

  /// Error(failed) for columns of unequal length or another shape than the first block's; labels in
  /// all blocks that have rows or in none. Error(storage) on a full disk.
  void add(FeatureTable const& rows) override;
  /// Error(failed) if there was no block. Without finish() nothing is left behind.
  void finish() override;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

/// /identity/*, /features/* (i64 or f64), /sequence/* (row-major, flows x n values in one line) and
/// /labels/code. Refuses columns of unequal length (Error(failed)). Error(storage) on a full disk.
void write_features_h5(FeatureTable const& table, std::filesystem::path const& path,
                       Codec codec = Codec::lz4, int threads = 1);

/// A feature file read in blocks. Blocks that are multiples of 65,536 rows decode no chunk twice.
class FeatureFileReader {
 public:
  /// Error(data) if anything but the columns is damaged.
  explicit FeatureFileReader(std::filesystem::path const& path, int threads = 1);
  ~FeatureFileReader();
  FeatureFileReader(FeatureFileReader&&) noexcept;
  FeatureFileReader(FeatureFileReader const&) = delete;
  FeatureFileReader& operator=(FeatureFileReader const&) = delete;

  std::size_t rows() const;
  /// No rows, but names, units and types of all columns, sequence shape and provenance.
  FeatureTable const& shape() const;
  /// Rows [first_row, first_row + n); Error(failed) if there are fewer. Error(data) naming file,
  /// column and chunk for damaged bytes. Thread safe.
  FeatureTable read(std::size_t first_row, std::size_t n) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

/// Exactly what was written. Error(data) naming file, column and chunk for anything else.
FeatureTable read_features_h5(std::filesystem::path const& path, int threads = 1);

}  // namespace nta
