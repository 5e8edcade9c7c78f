// IPv6 header and its chain of extension headers, jumbograms -> layer with addresses and lengths.
#pragma once

#include "libnta/capture/net/ipv4.hpp"

namespace nta {

/// The payload length of a jumbogram: option C2 of the hop-by-hop header `at` bytes on; 0 if none.
inline std::uint32_t jumbo_payload_bytes(Walk const& w, std::uint32_t header_at) noexcept {
  if (!w.has(header_at + 8)) return 0;
  std::uint8_t const* const header = w.here() + header_at;
  std::uint32_t const end = (header[1] + 1U) * 8;
  if (!w.has(header_at + end)) return 0;
  for (std::uint32_t i = 2; i + 2 <= end;) {
    if (header[i] == 0) {  // Pad1 has no length
      ++i;
    } else if (header[i] == 0xC2 && header[i + 1] == 4 && i + 6 <= end) {
      return load_be32(header + i + 2);
    } else {
      i += 2U + header[i + 1];
    }
  }
  return 0;
}

inline Step decode_ipv6(Walk& w) noexcept {
  constexpr std::uint32_t kHeaderBytes = 40;
  constexpr std::uint8_t kHopByHop = 0;
  constexpr std::uint8_t kNoNextHeader = 59;
  std::uint8_t const* const p = w.here();
  if (w.has(1) && p[0] >> 4 != 6) return skip(w, SkipReason::ip_version);
  if (!w.has(kHeaderBytes)) return skip(w, SkipReason::ip_header_truncated);
  std::uint32_t ip_len = kHeaderBytes + load_be16(p + 4);
  if (ip_len == kHeaderBytes && p[6] == kHopByHop) {
    std::uint32_t const payload = jumbo_payload_bytes(w, kHeaderBytes);
    ip_len = std::min(payload, UINT32_MAX - kHeaderBytes) + kHeaderBytes;
  } else if (ip_len == kHeaderBytes && p[6] != kNoNextHeader) {
    ip_len = rest_of_frame(w);
  }
  if (ip_len < kHeaderBytes) return skip(w, SkipReason::ip_total_length);
  set_ip_len(w, ip_len);

  IpLayer& layer = *w.layer;
  layer.ip_hdr_bytes = kHeaderBytes;
  layer.tos = static_cast<std::uint8_t>(load_be16(p) >> 4);
  layer.ttl = p[7];
  layer.key.ip_version = 6;
  std::memcpy(layer.key.addr_a.data(), p + 8, 16);
  std::memcpy(layer.key.addr_b.data(), p + 24, 16);
  w.at += kHeaderBytes;
  w.next_protocol = p[6];
  w.out.n_layers = w.n_tunnels + 1;
  return by_next_protocol(w);
}

/// Passes n captured bytes of IP header; the next header decides how it goes on.
inline Step pass_extension(Walk& w, std::uint32_t n_bytes, std::uint8_t next) noexcept {
  IpLayer& layer = *w.layer;
  if (layer.ip_hdr_bytes + n_bytes > layer.ip_len) return skip(w, SkipReason::ip_total_length);
  // The column counts the header in 4-byte units in one byte.
  if (layer.ip_hdr_bytes + n_bytes > kMaxIpHeaderBytes) return skip(w, SkipReason::header_depth);
  layer.ip_hdr_bytes += n_bytes;
  w.at += n_bytes;
  w.next_protocol = next;
  return by_next_protocol(w);
}

/// Hop-by-hop, routing, destination options, mobility, HIP, shim6: next header, length in 8 B
/// less 1.
inline Step decode_ipv6_extension(Walk& w) noexcept {
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(2)) return skip(w, SkipReason::ip_header_truncated);
  std::uint32_t const n_bytes = (w.here()[1] + 1U) * 8;
  if (!w.has(n_bytes)) return skip(w, SkipReason::ip_header_truncated);
  return pass_extension(w, n_bytes, w.here()[0]);
}

/// A header with offset 0 and no more fragments to come ("atomic fragment") is a whole packet.
inline Step decode_ipv6_fragment(Walk& w) noexcept {
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(8)) return skip(w, SkipReason::ip_header_truncated);
  std::uint8_t const* const p = w.here();
  std::uint16_t const fragment = load_be16(p + 2);
  w.layer->fragment_id = load_be32(p + 4);
  w.layer->fragment_protocol = p[0];
  if ((fragment & 0xFFF8) != 0) {
    w.layer->bits =
        static_cast<std::uint16_t>((w.layer->bits & ~kRowFragmentMask) | kRowFragmentLater);
  } else if ((fragment & 1) != 0) {
    w.layer->bits |= kRowFragmentFirst;
  }
  return pass_extension(w, 8, p[0]);
}

}  // namespace nta
