// Geneve: Ethernet or IP behind 8 bytes with a network identifier, and options.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/net/ipv6.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

inline Step geneve_payload(std::uint16_t type) noexcept {
  switch (type) {
    case kTransparentEthernet:
      return {decode_ethernet};
    case 0x0800:
      return {decode_ipv4};
    case 0x86DD:
      return {decode_ipv6};
    default:
      return {};
  }
}

/// The version is two bits, so the type must be one that is known before the bytes count as Geneve.
inline Step decode_geneve(Walk& w) noexcept {
  auto const [p, captured] = udp_payload(w);
  if (captured < 8 || p[0] >> 6 != 0) return {};
  std::uint32_t const n_bytes = 8 + (p[0] & 0x3FU) * 4;
  Step const payload = geneve_payload(load_be16(p + 2));
  if (captured < n_bytes || payload.run == nullptr) return {};
  if (!enter_udp_tunnel(w, TunnelKind::geneve, n_bytes)) return {};
  w.layer->key.tunnel_id = load_be32(p + 4) >> 8;
  return payload;
}

}  // namespace nta
