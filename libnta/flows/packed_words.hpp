// A flow's accumulators <-> few bytes, without loss and without knowing what they mean: as 32-bit
// words, most of which are small or still what a new state has.
#pragma once

#include <cstddef>

namespace nta {

/// Words beside those of a model. A word equal to the model's takes no byte, others 1, 2 or 4; four
/// of them share a byte that says which, and none of that where all four are the model's.
struct WordPacking {
  std::byte const* model = nullptr;
  std::size_t groups = 0;  // of four words, 16 B
  bool shuffles = true;    // of the processor, where it has them; false: for tests

  /// B that pack() may write, and that must be readable behind what unpack() is given.
  static constexpr std::size_t kSlack = 16;
  std::size_t limit() const { return (groups + 7) / 8 + 17 * groups + kSlack + 1; }

  /// B written to `to`, which has room for limit().
  std::size_t pack(std::byte const* words, std::byte* to) const;
  void unpack(std::byte const* from, std::byte* words) const;
};

}  // namespace nta
