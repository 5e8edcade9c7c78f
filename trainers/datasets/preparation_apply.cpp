// Apply: the same arithmetic for every row, whether it trains, is judged or is scored.
#include "libnta/core/error.hpp"
#include "trainers/datasets/preparation.hpp"

#include <algorithm>
#include <cmath>

namespace nta {

namespace {

double signed_log(double v) {
  return std::copysign(std::log1p(std::abs(v)), v);
}

}  // namespace

void apply_preparation_row(Preparation const& preparation, std::span<double const> in,
                           std::span<float> out) {
  bool known = false;        // a one_hot column of the current source was 1
  std::int32_t source = -1;  // columns of one source are neighbours, unknown last
  for (std::size_t c = 0; c < preparation.columns.size(); ++c) {
    PreparedColumn const& column = preparation.columns[c];
    if (column.source != source) {
      source = column.source;
      known = false;
    }
    double v = in[static_cast<std::size_t>(column.source)];
    if (column.kind == ColumnKind::one_hot) {
      v = v == column.category ? 1.0 : 0.0;
      known = known || v == 1.0;
    } else if (column.kind == ColumnKind::unknown) {
      v = known ? 0.0 : 1.0;
    }
    if (!std::isfinite(v)) {
      v = column.fill;
    }
    if (column.log) {
      v = signed_log(v);
    }
    v = std::min(std::max(v, column.lo), column.hi);
    out[c] = static_cast<float>((v - column.shift) / column.scale);
  }
}

FloatMatrix apply_preparation(Preparation const& preparation, Matrix const& x) {
  std::size_t const width = preparation.inputs.size();
  NTA_EXPECTS(x.n_columns == width, ErrorKind::data,
              "rows of {} columns, the preparation was fitted on {}", x.n_columns, width);
  FloatMatrix out;
  out.n_rows = x.n_rows;
  out.n_columns = preparation.columns.size();
  out.values.resize(out.n_rows * out.n_columns);
  std::span<float> const values(out.values);
  for (std::size_t row = 0; row < x.n_rows; ++row) {
    apply_preparation_row(preparation, {x.row(row), width},
                          values.subspan(row * out.n_columns, out.n_columns));
  }
  return out;
}

std::vector<float> apply_preparation(Preparation const& preparation, SequenceBlock const& block) {
  auto const& fields = preparation.fields;
  NTA_EXPECTS(fields.size() == block.n_fields, ErrorKind::data,
              "sequences of {} fields, the preparation was fitted on {}", block.n_fields,
              fields.size());
  std::vector<float> out(block.values.size(), 0.0F);
  for (std::size_t row = 0; row < block.length.size(); ++row) {
    std::size_t const first = row * block.n_steps * block.n_fields;
    std::size_t const n_values = static_cast<std::size_t>(block.length[row]) * block.n_fields;
    for (std::size_t i = 0; i < n_values; ++i) {
      PreparedField const& field = fields[i % block.n_fields];
      double v = block.values[first + i];
      if (field.log) {
        v = signed_log(v);
      }
      out[first + i] = static_cast<float>((v - field.shift) / field.scale);
    }
  }
  return out;
}

}  // namespace nta
