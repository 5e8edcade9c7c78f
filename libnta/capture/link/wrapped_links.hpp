// Link types that wrap another one: PPI names it, NFLOG holds raw IP among attributes.
#pragma once

#include "libnta/capture/link/other_links.hpp"

namespace nta {

/// Its own length and the link type of the frame behind it; may stand in itself, so it is counted.
inline Step decode_ppi(Walk& w) noexcept {
  constexpr std::uint32_t kFixedBytes = 8;
  if (!count_header(w)) return skip(w, SkipReason::header_depth);
  if (!w.has(kFixedBytes)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  std::uint32_t const n_bytes = load_le16(p + 2);
  if (n_bytes < kFixedBytes || !w.has(n_bytes)) return skip(w, SkipReason::link_header_truncated);
  w.at += n_bytes;
  return first_step(load_le32(p + 4));
}

/// Attributes (length with its own 4 bytes, type), each padded to 4 bytes; the packet is one.
inline Step decode_nflog(Walk& w) noexcept {
  constexpr std::uint16_t kPayload = 9;
  if (!w.has(4)) return skip(w, SkipReason::link_header_truncated);
  w.at += 4;
  while (w.has(4)) {
    std::uint32_t const n_bytes = load_le16(w.here());
    std::uint16_t const type = load_le16(w.here() + 2);
    if (type == kPayload && n_bytes >= 4) {
      w.at += 4;
      return {decode_raw_ip};
    }
    std::uint32_t const padded = (n_bytes + 3) / 4 * 4;
    if (n_bytes < 4 || !w.has(padded)) break;
    w.at += padded;
  }
  return skip(w, SkipReason::link_header_truncated);
}

}  // namespace nta
