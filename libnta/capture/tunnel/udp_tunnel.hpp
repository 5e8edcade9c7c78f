// What tunnels in UDP share. Their steps start at the UDP header, of which all 8 bytes are
// captured, and look at the payload before they open anything: a port alone is no proof.
#pragma once

#include "libnta/capture/walk.hpp"

namespace nta {

constexpr std::uint32_t kUdpHeaderBytes = 8;

/// Captured bytes behind the UDP header; padding of the frame is none.
struct UdpPayload {
  std::uint8_t const* data;
  std::uint32_t captured;
};
inline UdpPayload udp_payload(Walk const& w) noexcept {
  return {w.here() + kUdpHeaderBytes, w.l4_captured() - kUdpHeaderBytes};
}

/// Opens the tunnel and passes the UDP header and `n_bytes` of the tunnel's own.
inline bool enter_udp_tunnel(Walk& w, TunnelKind kind, std::uint32_t n_bytes) noexcept {
  if (!open_tunnel(w, kind)) return false;
  w.at += kUdpHeaderBytes + n_bytes;
  return true;
}

/// Header of a tunnel whose size only its bytes tell: this means that it is not valid.
constexpr std::uint32_t kNoTunnelHeader = UINT32_MAX;

}  // namespace nta
