// GTP-U version 1, user data of mobile networks: IP behind 8 bytes, optional fields, extensions.
#pragma once

#include "libnta/capture/link/other_links.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

/// Version 1, GTP (not GTP'), message "G-PDU"; each extension tells its length in 4-byte units and,
/// in its last byte, the next one's type.
inline std::uint32_t gtp_header_bytes(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr std::uint8_t kUserData = 0xFF;
  constexpr unsigned kAnyOptional = 7, kExtension = 4;
  if (captured < 8 || p[0] >> 4 != 3 || p[1] != kUserData) return kNoTunnelHeader;
  if ((p[0] & kAnyOptional) == 0) return 8;
  if (captured < 12) return kNoTunnelHeader;
  std::uint32_t n_bytes = 12;
  if ((p[0] & kExtension) == 0) return n_bytes;
  for (int n_extensions = 0; p[n_bytes - 1] != 0; ++n_extensions) {
    if (n_extensions == kMaxHeaders || captured == n_bytes) return kNoTunnelHeader;
    std::uint32_t const extension_bytes = p[n_bytes] * 4U;
    if (extension_bytes == 0 || captured - n_bytes < extension_bytes) return kNoTunnelHeader;
    n_bytes += extension_bytes;
  }
  return n_bytes;
}

/// Other messages on this port open nothing: they are packets of the outer flow.
inline Step decode_gtp(Walk& w) noexcept {
  auto const [p, captured] = udp_payload(w);
  std::uint32_t const n_bytes = gtp_header_bytes(p, captured);
  if (n_bytes == kNoTunnelHeader) return {};
  return enter_udp_tunnel(w, TunnelKind::gtp, n_bytes) ? Step{decode_raw_ip} : Step{};
}

}  // namespace nta
