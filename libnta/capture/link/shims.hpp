// What may stand between an EtherType and IP: MPLS labels, Ethernet over MPLS, PPPoE.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/net/ipv6.hpp"

namespace nta {

/// Labels to the bottom of the stack. Nothing says what they carry: a first nibble of 4 or 6 is
/// taken for IP, 0 for a control word with an Ethernet frame behind it, all else for such a frame.
inline Step decode_mpls(Walk& w) noexcept {
  constexpr std::uint32_t kBottomOfStack = 0x100;
  PacketKey& key = w.layer->key;
  key.shims = static_cast<std::uint16_t>(key.shims | kShimMpls);
  for (bool bottom = false; !bottom;) {
    if (!count_header(w)) return skip(w, SkipReason::header_depth);
    if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
    bottom = (load_be32(w.here()) & kBottomOfStack) != 0;
    w.at += 4;
  }
  if (!w.has(1)) return skip(w, SkipReason::link_header_truncated);
  unsigned const nibble = w.here()[0] >> 4;
  if (nibble == 4) return {decode_ipv4};
  if (nibble == 6) return {decode_ipv6};
  if (nibble == 0) {
    if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
    w.at += 4;
  }
  key.shims = static_cast<std::uint16_t>(key.shims | kShimEompls);
  return {decode_ethernet};
}

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

inline Step decode_pppoe(Walk& w) noexcept {
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(6)) return skip(w, SkipReason::link_header_truncated);
  PacketKey& key = w.layer->key;
  key.shims = static_cast<std::uint16_t>(key.shims | kShimPppoe);
  w.at += 6;
  return decode_ppp_protocol(w);
}

}  // namespace nta
