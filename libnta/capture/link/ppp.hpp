// PPP in its frames: HDLC-like (with Cisco's variant on the same links), in tunnels, over Ethernet:
// protocol number -> what it announces.
#pragma once

#include "libnta/capture/link/mpls.hpp"

namespace nta {

/// The PPP protocol number (one byte if odd) and what it announces.
inline Step decode_ppp_protocol(Walk& w) noexcept {
  if (!w.has(2)) return skip(w, SkipReason::link_header_truncated);
  bool const is_short = (w.here()[0] & 1U) != 0;
  std::uint16_t const protocol = is_short ? w.here()[0] : load_be16(w.here());
  w.at += is_short ? 1 : 2;
  switch (protocol) {
    case 0x0021:
      return {decode_ipv4};
    case 0x0057:
      return {decode_ipv6};
    case 0x0281:
    case 0x0283:
      return {decode_mpls};
    default:
      return skip_non_ip(w, 0x20000U + protocol);
  }
}

/// PPP without the framing of a line: address and control (FF 03) may be there or be left out.
inline Step decode_ppp(Walk& w) noexcept {
  if (w.has(2) && load_be16(w.here()) == 0xFF03) w.at += 2;
  return decode_ppp_protocol(w);
}

/// A serial line: Cisco HDLC shows itself by its address byte (0F to one, 8F to all) and has an
/// EtherType; all else is PPP.
inline Step decode_ppp_or_hdlc(Walk& w) noexcept {
  constexpr std::uint8_t kUnicast = 0x0F;
  constexpr std::uint8_t kMulticast = 0x8F;
  if (!w.has(1)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  if (p[0] != kUnicast && p[0] != kMulticast) return decode_ppp(w);
  if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
  w.at += 4;
  return by_ether_type(w, load_be16(p + 2));
}

inline Step decode_pppoe(Walk& w) noexcept {
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(6)) return skip(w, SkipReason::link_header_truncated);
  PacketKey& key = w.layer->key;
  key.shims = static_cast<std::uint16_t>(key.shims | kShimPppoe);
  w.at += 6;
  return decode_ppp_protocol(w);
}

}  // namespace nta
