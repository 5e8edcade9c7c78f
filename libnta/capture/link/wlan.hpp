// 802.11 frames, plain or behind a radiotap header: data frames -> LLC. Management, control and
// empty frames carry nothing; protected ones cannot be read.
#pragma once

#include "libnta/capture/link/ethernet.hpp"

namespace nta {

inline Step decode_80211(Walk& w) noexcept {
  constexpr unsigned kData = 0x08, kTypeMask = 0x0C, kNoData = 0x40, kQos = 0x80;
  constexpr unsigned kToDs = 1, kFromDs = 2, kProtected = 0x40, kOrder = 0x80;
  if (!w.has(2)) return skip(w, SkipReason::link_header_truncated);
  std::uint8_t const* const p = w.here();
  unsigned const kind = p[0];
  unsigned const flags = p[1];
  if ((kind & kTypeMask) != kData || (kind & kNoData) != 0) {
    return skip(w, SkipReason::wlan_no_data);
  }
  if ((flags & kProtected) != 0) return skip(w, SkipReason::encrypted_80211);
  bool const to_ds = (flags & kToDs) != 0;
  bool const from_ds = (flags & kFromDs) != 0;
  bool const is_qos = (kind & kQos) != 0;
  std::uint32_t const n_bytes = 24U + (to_ds && from_ds ? 6U : 0U) + (is_qos ? 2U : 0U) +
                                (is_qos && (flags & kOrder) != 0 ? 4U : 0U);
  if (!w.has(n_bytes)) return skip(w, SkipReason::link_header_truncated);
  // Four addresses, of which the two end points change their place with the direction.
  std::uint32_t const source_at = !from_ds ? 10 : to_ds ? 24 : 16;
  w.layer->key.mac_a = load_be48(p + source_at);
  w.layer->key.mac_b = load_be48(p + (to_ds ? 16 : 4));
  w.at += n_bytes;
  return {decode_llc};
}

/// Facts of the radio, of a length that the header tells, in front of the frame.
inline Step decode_radiotap(Walk& w) noexcept {
  constexpr std::uint32_t kFixedBytes = 8;
  if (!w.has(kFixedBytes)) return skip(w, SkipReason::link_header_truncated);
  std::uint32_t const n_bytes = load_le16(w.here() + 2);
  if (n_bytes < kFixedBytes || !w.has(n_bytes)) return skip(w, SkipReason::link_header_truncated);
  w.at += n_bytes;
  return {decode_80211};
}

}  // namespace nta
