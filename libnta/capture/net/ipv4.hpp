// IPv4 header with options -> layer with addresses, lengths, fragment bits.
#pragma once

#include "libnta/capture/walk.hpp"

namespace nta {

/// Takes over the IP length; the two bits compare it with what the frame has and what was captured.
inline void set_ip_len(Walk& w, std::uint32_t ip_len) noexcept {
  IpLayer& layer = *w.layer;
  layer.ip_len = ip_len;
  std::uint64_t const end = std::uint64_t{w.at} + ip_len;
  unsigned bits = layer.bits;
  if (end > w.cap_len) bits |= kRowTruncated;
  if (end > w.wire_len) bits |= kRowLengthBeyondFrame;
  layer.bits = static_cast<std::uint16_t>(bits);
}

/// Stands in for a missing length (segmentation offload): the rest of the frame.
inline std::uint32_t rest_of_frame(Walk& w) noexcept {
  w.layer->bits |= kRowNoTotalLength;
  return w.wire_len > w.at ? w.wire_len - w.at : 0;
}

inline Step decode_ipv4(Walk& w) noexcept {
  std::uint8_t const* const p = w.here();
  if (w.has(1) && p[0] >> 4 != 4) return skip(w, SkipReason::ip_version);
  if (!w.has(20)) return skip(w, SkipReason::ip_header_truncated);
  std::uint32_t const header_bytes = (p[0] & 0xFU) * 4;
  if (header_bytes < 20) return skip(w, SkipReason::ip_header_length);
  if (!w.has(header_bytes)) return skip(w, SkipReason::ip_header_truncated);
  std::uint32_t ip_len = load_be16(p + 2);
  if (ip_len == 0) ip_len = rest_of_frame(w);
  if (ip_len < header_bytes) return skip(w, SkipReason::ip_total_length);
  set_ip_len(w, ip_len);

  IpLayer& layer = *w.layer;
  layer.ip_hdr_bytes = header_bytes;
  layer.tos = p[1];
  layer.ttl = p[8];
  layer.fragment_id = load_be16(p + 4);
  layer.fragment_protocol = p[9];
  std::uint16_t const fragment = load_be16(p + 6);
  if ((fragment & 0x1FFF) != 0) {
    layer.bits |= kRowFragmentLater;
  } else if ((fragment & 0x2000) != 0) {
    layer.bits |= kRowFragmentFirst;
  }
  layer.key.ip_version = 4;
  layer.key.addr_a[10] = layer.key.addr_a[11] = 0xFF;
  layer.key.addr_b[10] = layer.key.addr_b[11] = 0xFF;
  std::memcpy(layer.key.addr_a.data() + 12, p + 12, 4);
  std::memcpy(layer.key.addr_b.data() + 12, p + 16, 4);
  w.at += header_bytes;
  w.next_protocol = p[9];
  w.out.n_layers = w.n_tunnels + 1;
  return by_next_protocol(w);
}

}  // namespace nta
