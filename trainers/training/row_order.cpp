#include "trainers/training/row_order.hpp"

#include "libnta/core/counter_rng.hpp"
#include "trainers/datasets/permutation.hpp"

#include <algorithm>

namespace nta {
namespace {

/// floor(u * n) of a uniform u in [0, 1): the bias is below n / 2^53.
std::int64_t below(std::int64_t n, std::uint64_t key, std::uint64_t position) {
  return static_cast<std::int64_t>(random_unit(key, position) * static_cast<double>(n));
}

}  // namespace

RowOrder::RowOrder(Sampler sampler, std::uint64_t seed, std::int64_t n_rows,
                   std::span<std::int64_t const> class_of)
    : sampler_(sampler), seed_(seed), n_rows_(n_rows) {
  if (sampler_ != Sampler::balanced) {
    return;
  }
  for (std::size_t row = 0; row < class_of.size(); ++row) {
    auto const id = static_cast<std::size_t>(class_of[row]);
    if (id >= rows_of_class_.size()) {
      rows_of_class_.resize(id + 1);
    }
    rows_of_class_[id].push_back(static_cast<std::int64_t>(row));
  }
  std::erase_if(rows_of_class_, [](auto const& rows) { return rows.empty(); });
  // Without classes (regression, anomaly) all rows are one class.
  if (rows_of_class_.empty()) {
    rows_of_class_.emplace_back();
    for (std::int64_t row = 0; row < n_rows; ++row) {
      rows_of_class_[0].push_back(row);
    }
  }
}

void RowOrder::fill(std::uint64_t epoch, std::int64_t first, std::span<std::int64_t> out) const {
  auto const start = static_cast<std::uint64_t>(first);
  if (sampler_ == Sampler::sequential) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = first + static_cast<std::int64_t>(i);
    }
    return;
  }
  if (sampler_ == Sampler::balanced) {
    auto const key = stream_key(seed_, "sampler", epoch);
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const n_classes = static_cast<std::int64_t>(rows_of_class_.size());
      auto const& rows =
          rows_of_class_[static_cast<std::size_t>(below(n_classes, key, 2 * (start + i)))];
      out[i] = rows[static_cast<std::size_t>(
          below(static_cast<std::int64_t>(rows.size()), key, 2 * (start + i) + 1))];
    }
    return;
  }
  Permutation const permutation(static_cast<std::uint64_t>(n_rows_), seed_, epoch);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::int64_t>(permutation(start + i));
  }
}

}  // namespace nta
