#include "trainers/serving/sample_rows.hpp"

#include "libnta/core/counter_rng.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace nta {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// NaN is left out for sequences: their fields are measured, never missing.
constexpr std::array<double, 7> kHard{
    0, 1e30, -1e30, std::numeric_limits<double>::denorm_min(), 1e-40, HUGE_VAL, kNan};
constexpr std::size_t kHardSequences = 5;

double near_fit(bool is_log, double shift, double scale, double unit) {
  double const z = shift + scale * (4 * unit - 2);
  return is_log ? std::copysign(std::expm1(std::abs(z)), z) : z;
}

SequenceBlock empty_block(Preparation const& preparation, std::size_t n_rows, std::size_t n_steps) {
  SequenceBlock block{n_steps, preparation.fields.size(), {}, {}, {}};
  for (PreparedField const& field : preparation.fields) block.field_names.push_back(field.name);
  block.values.assign(n_rows * n_steps * block.n_fields, kNan);
  block.length.assign(n_rows, static_cast<std::int64_t>(n_steps));
  return block;
}

}  // namespace

Matrix sample_rows(Preparation const& preparation, std::size_t n_rows, std::uint64_t seed) {
  std::size_t const width = preparation.inputs.size();
  Matrix out{n_rows, width, std::vector<double>(n_rows * width, 0.0)};
  auto const& columns = preparation.columns;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    PreparedColumn const& column = columns[c];
    auto const source = static_cast<std::size_t>(column.source);
    std::uint64_t const key = stream_key(seed, "sample", c);
    for (std::size_t i = 0; i < n_rows; ++i) {
      double const unit = random_unit(key, i);
      double& value = out.row(i)[source];
      if (column.kind == ColumnKind::numeric) {
        value = near_fit(column.log, column.shift, column.scale, unit);
      } else if (c == 0 || columns[c - 1].source != column.source || unit < 0.3) {
        value = column.kind == ColumnKind::one_hot ? column.category : -1;
      }
    }
  }
  return out;
}

SequenceBlock sample_sequences(Preparation const& preparation, std::size_t n_rows,
                               std::size_t n_steps, std::uint64_t seed) {
  SequenceBlock block = empty_block(preparation, n_rows, n_steps);
  std::uint64_t const length_key = stream_key(seed, "sample_length");
  std::uint64_t const key = stream_key(seed, "sample");
  for (std::size_t i = 0; i < n_rows; ++i) {
    auto const any =
        static_cast<std::size_t>(random_unit(length_key, i) * static_cast<double>(n_steps));
    std::size_t const length = i == 0 ? 1 : i == 1 ? n_steps : any + 1;
    block.length[i] = static_cast<std::int64_t>(length);
    for (std::size_t j = 0; j < length * block.n_fields; ++j) {
      std::size_t const at = i * n_steps * block.n_fields + j;
      PreparedField const& field = preparation.fields[j % block.n_fields];
      block.values[at] = near_fit(field.log, field.shift, field.scale, random_unit(key, at));
    }
  }
  return block;
}

Matrix hard_rows(std::size_t n_columns) {
  Matrix out{kHard.size(), n_columns, {}};
  for (double const value : kHard) out.values.insert(out.values.end(), n_columns, value);
  return out;
}

SequenceBlock hard_sequences(Preparation const& preparation, std::size_t n_steps) {
  SequenceBlock block = empty_block(preparation, kHardSequences, n_steps);
  std::size_t const row = n_steps * block.n_fields;
  for (std::size_t i = 0; i < block.values.size(); ++i) block.values[i] = kHard[i / row];
  return block;
}

}  // namespace nta
