// The byte shuffle of HDF5 (filter 2) and its inverse, by the widest instructions of this machine.
// All ways give the same bytes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace nta {

/// Byte j of element i goes to place j * n + i. `to` and `from` have equal size, a multiple of
/// `element_bytes` (1, 2, 4, 8 or 16), and do not overlap.
void shuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                   std::span<std::byte> to);
void unshuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                     std::span<std::byte> to);
/// The same into planes that lie anywhere: byte j of element i goes to place i of planes[j]. What
/// planes[j] gets is lost, if others point there too.
void shuffle_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                   std::byte* const* planes);

/// Bit j: byte j of some element of `from` is not byte j of the one at `first`. Sizes as above.
unsigned varying_bytes(std::span<std::byte const> from, std::size_t element_bytes,
                       std::byte const* first);

/// One way of doing it: for elements of 2, 4, 8 or 16 bytes, as many leading ones as it likes.
/// Returns how many of the n were done.
using ShuffleStep = std::size_t (*)(std::byte const* from, std::size_t n, std::byte* const* planes,
                                    std::size_t element_bytes);
/// Back; plane j of all n begins at j * n.
using UnshuffleStep = std::size_t (*)(std::byte const* from, std::size_t n, std::byte* to,
                                      std::size_t element_bytes);
/// ORs into the 16 bytes of `differs` how whole groups of 16 bytes from the start of `from` differ
/// from `pattern`. Returns how many bytes were looked at.
using DifferStep = std::size_t (*)(std::byte const* from, std::size_t n_bytes,
                                   std::byte const* pattern, std::byte* differs);
struct ShuffleWay {
  char const* name;  // scalar, avx2, avx512
  ShuffleStep shuffle;
  UnshuffleStep unshuffle;
  DifferStep differ;
};

/// The ways that this machine can go, slowest first; `scalar` is always there.
std::vector<ShuffleWay> shuffle_ways();
void shuffle_by(ShuffleWay const& way, std::span<std::byte const> from, std::size_t element_bytes,
                std::span<std::byte> to);
void unshuffle_by(ShuffleWay const& way, std::span<std::byte const> from, std::size_t element_bytes,
                  std::span<std::byte> to);
unsigned varying_by(ShuffleWay const& way, std::span<std::byte const> from,
                    std::size_t element_bytes, std::byte const* first);

}  // namespace nta
