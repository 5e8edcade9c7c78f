// Packets in added order -> packets by flow key, each key's in added order. On a device one u64 per
// packet, id << 32 | row, is sorted by the id's bits (stable LSD radix); on CPU cores rows go to
// their places by counting (group_rows.hpp). Packets stay where they are.
#pragma once

#include "kernels/packed_packet.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/core/prefetch.hpp"

#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace nta {

// Pointers of functors are template parameters where a device runs them: what they move can then be
// counted by pointers that count (tests/kernels/counted_memory.hpp).

/// Packets by key, then flow, on CPU cores: those of a key may lie anywhere in memory, so walks ask
/// for them early.
struct GroupedRows : IndexedRows<PackedPacket*, std::uint32_t const*> {
  std::size_t n = 0;  // rows that may be asked for early

  /// A walk is at row i: what it will read soon.
  NTA_HD void fetch_after(std::size_t i) const {
    constexpr std::size_t kAhead = 16;
    fetch(i + kAhead);
  }
  NTA_HD void fetch(std::size_t i) const {
    if (i < n) {
      prefetch_line(packet + sorted[i]);
    }
  }
};

/// Bits of an id that a sort must look at.
constexpr int id_bits(std::uint32_t n_keys) {
  return n_keys <= 1 ? 1 : static_cast<int>(std::bit_width(n_keys - 1));
}

/// Reads 4 B, writes 8 B a packet.
template <class Ids, class Keys>
struct MakeSortKey {
  Ids id;
  Keys sort_key;
  NTA_HD void operator()(std::size_t i) const { sort_key[i] = std::uint64_t{id[i]} << 32 | i; }
};
template <class Ids, class Keys>
MakeSortKey(Ids, Keys) -> MakeSortKey<Ids, Keys>;

/// Is position i the first of its key?
template <class Keys>
struct StartsRun {
  Keys sorted;
  NTA_HD bool operator()(std::uint32_t i) const {
    return i == 0 || (sorted[i] >> 32) != (sorted[i - 1] >> 32);
  }
};
template <class Keys>
StartsRun(Keys) -> StartsRun<Keys>;

/// f(i) for every i in [0, n).
template <class Policy, class Functor>
void for_each_index(Policy const& policy, std::size_t n, Functor f) {
  thrust::for_each_n(policy, thrust::counting_iterator<std::size_t>(0), n, f);
}

}  // namespace nta
