// VXLAN: an Ethernet frame behind 8 bytes with a network identifier.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

/// Only the flag "identifier is valid" may be set, all reserved bits are 0.
inline Step decode_vxlan(Walk& w) noexcept {
  constexpr std::uint32_t kHeaderBytes = 8;
  auto const [p, captured] = udp_payload(w);
  if (captured < kHeaderBytes || load_be32(p) != 0x08000000 || p[7] != 0) return {};
  if (!enter_udp_tunnel(w, TunnelKind::vxlan, kHeaderBytes)) return {};
  w.layer->key.tunnel_id = load_be32(p + 4) >> 8;
  return {decode_ethernet};
}

}  // namespace nta
