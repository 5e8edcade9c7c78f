// IP in IP and AH: a row per layer, and an outer row that says so where the inside is nothing.
#include "tests/capture/tunnel_support.hpp"

namespace nta::test {
namespace {

/// Behind a tag, so that what layers take over from outer ones shows.
Decoded over_tagged_ip4(unsigned protocol, Bytes const& payload, unsigned fragment = 0) {
  return decode_ethernet_packet(ethernet(
      0x8100, tag(5, 0x0800, ipv4({.protocol = protocol, .fragment = fragment}, payload))));
}

Bytes ah(unsigned next, unsigned length4, Bytes const& payload) {
  return Bytes{}.u8(next).u8(length4 - 2).zeros(length4 * 4 - 2).add(payload);
}

TEST(Ipip, GivesALayerForEachHeader) {
  auto const out = over_tagged_ip4(4, ipv4({.source = 0x01020304}, tcp({}, 3)));
  ASSERT_EQ(out.n_layers, 2);
  EXPECT_EQ(next_of(out.layers[0]), 1U);
  EXPECT_EQ(out.layers[0].bits & kRowPrimary, kRowPrimary);
  EXPECT_EQ(out.layers[0].key.protocol, 4);
  EXPECT_EQ(out.layers[0].key.path, 0);
  IpLayer const& inner = out.layers[1];
  EXPECT_EQ(inner.key.path, 1);
  EXPECT_EQ(inner.key.port_b, 443);
  EXPECT_EQ(inner.bits, 0);
  EXPECT_EQ(inner.key.mac_a, 0U);      // it has no link header of its own
  EXPECT_EQ(inner.key.vlan_outer, 0);  // nor tags,
  EXPECT_EQ(inner.key.vlan_last, 5);   // but the frame has
  EXPECT_EQ(inner.key.shims, kShim8100);
}

TEST(Ipip, CarriesEachVersionOverEach) {
  auto const six_in_four = over_tagged_ip4(41, ipv6({}, tcp({})));
  ASSERT_EQ(six_in_four.n_layers, 2);
  EXPECT_EQ(six_in_four.layers[1].key.ip_version, 6);
  auto const four_in_six =
      decode_ethernet_packet(ethernet(0x86DD, ipv6({.next = 4}, ipv4({}, tcp({})))));
  ASSERT_EQ(four_in_six.n_layers, 2);
  EXPECT_EQ(four_in_six.layers[1].key.ip_version, 4);
}

TEST(Ipip, WithoutIpInsideMarksTheOuterRow) {
  auto const out = over_tagged_ip4(4, Bytes(40, 0x77));
  EXPECT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(next_of(out.layers[0]), 1U);
  EXPECT_EQ(out.layers[0].bits & kRowInnerFailed, kRowInnerFailed);
}

TEST(Ipip, OpensFourTunnelsAndLeavesTheFifthClosed) {
  Bytes nested = ipv4({}, tcp({}));
  for (int i = 0; i < 4; ++i) nested = ipv4({.protocol = 4}, nested);
  auto const four = decode_packet(101, nested);
  ASSERT_EQ(four.n_layers, 5);
  EXPECT_EQ(four.layers[4].key.path, 0x1111);
  EXPECT_EQ(four.layers[4].key.port_b, 443);
  auto const five = decode_packet(101, ipv4({.protocol = 4}, nested));
  ASSERT_EQ(five.n_layers, 5);
  EXPECT_EQ(five.layers[4].key.protocol, 4);
  EXPECT_EQ(next_of(five.layers[4]), 0U);
  EXPECT_EQ(five.layers[4].bits & kRowInnerFailed, 0);
}

TEST(Ipip, LaterFragmentsAreNeverOpened) {
  auto const out = over_tagged_ip4(4, ipv4({}, tcp({})), 185);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(next_of(out.layers[0]), 0U);
}

TEST(Ah, InnerRowHasTheSameAddressesAndALongerHeader) {
  auto const out = over_tagged_ip4(51, ah(6, 6, tcp({}, 10)));
  ASSERT_EQ(out.n_layers, 2);
  EXPECT_EQ(next_of(out.layers[0]), 10U);
  EXPECT_EQ(out.layers[0].key.protocol, 51);
  IpLayer const& inner = out.layers[1];
  EXPECT_EQ(inner.key.protocol, 6);
  EXPECT_EQ(inner.key.port_b, 443);
  EXPECT_EQ(inner.key.path, 10);
  EXPECT_EQ(inner.key.addr_a, out.layers[0].key.addr_a);
  EXPECT_EQ(inner.key.vlan_outer, 5);
  EXPECT_EQ(inner.ip_hdr_bytes, 20U + 24);
  EXPECT_EQ(payload_bytes(inner.ip_len, 11, inner.l4_hdr), 10U);
  EXPECT_EQ(inner.bits, 0);
}

TEST(Ah, ExtensionHeadersMayFollowIt) {
  Bytes const chain = extension(51, 0, ah(60, 4, extension(6, 0, tcp({}, 1))));
  auto const out = decode_ethernet_packet(ethernet(0x86DD, ipv6({.next = 0}, chain)));
  ASSERT_EQ(out.n_layers, 2);
  EXPECT_EQ(out.layers[1].ip_hdr_bytes, 40U + 8 + 16 + 8);
  EXPECT_EQ(out.layers[1].key.port_b, 443);
}

TEST(Ah, WithoutAValidHeaderStaysClosed) {
  for (Bytes const& bad : {Bytes(11), Bytes{}.u8(6).u8(0).zeros(30),  // 8 B claimed
                           Bytes{}.u8(6).u8(200).zeros(30)}) {        // more than there is
    auto const out = over_tagged_ip4(51, bad);
    ASSERT_EQ(out.n_layers, 1);
    EXPECT_EQ(next_of(out.layers[0]), 0U);
  }
}

}  // namespace
}  // namespace nta::test
