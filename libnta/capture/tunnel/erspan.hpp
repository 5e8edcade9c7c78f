// ERSPAN, mirrored Ethernet frames in GRE: type I without a header of its own, II, III.
#pragma once

#include "libnta/capture/link/ethernet.hpp"

namespace nta {

constexpr std::uint16_t kErspanOneTwo = 0x88BE;
constexpr std::uint16_t kErspanThree = 0x22EB;

/// Size of the header behind GRE, UINT32_MAX if it is not valid. Type I is told from II by GRE
/// having no sequence number; the versions of II and III are 1 and 2.
inline std::uint32_t erspan_header_bytes(std::uint8_t const* p, std::uint32_t captured,
                                         std::uint16_t type, bool has_sequence) noexcept {
  constexpr std::uint32_t kNone = UINT32_MAX;
  if (type == kErspanOneTwo && !has_sequence) return 0;
  bool const is_third = type == kErspanThree;
  std::uint32_t const fixed_bytes = is_third ? 12 : 8;
  if (captured < fixed_bytes || p[0] >> 4 != (is_third ? 2 : 1)) return kNone;
  std::uint32_t const n_bytes = fixed_bytes + (is_third && (p[11] & 1U) != 0 ? 8U : 0U);
  return captured >= n_bytes ? n_bytes : kNone;
}

/// Called by GRE, whose header of `gre_bytes` is captured.
inline Step decode_erspan(Walk& w, std::uint16_t type, std::uint32_t gre_bytes,
                          bool has_sequence) noexcept {
  std::uint8_t const* const p = w.here() + gre_bytes;
  std::uint32_t const n_bytes =
      erspan_header_bytes(p, w.l4_captured() - gre_bytes, type, has_sequence);
  if (n_bytes == UINT32_MAX || !open_tunnel(w, TunnelKind::erspan)) return {};
  if (n_bytes != 0) w.layer->key.tunnel_id = load_be16(p + 2) & 0x3FF;
  w.at += gre_bytes + n_bytes;
  return {decode_ethernet};
}

}  // namespace nta
