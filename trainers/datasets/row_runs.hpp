// Tables whose rows ascend, from any thread in any order -> all their rows, ascending, in blocks.
// What does not fit the budget lies in a file without a name.
#pragma once

#include "libnta/flows/feature_sink.hpp"
#include "libnta/flows/feature_table.hpp"
#include "trainers/datasets/spill_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace nta {

/// One ascending run: a table in memory, or packed blocks of kRunBlockRows in the spill file.
struct RowRun {
  std::unique_ptr<FeatureTable> table;
  std::uint64_t at = 0;
  std::size_t rows = 0;
};
inline constexpr std::size_t kRunBlockRows = 128;

/// Rows of one run, block after block.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// The next rows, at least one; null at the end. Valid until the next call.
  virtual FeatureTable* next() = 0;
};

/// The rows of all sources, each of them ascending, in ascending order: tables for `out`, each with
/// the provenance of `model`, which has rows unless no source has. Returns the number of rows.
std::uint64_t merge_rows(std::vector<std::unique_ptr<RowSource>> sources, FeatureTable const& model,
                         FeatureSink& out);

class RowRuns {
 public:
  /// The temporary file is made in `folder`, if it is needed. Memory: about memory_bytes, which
  /// merge() takes once more for blocks of what was spilled.
  RowRuns(std::filesystem::path folder, std::size_t memory_bytes);

  /// Takes rows in, all with the same columns. Thread safe.
  RowRun hold(FeatureTable&& table);
  /// Runs that hold() gave are part of the output, or are not. Thread safe.
  void commit(std::vector<RowRun>&& runs);
  void drop(std::vector<RowRun>&& runs);

  /// Of the tables that came.
  FeatureProvenance const& provenance() const { return model_.provenance; }

  /// All committed rows. Needs one hold(), if only of a table without rows; `provenance` goes into
  /// every block. The sink's finish() is the caller's. Returns the number of rows.
  std::uint64_t merge(FeatureProvenance const& provenance, FeatureSink& sink);

  std::uint64_t spilled_bytes() const { return spill_.bytes(); }

 private:
  std::unique_ptr<RowSource> source_of(RowRun&& run);
  RowRun merge_to_spill(std::vector<RowRun>&& runs);
  void settle(FeatureTable& table);

  std::size_t memory_bytes_;
  SpillFile spill_;
  std::mutex mutex_;
  std::size_t held_bytes_ = 0;
  FeatureTable model_;  // one row as soon as there was one, so that its columns can be told
  bool settled_ = false;
  std::vector<RowRun> runs_;
};

}  // namespace nta
