// MPLS labels and Ethernet over MPLS: the stack -> what it carries, which no field names.
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

}  // namespace nta
