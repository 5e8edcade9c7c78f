// What tests of tunnels ask of a decoded packet.
#pragma once

#include "tests/capture/support.hpp"
#include "tests/support/tunnel_builder.hpp"

namespace nta::test {

constexpr unsigned kind_number(TunnelKind kind) {
  return static_cast<unsigned>(kind);
}
inline unsigned next_of(IpLayer const& layer) {
  return layer.bits >> kRowNextShift;
}
inline bool has_failed(IpLayer const& layer) {
  return (layer.bits & kRowInnerFailed) != 0;
}

inline Decoded over_ip4(unsigned protocol, Bytes const& payload, unsigned fragment = 0) {
  return decode_ethernet_packet(
      ethernet(0x0800, ipv4({.protocol = protocol, .fragment = fragment}, payload)));
}
inline Decoded over_ip6(unsigned protocol, Bytes const& payload) {
  return decode_ethernet_packet(ethernet(0x86DD, ipv6({.next = protocol}, payload)));
}
/// UDP to `port` with this payload, over either version.
inline Decoded over_udp(unsigned port, Bytes const& payload, unsigned version = 4) {
  Bytes const datagram = udp_with(50000, port, payload);
  return version == 4 ? over_ip4(17, datagram) : over_ip6(17, datagram);
}

/// Two rows: an outer one that names the tunnel, and the TCP packet inside.
inline void expect_opened(Decoded const& out, TunnelKind kind, unsigned version,
                          std::uint32_t tunnel_id = 0) {
  ASSERT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 2);
  EXPECT_EQ(next_of(out.layers[0]), kind_number(kind));
  EXPECT_EQ(out.layers[0].bits & ~(0xF << kRowNextShift), kRowPrimary);
  EXPECT_EQ(out.layers[0].key.path, 0);
  EXPECT_EQ(out.layers[0].key.tunnel_id, 0U);
  IpLayer const& inner = out.layers[1];
  EXPECT_EQ(inner.key.path, kind_number(kind));
  EXPECT_EQ(inner.key.tunnel_id, tunnel_id);
  EXPECT_EQ(inner.key.ip_version, version);
  EXPECT_EQ(inner.key.protocol, 6);
  EXPECT_EQ(inner.key.port_a, 40000);
  EXPECT_EQ(inner.key.port_b, 443);
  EXPECT_EQ(inner.ip_len, version == 4 ? 50U : 70U);
  EXPECT_EQ(inner.bits, 0);
}
/// One row that knows of no tunnel.
inline void expect_closed(Decoded const& out) {
  EXPECT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(next_of(out.layers[0]), 0U);
  EXPECT_FALSE(has_failed(out.layers[0]));
}
/// One row whose tunnel shows nothing.
inline void expect_failed(Decoded const& out, TunnelKind kind) {
  EXPECT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(next_of(out.layers[0]), kind_number(kind));
  EXPECT_TRUE(has_failed(out.layers[0]));
}

/// The inner flow has one key whichever way its packets go.
inline void expect_one_key(Decoded there, Decoded back) {
  ASSERT_EQ(there.n_layers, 2);
  ASSERT_EQ(back.n_layers, 2);
  canonical(there.layers[1]);
  canonical(back.layers[1]);
  EXPECT_EQ(there.layers[1].key, back.layers[1].key);
  EXPECT_NE(there.layers[1].bits & kRowSide, back.layers[1].bits & kRowSide);
}

}  // namespace nta::test
