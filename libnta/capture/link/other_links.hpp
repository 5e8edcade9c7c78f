// Link types with a small header or none: Linux cooked (SLL, SLL2), NULL and LOOP, raw IP.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/net/ipv6.hpp"

namespace nta {

/// Linux cooked: values below 0x600 are no lengths here but frame kinds; 4 announces LLC.
inline Step by_cooked_protocol(Walk& w, std::uint16_t protocol) noexcept {
  if (protocol == 4) return decode_llc(w);
  return protocol >= 0x600 ? by_ether_type(w, protocol) : skip_non_ip(w, protocol);
}

inline Step decode_sll(Walk& w) noexcept {
  if (!w.has(16)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  if (load_be16(p + 4) == 6) w.layer->key.mac_a = load_be48(p + 6);
  w.at += 16;
  return by_cooked_protocol(w, load_be16(p + 14));
}

inline Step decode_sll2(Walk& w) noexcept {
  if (!w.has(20)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  if (p[11] == 6) w.layer->key.mac_a = load_be48(p + 12);
  std::uint16_t const protocol = load_be16(p);
  w.at += 20;
  return by_cooked_protocol(w, protocol);
}

/// NULL and LOOP: the address family in the byte order of whoever captured.
inline Step decode_null(Walk& w) noexcept {
  if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
  std::uint32_t const big = load_be32(w.here());
  std::uint32_t const family = std::min(big, __builtin_bswap32(big));
  w.at += 4;
  switch (family) {
    case 2:
      return {decode_ipv4};
    case 10:
    case 24:
    case 28:
    case 30:
      return {decode_ipv6};
    default:
      return skip_non_ip(w, 0x30000U + (family & 0xFFFF));
  }
}

/// Raw IP: the version nibble alone says which.
inline Step decode_raw_ip(Walk& w) noexcept {
  if (!w.has(1)) return skip(w, SkipReason::ip_header_truncated);
  return w.here()[0] >> 4 == 6 ? Step{decode_ipv6} : Step{decode_ipv4};
}

}  // namespace nta
