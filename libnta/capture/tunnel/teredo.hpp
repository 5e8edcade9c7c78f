// Teredo: IPv6 in UDP, behind an authentication and an origin indication that may both be missing.
#pragma once

#include "libnta/capture/net/ipv6.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

/// What stands in front of the IPv6 header; without indications its version is the only sign.
inline std::uint32_t teredo_header_bytes(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr std::uint16_t kAuthentication = 1;
  constexpr std::uint16_t kOrigin = 0;
  std::uint32_t n_bytes = 0;
  if (captured >= 4 && load_be16(p) == kAuthentication) {
    n_bytes = 4U + p[2] + p[3] + 9U;  // client's and server's values, nonce, confirmation
  }
  if (captured >= n_bytes + 2 && load_be16(p + n_bytes) == kOrigin) n_bytes += 8;
  return captured > n_bytes && p[n_bytes] >> 4 == 6 ? n_bytes : kNoTunnelHeader;
}

inline Step decode_teredo(Walk& w) noexcept {
  auto const [p, captured] = udp_payload(w);
  std::uint32_t const n_bytes = teredo_header_bytes(p, captured);
  if (n_bytes == kNoTunnelHeader || !enter_udp_tunnel(w, TunnelKind::teredo, n_bytes)) return {};
  return {decode_ipv6};
}

}  // namespace nta
