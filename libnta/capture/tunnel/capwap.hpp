// CAPWAP data between access points and their controller: 802.11 or Ethernet frames.
#pragma once

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/tunnel/udp_tunnel.hpp"

namespace nta {

/// The header's 8 fixed bytes; further ones (radio address, wireless information) are in its
/// length.
struct CapwapHeader {
  std::uint32_t n_bytes = 0;  // 0: not understood
  bool is_80211 = false;
};
inline CapwapHeader capwap_header(std::uint8_t const* p, std::uint32_t captured) noexcept {
  constexpr unsigned kNative = 0x01;                       // byte 2
  constexpr unsigned kFragment = 0x80, kKeepAlive = 0x08;  // byte 3
  if (captured < 8 || p[0] != 0) return {};
  std::uint32_t const n_bytes = (p[1] >> 3) * 4U;
  bool const is_later_fragment = (p[3] & kFragment) != 0 && (load_be16(p + 6) & 0xFFF8) != 0;
  if (n_bytes < 8 || n_bytes > captured || (p[3] & kKeepAlive) != 0 || is_later_fragment) return {};
  return {n_bytes, (p[2] & kNative) != 0};
}

/// Not every 802.11 header that is found here has its fields in order: its 24 bytes are passed and
/// LLC behind them must prove that it was one.
inline Step decode_capwap_80211(Walk& w) noexcept {
  constexpr std::uint32_t kHeaderBytes = 24;
  if (!w.has(kHeaderBytes)) return skip(w, SkipReason::link_header_truncated);
  w.at += kHeaderBytes;
  return decode_llc(w);
}

/// Whatever else is of this size, over IPv4, is a failed tunnel: meters that open CAPWAP drop it.
inline Step decode_capwap(Walk& w) noexcept {
  constexpr std::uint32_t kLeastFailedBytes = 33;
  auto const [p, captured] = udp_payload(w);
  auto const header = capwap_header(p, captured);
  if (header.n_bytes == 0) {
    bool const is_failed = w.layer->key.ip_version == 4 && captured >= 2 && p[0] == 0 &&
                           captured >= (p[1] >> 3) * 4U + kLeastFailedBytes;
    return is_failed ? fail_tunnel(w, TunnelKind::capwap) : Step{};
  }
  if (!enter_udp_tunnel(w, TunnelKind::capwap, header.n_bytes)) return {};
  return header.is_80211 ? Step{decode_capwap_80211} : Step{decode_ethernet};
}

}  // namespace nta
