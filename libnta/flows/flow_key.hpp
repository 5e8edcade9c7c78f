// A profile's projection of the packet key: two packets belong to one flow key if these are equal.
// Equality is always the full comparison; the hash only chooses a place to look.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/rules.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nta {

/// Parts that the profile's key leaves out are 0. Whole words without padding, so that device code
/// can compare and hash it.
struct FlowKey {
  std::uint64_t addr_a[2] = {0, 0}, addr_b[2] = {0, 0};  // bytes of IpAddress as they lie
  std::uint64_t mac_a = 0, mac_b = 0;
  std::uint32_t link = 0, file = 0, tunnel_id = 0;
  std::uint16_t port_a = 0, port_b = 0;
  std::uint16_t icmp_class = 0;
  std::uint16_t vlan_outer = 0, vlan_inner = 0, vlan_last = 0;
  std::uint16_t tunnel_kind = 0;
  std::uint16_t protocol = 0;
  std::uint32_t unused = 0;
};
static_assert(sizeof(FlowKey) == 80);

namespace flow_key_detail {
struct Words {
  std::uint64_t word[sizeof(FlowKey) / sizeof(std::uint64_t)];
};
NTA_HD inline Words words_of(FlowKey const& key) {
  Words words;
  memcpy(&words, &key, sizeof words);
  return words;
}
}  // namespace flow_key_detail

NTA_HD inline bool operator==(FlowKey const& x, FlowKey const& y) {
  auto const wx = flow_key_detail::words_of(x);
  auto const wy = flow_key_detail::words_of(y);
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < sizeof(FlowKey) / 8; ++i) {
    differing |= wx.word[i] ^ wy.word[i];
  }
  return differing == 0;
}

/// 64 well mixed bits; the seed keeps crafted traffic from choosing the places.
NTA_HD inline std::uint64_t hash_of(FlowKey const& key, std::uint64_t seed = 0) {
  auto const words = flow_key_detail::words_of(key);
  std::uint64_t h = seed;
  for (std::size_t i = 0; i < sizeof(FlowKey) / 8; ++i) {
    h = (h ^ words.word[i]) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
  }
  return h;
}

/// `one_sided`: the profile cannot tell the endpoints apart; every packet is forward.
struct ProjectedKey {
  FlowKey key;
  bool one_sided = false;
};

/// Kind of the innermost tunnel of a path (`PacketKey::path`), 0: none.
constexpr std::uint8_t last_tunnel(std::uint16_t path) {
  std::uint8_t last = 0;
  for (; path != 0; path = static_cast<std::uint16_t>(path >> 4)) {
    last = path & 15;
  }
  return last;
}

/// The same but ipip (kind 1), as the key part `tunnel_kind` has it.
constexpr std::uint8_t last_tunnel_but_ipip(std::uint16_t path) {
  std::uint8_t last = 0;
  for (; path != 0; path = static_cast<std::uint16_t>(path >> 4)) {
    if ((path & 15) > 1) {
      last = path & 15;
    }
  }
  return last;
}

/// `file`: index of the capture if every file is a world of its own (--join no), else 0.
/// The packet key's endpoints are sorted by (address, port); without ports they still are, but
/// equal addresses tie: then the source is endpoint a, for every packet. See Note [Equal
/// endpoints].
inline ProjectedKey project(PacketKey const& packet, std::uint32_t file, Rules const& rules) {
  ProjectedKey result;
  FlowKey& key = result.key;
  memcpy(key.addr_a, packet.addr_a.data(), sizeof key.addr_a);
  memcpy(key.addr_b, packet.addr_b.data(), sizeof key.addr_b);
  key.protocol = packet.protocol;
  key.file = file;
  bool const ports = rules.has_key(kKeyPorts) && rules.port_protocols.has(packet.protocol);
  if (ports) {
    key.port_a = packet.port_a;
    key.port_b = packet.port_b;
  }
  if (rules.has_key(kKeyVlanOuter)) {
    key.vlan_outer = packet.vlan_outer;
  }
  if (rules.has_key(kKeyVlanInner)) {
    key.vlan_inner = packet.vlan_inner;
  }
  if (rules.has_key(kKeyVlanLast)) {
    key.vlan_last = packet.vlan_last;
  }
  if (rules.has_key(kKeyTunnelKind)) {
    key.tunnel_kind = last_tunnel_but_ipip(packet.path);
  }
  if (rules.has_key(kKeyTunnelId)) {
    key.tunnel_id = packet.tunnel_id;
  }
  if (rules.has_key(kKeyIcmp)) {
    key.icmp_class = packet.icmp_class;
  }
  if (rules.has_key(kKeyLink)) {
    key.link = packet.link;
  }
  // Note [Equal endpoints]: with equal addresses the side bit came from the ports. A profile that
  // drops the ports or compares addresses alone has one endpoint, so MACs are sorted by value.
  bool const same_address = packet.addr_a == packet.addr_b;
  result.one_sided = same_address && (rules.compare == CompareRule::address || !ports);
  if (rules.has_key(kKeyMacs)) {
    bool const swap = result.one_sided && packet.mac_b < packet.mac_a;
    key.mac_a = swap ? packet.mac_b : packet.mac_a;
    key.mac_b = swap ? packet.mac_a : packet.mac_b;
  }
  return result;
}

}  // namespace nta
