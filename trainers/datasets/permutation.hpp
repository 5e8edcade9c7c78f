// (seed, epoch, position) -> row: a shuffle that can start anywhere, so resume is mid-epoch and
// workers need no list. A Feistel network over the next power of four, walked until inside.
#pragma once

#include "libnta/core/counter_rng.hpp"

#include <cstdint>

namespace nta {

/// A bijection of [0, n): the row order of one epoch. Cheap to make, pure, thread safe.
class Permutation {
 public:
  /// The order of `n` rows in `epoch`, keyed by stream_key(seed, "shuffle", epoch).
  Permutation(std::uint64_t n, std::uint64_t seed, std::uint64_t epoch)
      : n_(n), key_(stream_key(seed, "shuffle", epoch)) {
    while (n_ > (std::uint64_t{1} << (2 * half_bits_))) {
      ++half_bits_;
    }
  }

  std::uint64_t size() const { return n_; }

  /// The row at `position` < size(). Expected fewer than four rounds of the network, as the domain
  /// is smaller than 4 n.
  std::uint64_t operator()(std::uint64_t position) const {
    std::uint64_t row = position;
    do {
      row = network(row);
    } while (row >= n_);
    return row;
  }

 private:
  static constexpr unsigned kRounds = 8;

  std::uint64_t network(std::uint64_t x) const {
    std::uint64_t const mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = x >> half_bits_;
    std::uint64_t right = x & mask;
    for (unsigned round = 0; round < kRounds; ++round) {
      std::uint64_t const mixed = random_bits(key_ ^ (round * 0x9E3779B97F4A7C15ULL), right);
      std::uint64_t const next = left ^ (mixed & mask);
      left = right;
      right = next;
    }
    return (left << half_bits_) | right;
  }

  std::uint64_t n_ = 0;
  std::uint64_t key_ = 0;
  unsigned half_bits_ = 1;
};

}  // namespace nta
