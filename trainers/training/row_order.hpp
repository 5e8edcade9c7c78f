// Which training row comes at which position of which epoch: a pure function of (seed, epoch,
// position), so a resumed run goes on in the middle of an epoch with two integers. No torch here.
#pragma once

#include "libnta/config/sections/training.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace nta {

class RowOrder {
 public:
  /// `class_of` [n_rows] ids from 0, used by `balanced` alone (may be empty for the others).
  RowOrder(Sampler sampler, std::uint64_t seed, std::int64_t n_rows,
           std::span<std::int64_t const> class_of);

  std::int64_t n_rows() const { return n_rows_; }

  /// out[i] = row at position first + i of the epoch. shuffle: each row once, order keyed by the
  /// epoch; sequential: each row once, in order; balanced: class, then row, both uniform, with
  /// repetition.
  void fill(std::uint64_t epoch, std::int64_t first, std::span<std::int64_t> out) const;

 private:
  Sampler sampler_;
  std::uint64_t seed_;
  std::int64_t n_rows_;
  std::vector<std::vector<std::int64_t>> rows_of_class_;  // classes that have rows
};

}  // namespace nta
