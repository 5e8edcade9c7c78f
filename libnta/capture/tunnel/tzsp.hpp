// TZSP, frames that a sensor sends on: a list of tags, then an Ethernet frame.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

/// Version 1, received packet, Ethernet; then tags up to the end tag, each but padding with a
/// length.
inline std::uint32_t tzsp_header_bytes(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr std::uint32_t kVersionTypeEthernet = 0x01000001;
  constexpr std::uint8_t kPadding = 0;
  constexpr std::uint8_t kEnd = 1;
  if (captured < 5 || load_be32(p) != kVersionTypeEthernet) return kNoTunnelHeader;
  for (std::uint32_t at = 4; at < captured;) {
    if (p[at] == kEnd) return at + 1;
    if (p[at] == kPadding) {
      ++at;
    } else if (at + 1 < captured) {
      at += 2U + p[at + 1];
    } else {
      break;
    }
  }
  return kNoTunnelHeader;
}

inline Step decode_tzsp(Walk& w) noexcept {
  auto const [p, captured] = udp_payload(w);
  std::uint32_t const n_bytes = tzsp_header_bytes(p, captured);
  if (n_bytes == kNoTunnelHeader || !enter_udp_tunnel(w, TunnelKind::tzsp, n_bytes)) return {};
  return {decode_ethernet};
}

}  // namespace nta
