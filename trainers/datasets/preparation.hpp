// Raw columns -> model inputs: fitted on training rows, applied unchanged to every other row.
// The fitted object is flat arrays per output column, so that the C++ path, TorchScript and
// preparation.json hold the same numbers. float64 throughout, one cast to float32 at the end.
#pragma once

#include "libnta/config/sections/preparation.hpp"
#include "trainers/datasets/dataset.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Row-major [n_rows, n_columns], as models take it.
struct FloatMatrix {
  std::size_t n_rows = 0, n_columns = 0;
  std::vector<float> values;
};

enum class ColumnKind : std::uint8_t {
  numeric = 0,  ///< the source value
  one_hot = 1,  ///< 1 where the source equals `category`, else 0
  unknown = 2   ///< 1 where no one_hot column of the same source is 1
};

/// One output column. Evaluated in the order of its members:
/// v = x[source]; by kind: v = (v == category); v not finite: fill; log: sign(v) ln(1 + |v|);
/// min(max(v, lo), hi); (v - shift) / scale. Columns of one source are neighbours, unknown last.
struct PreparedColumn {
  std::string name;  // "duration_ns", "tcp_state=3", "tcp_state=unknown"
  std::int32_t source = 0;
  ColumnKind kind = ColumnKind::numeric;
  double category = 0;
  double fill = 0;
  bool log = false;
  double lo = 0, hi = 0;  // -inf, inf: no clip
  double shift = 0, scale = 1;
  friend bool operator==(PreparedColumn const&, PreparedColumn const&) = default;
};

/// One field of a packet sequence; valid steps only, padding becomes 0.
struct PreparedField {
  std::string name;
  bool log = false;
  double shift = 0, scale = 1;
  friend bool operator==(PreparedField const&, PreparedField const&) = default;
};

/// A regression's target: models learn (y - shift) / scale, scores are y * scale + shift.
struct PreparedTarget {
  double shift = 0, scale = 1;
  friend bool operator==(PreparedTarget const&, PreparedTarget const&) = default;
};

struct Preparation {
  std::vector<std::string> inputs;       // raw columns in order: the feature list
  std::vector<PreparedColumn> columns;   // outputs in order
  std::vector<PreparedField> fields;     // of sequences; empty without
  PreparedTarget target;                 // regression only; else 0, 1
  std::vector<std::string> dropped;      // columns without a single training value
  std::vector<std::string> not_clipped;  // clipping would have made them constant
  std::int64_t fitted_rows = 0;
  friend bool operator==(Preparation const&, Preparation const&) = default;
};

/// What a fit looks at. `rows`: training rows (anomaly: the normal ones), `category_rows`: where
/// category lists come from (anomaly: all training rows; else equal to `rows`).
struct FitRows {
  std::vector<std::size_t> rows, category_rows;
  bool anomaly = false;  // outlier rule auto: no clipping
};
FitRows training_rows(Dataset const& data, bool anomaly);

/// Columns that match `encode.columns` are categories, all others numbers. Error(usage) without
/// rows.
Preparation fit_preparation(PreparationConfig const& config, Dataset const& data,
                            FitRows const& fit);

/// All rows of `x`, whose columns are `inputs` in order. Error(data) if the width differs.
FloatMatrix apply_preparation(Preparation const& preparation, Matrix const& x);

/// One row: `in` [inputs], `out` [columns]. For scoring row by row.
void apply_preparation_row(Preparation const& preparation, std::span<double const> in,
                           std::span<float> out);

/// [n_rows, n_steps, n_fields] like the block; steps at or after length are 0.
std::vector<float> apply_preparation(Preparation const& preparation, SequenceBlock const& block);

/// preparation.json: 17 digits, infinities as null, with "sha256" of the text without it.
std::string preparation_json(Preparation const& preparation);
/// Reads it back bit-equal. Error(data) on a wrong hash, missing or surplus keys.
Preparation parse_preparation(std::string_view text);
/// The hash that preparation_json writes; run folder, checkpoints and exports compare it.
std::string preparation_sha256(Preparation const& preparation);

}  // namespace nta
