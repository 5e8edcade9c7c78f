// Tunnels straight over IP: IP in IP (no header of its own) and AH (same addresses, next protocol).
#pragma once

#include "libnta/capture/net/ipv6.hpp"

namespace nta {

inline Step decode_ip4_in_ip(Walk& w) noexcept {
  return open_tunnel(w, TunnelKind::ipip) ? Step{decode_ipv4} : Step{};
}
inline Step decode_ip6_in_ip(Walk& w) noexcept {
  return open_tunnel(w, TunnelKind::ipip) ? Step{decode_ipv6} : Step{};
}

/// AH keeps the IP header, so the inner layer is the outer one with a longer header and the
/// protocol behind AH. A header that is cut or claims less than its fixed part leaves the tunnel
/// closed.
inline Step decode_ah(Walk& w) noexcept {
  constexpr std::uint32_t kFixedBytes = 12;
  std::uint32_t const captured = w.l4_captured();
  if (captured < kFixedBytes) return {};
  std::uint32_t const n_bytes = (w.here()[1] + 2U) * 4;
  if (n_bytes < kFixedBytes || n_bytes > captured ||
      w.layer->ip_hdr_bytes + n_bytes > kMaxIpHeaderBytes) {
    return {};
  }
  IpLayer inner = *w.layer;
  if (!open_tunnel(w, TunnelKind::ah)) return {};
  inner.key.path = w.layer->key.path;
  inner.key.shims = w.layer->key.shims;
  *w.layer = inner;
  w.out.n_layers = w.n_tunnels + 1;
  return pass_extension(w, n_bytes, w.here()[0]);
}

}  // namespace nta
