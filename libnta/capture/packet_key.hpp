// The finest identity of a packet: every later notion of a flow is a projection of this tuple.
// Canonical: endpoint a is the smaller of (address bytes, port), so both directions share one key.
#pragma once

#include <array>
#include <cstdint>

namespace nta {

using IpAddress = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

/// Bits of PacketKey::shims. Bits 8 to 11: the IP layer around tunnel 0 to 3 of the path is IPv6.
enum ShimBit : std::uint16_t {
  kShimLlc = 1,
  kShim8100 = 2,
  kShimOtherTag = 4,
  kShimMpls = 8,
  kShimEompls = 16,
  kShimPppoe = 32,
  kShimMask = 63,
  kShimOuterIpv6Shift = 8
};

/// One row of a shard's key table (`flows.md` 2). A skipped packet's key holds its link only.
struct PacketKey {
  IpAddress addr_a{}, addr_b{};
  std::uint64_t mac_a = 0, mac_b = 0;
  std::uint32_t link = 0;       // row of the manifest's links: (file, interface)
  std::uint32_t tunnel_id = 0;  // VNI, GRE key, ERSPAN session; ids that differ by direction are 0
  std::uint16_t port_a = 0, port_b = 0;
  std::uint16_t icmp_class = 0;
  std::uint16_t vlan_outer = 0, vlan_inner = 0, vlan_last = 0;  // 0: none
  std::uint16_t shims = 0;
  std::uint16_t path = 0;  // tunnel kinds from outside, 4 bits each, outermost in the lowest
  std::uint8_t ip_version = 0;
  std::uint8_t protocol = 0;
  friend bool operator==(PacketKey const&, PacketKey const&) = default;
};

/// The full 64-bit mix over addresses, ports (TCP and UDP only) and protocol of `flows.md` 2.
std::uint64_t partition_hash(PacketKey const& key) noexcept;

/// Partition of `key` among `n_partitions` (a power of two): the top bits of partition_hash.
std::uint32_t partition_of(PacketKey const& key, std::uint32_t n_partitions) noexcept;

}  // namespace nta
