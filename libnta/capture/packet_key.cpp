#include "libnta/capture/packet_key.hpp"

#include "libnta/capture/byte_cursor.hpp"

#include <bit>
#include <cassert>

namespace nta {

std::uint64_t partition_hash(PacketKey const& key) noexcept {
  constexpr std::uint8_t kTcp = 6;
  constexpr std::uint8_t kUdp = 17;
  bool const with_ports = key.protocol == kTcp || key.protocol == kUdp;
  std::uint64_t const last =
      (with_ports ? std::uint64_t{key.port_a} << 24 | std::uint64_t{key.port_b} << 8 : 0) |
      key.protocol;
  std::uint64_t hash = 0;
  for (std::uint64_t const word :
       {load_be64(key.addr_a.data()), load_be64(key.addr_a.data() + 8),
        load_be64(key.addr_b.data()), load_be64(key.addr_b.data() + 8), last}) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

std::uint32_t partition_of(PacketKey const& key, std::uint32_t n_partitions) noexcept {
  assert(std::has_single_bit(n_partitions));
  int const bits = std::countr_zero(n_partitions);
  // A shift by all 64 bits is undefined, so one partition is a case of its own.
  return bits == 0 ? 0 : static_cast<std::uint32_t>(partition_hash(key) >> (64 - bits));
}

}  // namespace nta
