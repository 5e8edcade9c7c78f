// Everything a training sees, in memory, in a fixed row order: raw features (preparation comes
// after the split), targets, parts. No torch here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nta {

enum class Part : std::uint8_t { train = 0, validation = 1, test = 2, unused = 3 };

/// Row-major [n_rows, n_columns] doubles.
struct Matrix {
  std::size_t n_rows = 0, n_columns = 0;
  std::vector<double> values;
  double const* row(std::size_t i) const { return values.data() + i * n_columns; }
  double* row(std::size_t i) { return values.data() + i * n_columns; }
};

/// [n_rows, n_steps, n_fields] doubles; steps at or after length[i] are padding (0 after
/// preparation).
struct SequenceBlock {
  std::size_t n_steps = 0, n_fields = 0;
  std::vector<std::string> field_names;  // direction size gap_ns flags window
  std::vector<double> values;
  std::vector<std::int64_t> length;  // [n_rows], 1..n_steps
};

/// Identity of a row: joins, splits and reports use it, models never do.
struct RowIdentity {
  std::vector<std::uint32_t> capture;  // index into Dataset::captures
  std::vector<std::int64_t> start_s;
  std::vector<std::uint32_t> start_ns;
  std::vector<std::uint64_t> row_in_file;
};

struct Dataset {
  std::vector<std::string> feature_names, feature_units;  // columns of x; empty for sequences
  Matrix x;
  SequenceBlock sequence;            // n_steps = 0: flow features only
  std::vector<std::string> classes;  // sorted; index = class id
  std::vector<std::int32_t>
      target;  // [n_rows], class id or -1 = unlabelled (classification, anomaly)
  std::vector<double> target_value;  // [n_rows] for regression, else empty
  std::vector<bool> normal;          // [n_rows] anomaly: row carries a normal label
  std::vector<Part> part;            // [n_rows]
  RowIdentity identity;
  std::vector<std::string> captures;  // file of each capture
  std::vector<std::string> capture_sha256;
  std::vector<std::string> capture_group;  // split unit of each capture
  std::string profile_json, profile_sha256, set_name, set_sha256;
  std::size_t size() const { return part.size(); }
};

}  // namespace nta
