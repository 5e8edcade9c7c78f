// What the steps of the decoder share: the place in the frame, the layer being filled, the ways to
// go on. A step is a small noexcept function in link/, net/ or tunnel/; decode.cpp has their
// tables.
#pragma once

#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/decode.hpp"

#include <algorithm>
#include <cstdint>

namespace nta {

struct Walk {
  std::uint8_t const* data;
  std::uint32_t cap_len;
  std::uint32_t wire_len;
  Decoded& out;
  IpLayer* layer;        // being filled: out.layers[n_tunnels]
  std::uint32_t at = 0;  // the next header's offset in the frame, never beyond cap_len
  int n_tunnels = 0;
  int n_headers = 0;
  std::uint16_t ether_type = 0;    // the last one that was followed
  std::uint8_t next_protocol = 0;  // IP protocol of the header at `at`
  bool has_tag = false;            // the layer has shown a VLAN tag

  std::uint8_t const* here() const noexcept { return data + at; }
  /// Whether n bytes from here are captured.
  bool has(std::uint32_t n) const noexcept { return at <= cap_len && cap_len - at >= n; }
  /// Length of what the IP layer carries from here on, by its own length.
  std::uint32_t l4_len() const noexcept { return layer->ip_len - layer->ip_hdr_bytes; }
  /// Captured bytes of it: padding behind the packet is no part.
  std::uint32_t l4_captured() const noexcept {
    return at < cap_len ? std::min(cap_len - at, l4_len()) : 0;
  }
};

/// Ends the walk: the frame, or the inside of its innermost tunnel, cannot be decoded.
inline Step skip(Walk& w, SkipReason reason) noexcept {
  w.out.n_layers = w.n_tunnels;
  if (w.n_tunnels == 0) {
    w.out.reason = reason;
  } else {
    w.out.layers[static_cast<std::size_t>(w.n_tunnels) - 1].bits |= kRowInnerFailed;
  }
  return {};
}

inline Step skip_non_ip(Walk& w, std::uint32_t value) noexcept {
  if (w.n_tunnels == 0) w.out.non_ip_value = value;
  return skip(w, SkipReason::non_ip);
}

/// Counts a tag, label or extension header; false beyond the bound.
inline bool count_header(Walk& w) noexcept {
  return ++w.n_headers <= kMaxHeaders;
}

/// Below `w.layer` a tunnel of this kind begins: a fresh layer that inherits what the frame has
/// shown so far. False if too many are open already; the tunnel then stays closed.
inline bool open_tunnel(Walk& w, TunnelKind kind) noexcept {
  if (w.n_tunnels >= kMaxTunnels) return false;
  auto const number = static_cast<unsigned>(kind);
  IpLayer& outer = *w.layer;
  outer.bits = static_cast<std::uint16_t>(outer.bits | number << kRowNextShift);
  IpLayer& inner = w.out.layers[static_cast<std::size_t>(w.n_tunnels) + 1];
  inner = IpLayer{};
  inner.key.path = static_cast<std::uint16_t>(outer.key.path | number << (4 * w.n_tunnels));
  unsigned const over_ipv6 = outer.key.ip_version == 6 ? 1U << kShimOuterIpv6Shift : 0U;
  inner.key.shims = static_cast<std::uint16_t>(outer.key.shims | over_ipv6 << w.n_tunnels);
  inner.key.vlan_last = outer.key.vlan_last;
  inner.key.tunnel_id = outer.key.tunnel_id;  // until a tunnel with an id of its own
  w.layer = &inner;
  w.has_tag = false;
  ++w.n_tunnels;
  return true;
}

/// Ends the walk at an outer row of which a rule says that a tunnel begins there and fails.
inline Step fail_tunnel(Walk& w, TunnelKind kind) noexcept {
  if (w.n_tunnels >= kMaxTunnels) return {};
  unsigned const failed = static_cast<unsigned>(kind) << kRowNextShift | kRowInnerFailed;
  w.layer->bits = static_cast<std::uint16_t>(w.layer->bits | failed);
  return {};
}

/// EtherType of an Ethernet frame inside GRE or Geneve.
constexpr std::uint16_t kTransparentEthernet = 0x6558;

// The tables of decode.cpp.
Step by_ether_type(Walk& w, std::uint16_t ether_type) noexcept;
Step by_next_protocol(Walk& w) noexcept;
/// At a UDP header whose ports are known: the tunnel that lives on one of them, or the end.
Step by_udp_ports(Walk& w) noexcept;

}  // namespace nta
