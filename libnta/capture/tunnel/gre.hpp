// GRE: version 0 with its optional fields, version 1 as PPTP uses it -> IP, Ethernet, MPLS or PPP;
// mirrored frames are erspan.hpp.
#pragma once

#include "libnta/capture/link/ppp.hpp"
#include "libnta/capture/tunnel/erspan.hpp"

namespace nta {

struct GreHeader {
  std::uint32_t n_bytes = 0;  // 0: none that is understood, or not all of it captured
  std::uint32_t key = 0;      // version 0; the call id of version 1 differs by direction
  std::uint16_t type = 0;
  bool has_key = false, has_sequence = false;
};

constexpr std::uint16_t kGrePpp = 0x880B;

/// Version 0: every flag but routing adds 4 bytes, in the order checksum, key, sequence.
inline GreHeader gre_header_v0(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr unsigned kChecksum = 0x80, kRouting = 0x40, kKey = 0x20, kSequence = 0x10;
  GreHeader header;
  unsigned const flags = p[0];
  header.type = load_be16(p + 2);
  header.has_key = (flags & kKey) != 0;
  header.has_sequence = (flags & kSequence) != 0;
  std::uint32_t const key_at = (flags & kChecksum) != 0 ? 8 : 4;
  std::uint32_t const n_bytes =
      key_at + (header.has_key ? 4U : 0U) + (header.has_sequence ? 4U : 0U);
  if ((flags & kRouting) != 0 || captured < n_bytes) return header;
  if (header.has_key) header.key = load_be32(p + key_at);
  header.n_bytes = n_bytes;
  return header;
}

/// Version 1: length and call id stand in the key; without a sequence number there is no payload.
inline GreHeader gre_header_v1(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr unsigned kKeyAndSequence = 0x30, kAcknowledged = 0x80;
  GreHeader header;
  header.type = load_be16(p + 2);
  std::uint32_t const n_bytes = (p[1] & kAcknowledged) != 0 ? 16 : 12;
  if (header.type == kGrePpp && (p[0] & kKeyAndSequence) == kKeyAndSequence &&
      captured >= n_bytes) {
    header.n_bytes = n_bytes;
  }
  return header;
}

inline GreHeader gre_header(std::uint8_t const* p, std::uint32_t captured) noexcept {
  if (captured < 4) return {};
  unsigned const version = p[1] & 7U;
  if (version == 0) return gre_header_v0(p, captured);
  return version == 1 ? gre_header_v1(p, captured) : GreHeader{};
}

inline Step decode_gre(Walk& w) noexcept {
  auto const header = gre_header(w.here(), w.l4_captured());
  if (header.n_bytes == 0) return {};
  if (header.type == kErspanOneTwo || header.type == kErspanThree) {
    return decode_erspan(w, header.type, header.n_bytes, header.has_sequence);
  }
  if (!open_tunnel(w, TunnelKind::gre)) return {};
  if (header.has_key) w.layer->key.tunnel_id = header.key;
  w.at += header.n_bytes;
  switch (header.type) {
    case 0x0800:
      return {decode_ipv4};
    case 0x86DD:
      return {decode_ipv6};
    case kTransparentEthernet:
      return {decode_ethernet};
    case 0x8847:
      return {decode_mpls};
    case kGrePpp:
      return {decode_ppp};
    default:
      return skip_non_ip(w, header.type);
  }
}

}  // namespace nta
