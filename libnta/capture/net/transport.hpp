// Transport headers -> ports, sizes, TCP fields, ICMP class. The last steps of a walk,
// unless a tunnel lives on a UDP port.
#pragma once

#include "libnta/capture/walk.hpp"

namespace nta {

/// Ports, if the packet claims at least `min_bytes` and `captured_bytes` of them were captured.
/// The header counts `header_bytes` even where it was not captured, but never more than there is.
inline bool read_ports(Walk& w, std::uint32_t min_bytes, std::uint32_t header_bytes,
                       std::uint32_t captured_bytes) noexcept {
  IpLayer& layer = *w.layer;
  layer.l4_hdr = static_cast<std::uint8_t>(std::min(header_bytes, w.l4_len()));
  if (w.l4_len() < min_bytes || w.l4_captured() < captured_bytes) {
    layer.bits |= kRowL4Missing;
    return false;
  }
  layer.key.port_a = load_be16(w.here());
  layer.key.port_b = load_be16(w.here() + 2);
  return true;
}

inline Step decode_tcp(Walk& w) noexcept {
  constexpr std::uint32_t kFixedBytes = 20;
  if (!read_ports(w, kFixedBytes, kFixedBytes, 4)) return {};
  IpLayer& layer = *w.layer;
  if (w.l4_captured() < kFixedBytes) {
    layer.bits |= kRowL4Malformed;
    return {};
  }
  std::uint8_t const* const p = w.here();
  layer.seq = load_be32(p + 4);
  layer.ack = load_be32(p + 8);
  layer.tcp_flags = p[13];
  layer.window = load_be16(p + 14);
  std::uint32_t const claimed = (p[12] >> 4) * 4U;
  std::uint32_t const header_bytes = std::clamp(claimed, kFixedBytes, w.l4_len());
  if (header_bytes != claimed) layer.bits |= kRowL4Malformed;
  layer.l4_hdr = static_cast<std::uint8_t>(std::min(header_bytes, 60U));
  return {};
}

inline Step decode_udp(Walk& w) noexcept {
  return read_ports(w, 8, 8, 8) ? by_udp_ports(w) : Step{};
}
inline Step decode_udp_lite(Walk& w) noexcept {
  read_ports(w, 8, 8, 4);
  return {};
}
inline Step decode_sctp(Walk& w) noexcept {
  read_ports(w, 12, 12, 4);
  return {};
}
inline Step decode_dccp(Walk& w) noexcept {
  read_ports(w, 12, 0, 4);
  return {};
}

/// Query and reply share a class, so that both directions of a ping are one flow.
constexpr std::uint16_t icmp_class(bool is_v6, std::uint8_t type, std::uint8_t code) noexcept {
  constexpr std::uint8_t kPairs4[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};
  constexpr std::uint8_t kPairs6[][2] = {{128, 129}, {133, 134}, {135, 136}, {139, 140}};
  for (auto const& pair : is_v6 ? kPairs6 : kPairs4) {
    if (type == pair[0] || type == pair[1]) return static_cast<std::uint16_t>(pair[0] << 8);
  }
  return static_cast<std::uint16_t>(type << 8 | code);
}

inline void read_icmp(Walk& w, bool is_v6) noexcept {
  IpLayer& layer = *w.layer;
  layer.l4_hdr = static_cast<std::uint8_t>(std::min(8U, w.l4_len()));
  if (w.l4_captured() < 2) return;
  layer.icmp = load_be16(w.here());
  layer.key.icmp_class = icmp_class(is_v6, w.here()[0], w.here()[1]);
}
inline Step decode_icmp(Walk& w) noexcept {
  read_icmp(w, false);
  return {};
}
inline Step decode_icmpv6(Walk& w) noexcept {
  read_icmp(w, true);
  return {};
}

}  // namespace nta
