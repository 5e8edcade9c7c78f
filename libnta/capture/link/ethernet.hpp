// Ethernet II, IEEE 802.3 with LLC and SNAP, VLAN tags: header -> EtherType.
#pragma once

#include "libnta/capture/net/ipv4.hpp"
#include "libnta/capture/walk.hpp"

namespace nta {

/// LLC: SNAP gives an EtherType, 06 06 03 is IPv4, all else is no IP.
inline Step decode_llc(Walk& w) noexcept {
  if (!w.has(3)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  w.layer->key.shims |= kShimLlc;
  if (p[0] == 0x06 && p[1] == 0x06 && p[2] == 0x03) {
    w.at += 3;
    return {decode_ipv4};
  }
  if (p[0] != 0xAA || p[1] != 0xAA || p[2] != 0x03) return skip_non_ip(w, 0x10000U + p[0]);
  if (!w.has(8)) return skip(w, SkipReason::link_header_truncated);
  std::uint32_t const oui = load_be32(p + 2) & 0xFFFFFF;
  if (oui != 0 && oui != 0xF8) return skip_non_ip(w, 0x10000U + p[0]);
  w.at += 8;
  return by_ether_type(w, load_be16(p + 6));
}

/// The two bytes where Ethernet II has its EtherType and 802.3 a length.
inline Step by_type_or_length(Walk& w, std::uint16_t value) noexcept {
  if (value >= 0x600) return by_ether_type(w, value);
  return value <= 1500 ? decode_llc(w) : skip_non_ip(w, value);
}

inline Step decode_ethernet(Walk& w) noexcept {
  if (!w.has(14)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  w.layer->key.mac_a = load_be48(p + 6);
  w.layer->key.mac_b = load_be48(p);
  w.at += 14;
  return by_type_or_length(w, load_be16(p + 12));
}

/// A tag: 4 bytes, 12-bit id. The first and last of a layer and the last of the frame are kept.
inline Step decode_vlan(Walk& w) noexcept {
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  PacketKey& key = w.layer->key;
  auto const id = static_cast<std::uint16_t>(load_be16(p) & 0x0FFF);
  std::uint16_t const bit = w.ether_type == 0x8100 ? kShim8100 : kShimOtherTag;
  key.shims = static_cast<std::uint16_t>(key.shims | bit);
  if (!w.has_tag) key.vlan_outer = id;
  w.has_tag = true;
  key.vlan_inner = id;
  key.vlan_last = id;
  w.at += 4;
  return by_type_or_length(w, load_be16(p + 2));
}

}  // namespace nta
