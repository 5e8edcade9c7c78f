// Tunnels on UDP ports: a port and a valid header open one, a port alone does not.
#include "tests/capture/tunnel_support.hpp"

namespace nta::test {
namespace {

/// UDP from `port` to somewhere.
Decoded from_udp(unsigned port, Bytes const& payload) {
  return over_ip4(17, udp_with(port, 50000, payload));
}

TEST(Vxlan, OpensToBothPortsOverBothVersions) {
  for (unsigned const port : {4789U, 8472U}) {
    for (unsigned const version : {4U, 6U}) {
      auto const out = over_udp(port, vxlan(0x123456, inner_frame()), version);
      expect_opened(out, TunnelKind::vxlan, 4, 0x123456);
      EXPECT_EQ(out.layers[0].key.port_b, port);
      EXPECT_EQ(out.layers[1].key.mac_b, kInnerMac2);
    }
    expect_closed(from_udp(port, vxlan(1, inner_frame())));
  }
  expect_one_key(over_udp(4789, vxlan(5, inner_frame())),
                 over_udp(4789, vxlan(5, inner_frame(true))));
}

TEST(Vxlan, AnyOtherBitInItsHeaderKeepsItClosed) {
  Bytes const good = vxlan(5, inner_frame());
  for (std::size_t const at : {0U, 1U, 2U, 3U, 7U}) {
    for (unsigned const bit : {1U, 8U, 128U}) {
      Bytes bad = good;
      bad[at] ^= static_cast<std::uint8_t>(bit);
      expect_closed(over_udp(4789, bad));
    }
  }
  expect_closed(over_udp(4789, Bytes{}.be32(0x08000000).zeros(3)));
  expect_failed(over_udp(4789, vxlan(5, ethernet(0x0806, Bytes(28)))), TunnelKind::vxlan);
  expect_failed(over_udp(4789, vxlan(5, Bytes{})), TunnelKind::vxlan);
  expect_closed(over_ip4(17, udp_with(1, 4789, good), 185));  // a later fragment
}

TEST(Geneve, OpensEachTypeBehindItsOptions) {
  for (std::size_t const words : {0U, 1U, 63U}) {
    expect_opened(over_udp(6081, geneve(7, 0x6558, words, inner_frame())), TunnelKind::geneve, 4,
                  7);
    expect_opened(over_udp(6081, geneve(7, 0x0800, words, inner_ip4())), TunnelKind::geneve, 4, 7);
    expect_opened(over_udp(6081, geneve(7, 0x86DD, words, inner_ip6()), 6), TunnelKind::geneve, 6,
                  7);
  }
  expect_one_key(over_udp(6081, geneve(7, 0x0800, 2, inner_ip4())),
                 from_udp(6081, geneve(7, 0x0800, 2, inner_ip4(true))));
}

TEST(Geneve, AnInvalidHeaderStaysClosed) {
  Bytes next_version = geneve(7, 0x0800, 0, inner_ip4());
  next_version[0] = 0x40;
  expect_closed(over_udp(6081, next_version));
  expect_closed(over_udp(6081, geneve(7, 0x0806, 0, Bytes(28))));
  expect_closed(over_udp(6081, Bytes(7)));
  expect_closed(over_udp(6081, Bytes{}.u8(4).u8(0).be16(0x0800).zeros(19)));  // options cut
  expect_failed(over_udp(6081, geneve(7, 0x0800, 1, inner_ip6())), TunnelKind::geneve);
}

TEST(Gtp, OpensWithOptionalFieldsAndExtensions) {
  for (unsigned const flags : {0x30U, 0x31U, 0x32U, 0x33U, 0x34U, 0x37U}) {
    expect_opened(over_udp(2152, gtp({.flags = flags}, inner_ip4())), TunnelKind::gtp, 4);
    expect_opened(over_udp(2152, gtp({.flags = flags}, inner_ip6()), 6), TunnelKind::gtp, 6);
  }
  for (unsigned const n : {1U, 2U, 16U}) {
    expect_opened(over_udp(2152, gtp({.n_extensions = n}, inner_ip4())), TunnelKind::gtp, 4);
  }
}

TEST(Gtp, TunnelsOfTheTwoDirectionsAreOneKey) {
  expect_one_key(over_udp(2152, gtp({.tunnel = 17}, inner_ip4())),
                 over_udp(2152, gtp({.tunnel = 99}, inner_ip4(true))));
  expect_one_key(over_udp(2152, gtp({.tunnel = 17}, inner_ip4())),
                 from_udp(2152, gtp({.tunnel = 99}, inner_ip4(true))));
}

TEST(Gtp, OtherMessagesStayClosed) {
  Bytes const wrong[] = {
      gtp({.message = 1}, Bytes(9)),                           // echo
      gtp({.flags = 0x50}, inner_ip4()),                       // version 2
      gtp({.flags = 0x20}, inner_ip4()),                       // GTP'
      gtp({.n_extensions = 17}, inner_ip4()),                  // too deep
      Bytes{}.be16(0x34FF).zeros(9).u8(0x85).u8(0).zeros(20),  // an extension without length
      Bytes{}.be16(0x34FF).zeros(9).u8(0x85).u8(9).zeros(20),  // one that leaves the packet
      Bytes(9),
  };
  for (Bytes const& payload : wrong) {
    expect_closed(over_udp(2152, payload));
    expect_closed(from_udp(2152, payload));
    expect_closed(over_udp(2152, payload, 6));
  }
  expect_failed(over_udp(2152, gtp({}, Bytes(20, 0x77))), TunnelKind::gtp);
  expect_failed(over_udp(2152, gtp({}, Bytes(20, 0x77)), 6), TunnelKind::gtp);
  expect_failed(over_udp(2152, gtp({}, Bytes{}), 6), TunnelKind::gtp);
}

TEST(Teredo, OpensBehindEachIndication) {
  for (unsigned const version : {4U, 6U}) {
    expect_opened(over_udp(3544, inner_ip6(), version), TunnelKind::teredo, 6);
    expect_opened(over_udp(3544, teredo_origin(inner_ip6()), version), TunnelKind::teredo, 6);
  }
  expect_opened(over_udp(3544, teredo_authentication(0, 0, inner_ip6())), TunnelKind::teredo, 6);
  expect_opened(over_udp(3544, teredo_authentication(3, 5, teredo_origin(inner_ip6()))),
                TunnelKind::teredo, 6);
  expect_one_key(over_udp(3544, inner_ip6()), from_udp(3544, teredo_origin(inner_ip6(true))));
}

TEST(Teredo, WithoutIpv6StaysClosed) {
  expect_closed(over_udp(3544, inner_ip4()));
  expect_closed(over_udp(3544, Bytes{}));
  expect_closed(over_udp(3544, Bytes(60, 0)));
  expect_closed(over_udp(3544, teredo_authentication(200, 200, Bytes{}), 6));
  expect_closed(over_udp(3544, Bytes{}.be16(1).u8(255).u8(255).zeros(40)));
  expect_failed(over_udp(3544, Bytes(20, 0x60)), TunnelKind::teredo);
}

TEST(Tzsp, OpensBehindItsTags) {
  expect_opened(over_udp(37008, tzsp(inner_frame())), TunnelKind::tzsp, 4);
  expect_opened(over_udp(37008, Bytes{}.be32(0x01000001).u8(1).add(inner_frame()), 6),
                TunnelKind::tzsp, 4);
  expect_one_key(over_udp(37008, tzsp(inner_frame())), from_udp(37008, tzsp(inner_frame(true))));
}

TEST(Tzsp, AnInvalidHeaderStaysClosed) {
  expect_closed(over_udp(37008, tzsp(inner_frame(), 1)));      // to be sent
  expect_closed(over_udp(37008, tzsp(inner_frame(), 0, 18)));  // 802.11
  Bytes next_version = tzsp(inner_frame());
  next_version[0] = 2;
  expect_closed(over_udp(37008, next_version));
  expect_closed(over_udp(37008, Bytes{}.be32(0x01000001)));
  expect_closed(over_udp(37008, Bytes{}.be32(0x01000001).zeros(60)));  // only padding
  expect_closed(over_udp(37008, Bytes{}.be32(0x01000001).u8(40).u8(200).zeros(60)));  // a long tag
  expect_closed(over_udp(37008, Bytes{}.be32(0x01000001).u8(40)));
  expect_failed(over_udp(37008, tzsp(ethernet(0x0806, Bytes(28)))), TunnelKind::tzsp);
}

TEST(UdpTunnels, OtherPortsAreNeverOpened) {
  Bytes const contents[] = {vxlan(5, inner_frame()), geneve(7, 0x0800, 0, inner_ip4()),
                            gtp({}, inner_ip4()), inner_ip6(), tzsp(inner_frame())};
  for (Bytes const& payload : contents) {
    for (unsigned const port : {53U, 2153U, 3545U, 4788U, 5246U, 6082U, 8473U, 37009U}) {
      expect_closed(over_udp(port, payload));
      expect_closed(from_udp(port, payload));
    }
  }
}

// The inside of a tunnel may be one again: kinds from outside, the id of the innermost that has
// one.
TEST(UdpTunnels, NestToFourAndKeepTheLastId) {
  Bytes const in_gtp = ipv4({.protocol = 17}, udp_with(2152, 2152, gtp({}, inner_ip4())));
  Bytes const in_gre = ipv4({.protocol = 47}, gre({.flags = 0x20, .key = 9}, in_gtp));
  Bytes const in_ipip = ipv4({.protocol = 4}, in_gre);
  auto const out = over_udp(4789, vxlan(5, ethernet(0x0800, in_ipip)));
  ASSERT_EQ(out.n_layers, 5);
  EXPECT_EQ(out.layers[1].key.tunnel_id, 5U);
  EXPECT_EQ(out.layers[2].key.tunnel_id, 5U);
  EXPECT_EQ(out.layers[3].key.tunnel_id, 9U);
  EXPECT_EQ(out.layers[4].key.tunnel_id, 9U);
  EXPECT_EQ(out.layers[4].key.path, 0x6214);
  EXPECT_EQ(out.layers[4].key.port_b, 443);
  auto const deeper = over_udp(6081, geneve(1, 0x0800, 0, ipv4({.protocol = 4}, in_ipip)));
  ASSERT_EQ(deeper.n_layers, 5);
  EXPECT_EQ(deeper.layers[4].key.path, 0x2115);
  EXPECT_EQ(next_of(deeper.layers[4]), 0U);
  EXPECT_FALSE(has_failed(deeper.layers[4]));
}

}  // namespace
}  // namespace nta::test
