// GRE in both versions, and ERSPAN in GRE.
#include "tests/capture/tunnel_support.hpp"

namespace nta::test {
namespace {

constexpr unsigned kProtocol = 47;
constexpr auto kGre = TunnelKind::gre;
constexpr auto kErspan = TunnelKind::erspan;

TEST(Gre, EachOptionalFieldIsPassed) {
  for (unsigned const flags : {0x00U, 0x80U, 0x10U, 0x90U}) {
    expect_opened(over_ip4(kProtocol, gre({.flags = flags}, inner_ip4())), kGre, 4);
  }
  for (unsigned const flags : {0x20U, 0xA0U, 0x30U, 0xB0U}) {
    Bytes const keyed = gre({.flags = flags, .type = 0x86DD, .key = 0xCAFE0001}, inner_ip6());
    expect_opened(over_ip4(kProtocol, keyed), kGre, 6, 0xCAFE0001);
  }
}

TEST(Gre, EachTypeOverEachVersion) {
  struct {
    unsigned type;
    Bytes payload;
    unsigned version;
  } const kCases[] = {
      {0x0800, inner_ip4(), 4},
      {0x86DD, inner_ip6(), 6},
      {0x6558, inner_frame(), 4},
      {0x8847, Bytes{}.be32(0x00012140).add(inner_ip6()), 6},
      {0x880B, Bytes{}.be(0xFF030021, 4).add(inner_ip4()), 4},
      {0x880B, Bytes{}.u8(0x57).add(inner_ip6()), 6},
  };
  for (auto const& c : kCases) {
    Bytes const packet = gre({.type = c.type}, c.payload);
    expect_opened(over_ip4(kProtocol, packet), kGre, c.version);
    expect_opened(over_ip6(kProtocol, packet), kGre, c.version);
  }
}

TEST(Gre, TheInnerFrameHasItsOwnAddressesAndTags) {
  Bytes const frame = ethernet(0x8100, tag(9, 0x0800, inner_ip4()), kInnerMac1, kInnerMac2);
  auto const out = decode_ethernet_packet(ethernet(
      0x8100, tag(5, 0x0800, ipv4({.protocol = kProtocol}, gre({.type = 0x6558}, frame)))));
  expect_opened(out, kGre, 4);
  EXPECT_EQ(out.layers[0].key.mac_a, kMac1);
  EXPECT_EQ(out.layers[0].key.vlan_outer, 5);
  EXPECT_EQ(out.layers[0].key.vlan_last, 5);
  EXPECT_EQ(out.layers[1].key.mac_a, kInnerMac1);
  EXPECT_EQ(out.layers[1].key.mac_b, kInnerMac2);
  EXPECT_EQ(out.layers[1].key.vlan_outer, 9);
  EXPECT_EQ(out.layers[1].key.vlan_last, 9);
}

TEST(Gre, OtherContentsMarkTheOuterRow) {
  expect_failed(over_ip4(kProtocol, gre({.type = 0x2000}, Bytes(40))), kGre);
  expect_failed(over_ip4(kProtocol, gre({.type = 0x0800}, inner_ip6())), kGre);
  expect_failed(over_ip4(kProtocol, gre({.type = 0x6558}, ethernet(0x0806, Bytes(28)))), kGre);
  expect_failed(over_ip4(kProtocol, gre({}, Bytes{})), kGre);
}

TEST(Gre, AnInvalidHeaderStaysClosed) {
  expect_closed(over_ip4(kProtocol, gre({.flags = 0x40}, inner_ip4())));  // source routes
  expect_closed(over_ip4(kProtocol, Bytes{}.u8(0).u8(2).be16(0x0800).add(inner_ip4())));
  expect_closed(over_ip4(kProtocol, Bytes(3)));
  expect_closed(over_ip4(kProtocol, Bytes{}.u8(0xB0).u8(0).be16(0x0800).zeros(11)));
  expect_closed(over_ip4(kProtocol, gre({}, inner_ip4()), 185));  // a later fragment
}

TEST(Gre, BothDirectionsAreOneKey) {
  auto const way = [](bool back) {
    return over_ip4(kProtocol, gre({.flags = 0x20, .type = 0x6558, .key = 3}, inner_frame(back)));
  };
  expect_one_key(way(false), way(true));
}

TEST(Pptp, CarriesPppUnderCallIdsThatDiffer) {
  Bytes const ppp4 = Bytes{}.be(0xFF030021, 4).add(inner_ip4());
  Bytes const ppp6 = Bytes{}.be16(0x0057).add(inner_ip6());
  expect_opened(over_ip4(kProtocol, pptp(11, false, ppp4)), kGre, 4);
  expect_opened(over_ip4(kProtocol, pptp(11, true, ppp6)), kGre, 6);
  auto const way = [](bool back) {
    Bytes const ppp = Bytes{}.u8(0x21).add(inner_ip4(back));
    return over_ip4(kProtocol, pptp(back ? 11 : 22, back, ppp));
  };
  expect_one_key(way(false), way(true));
}

TEST(Pptp, AcknowledgementsAreNoTunnelAndControlIsAFailedOne) {
  Bytes const only_ack = Bytes{}.be16(0x2081).be16(0x880B).be16(0).be16(11).be32(8);
  expect_closed(over_ip4(kProtocol, only_ack));
  expect_closed(over_ip4(kProtocol, Bytes{}.be16(0x1001).be16(0x880B).zeros(40)));  // no key
  expect_closed(over_ip4(kProtocol, Bytes{}.be16(0x3001).be16(0x0800).zeros(40)));
  expect_closed(over_ip4(kProtocol, Bytes{}.be16(0x3081).be16(0x880B).zeros(11)));
  expect_failed(over_ip4(kProtocol, pptp(1, true, Bytes{}.be(0xFF03C021, 4).zeros(20))), kGre);
}

TEST(Erspan, EachTypeLeadsToTheMirroredFrame) {
  auto const type1 = over_ip4(kProtocol, gre({.type = 0x88BE}, inner_frame()));
  expect_opened(type1, kErspan, 4);
  EXPECT_EQ(type1.layers[1].key.mac_a, kInnerMac1);
  Bytes const type2 = gre({.flags = 0x10, .type = 0x88BE}, erspan2(0x3A5, inner_frame()));
  expect_opened(over_ip4(kProtocol, type2), kErspan, 4, 0x3A5);
  expect_opened(over_ip6(kProtocol, type2), kErspan, 4, 0x3A5);
  for (bool const optional : {false, true}) {
    Bytes const third = erspan3(0x101, optional, inner_frame());
    expect_opened(over_ip4(kProtocol, gre({.flags = 0x10, .type = 0x22EB}, third)), kErspan, 4,
                  0x101);
  }
}

TEST(Erspan, BothDirectionsAreOneKey) {
  auto const way = [](bool back) {
    return over_ip4(kProtocol, gre({.flags = 0x10, .type = 0x88BE}, erspan2(7, inner_frame(back))));
  };
  expect_one_key(way(false), way(true));
}

TEST(Erspan, AnInvalidHeaderStaysClosedAndOtherFramesFail) {
  Gre const two{.flags = 0x10, .type = 0x88BE}, three{.flags = 0x10, .type = 0x22EB};
  expect_closed(over_ip4(kProtocol, gre(two, erspan2(7, inner_frame(), 3))));
  expect_closed(over_ip4(kProtocol, gre(two, Bytes(7, 0x10))));
  expect_closed(over_ip4(kProtocol, gre(three, erspan2(7, inner_frame()))));
  expect_closed(over_ip4(kProtocol, gre(three, Bytes(11, 0x20))));
  expect_closed(over_ip4(kProtocol, gre(three, Bytes(19, 0x21))));  // O bit, but no 8 bytes
  expect_failed(over_ip4(kProtocol, gre(two, erspan2(7, ethernet(0x0806, Bytes(28))))), kErspan);
}

}  // namespace
}  // namespace nta::test
