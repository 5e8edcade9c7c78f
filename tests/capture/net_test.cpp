// IP headers, lengths and transport headers: what a row says about them.
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

Decoded over_ip4(Ip4 const& header, Bytes const& payload) {
  return decode_ethernet_packet(ethernet(0x0800, ipv4(header, payload)));
}
Decoded over_ip6(Ip6 const& header, Bytes const& payload) {
  return decode_ethernet_packet(ethernet(0x86DD, ipv6(header, payload)));
}
std::uint32_t payload_of(IpLayer const& layer) {
  return payload_bytes(layer.ip_len, static_cast<std::uint8_t>(layer.ip_hdr_bytes / 4),
                       layer.l4_hdr);
}

TEST(Ipv4, GivesAllFieldsOfATcpSegment) {
  auto const out =
      over_ip4({.ttl = 57, .tos = 0xB8},
               tcp({.seq = 7, .ack = 9, .offset = 8, .flags = 0x1B, .window = 1024}, 11));
  IpLayer const& layer = out.layers[0];
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(layer.ip_len, 20U + 32 + 11);
  EXPECT_EQ(layer.ip_hdr_bytes, 20U);
  EXPECT_EQ(layer.l4_hdr, 32);
  EXPECT_EQ(payload_of(layer), 11U);
  EXPECT_EQ(layer.ttl, 57);
  EXPECT_EQ(layer.tos, 0xB8);
  EXPECT_EQ(layer.tcp_flags, 0x1B);
  EXPECT_EQ(layer.window, 1024);
  EXPECT_EQ(layer.seq, 7U);
  EXPECT_EQ(layer.ack, 9U);
  IpAddress const source{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
  EXPECT_EQ(layer.key.addr_a, source);
}

TEST(Ipv4, OptionsBelongToItsHeader) {
  auto const out = over_ip4({.ihl = 15}, tcp({}, 5));
  EXPECT_EQ(out.layers[0].ip_hdr_bytes, 60U);
  EXPECT_EQ(out.layers[0].key.port_b, 443);
  EXPECT_EQ(payload_of(out.layers[0]), 5U);
}

TEST(Ipv4, PaddingOfASixtyByteFrameIsNoPayload) {
  Bytes frame = ethernet(0x0800, ipv4({}, tcp({})));  // 54 bytes
  frame.zeros(6);
  auto const out = decode_ethernet_packet(frame);
  EXPECT_EQ(payload_of(out.layers[0]), 0U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary);
}

TEST(Ipv4, TotalLengthZeroTakesTheRestOfTheFrame) {
  auto const packet = ethernet(0x0800, ipv4({.total_length = 0}, tcp({}, 100)));
  auto const out = decode_packet(1, packet, 70'014);  // segmentation offload: 70,000 B of IP
  EXPECT_EQ(out.layers[0].ip_len, 70'000U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary | kRowNoTotalLength | kRowTruncated);
  EXPECT_EQ(payload_of(out.layers[0]), 70'000U - 40);
}

TEST(Ipv4, CutPayloadCountsInFull) {
  auto const whole = ethernet(0x0800, ipv4({}, tcp({}, 1000)));
  Bytes const cut(whole.begin(), whole.begin() + 54);
  auto const out = decode_packet(1, cut, static_cast<std::uint32_t>(whole.size()));
  EXPECT_EQ(payload_of(out.layers[0]), 1000U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary | kRowTruncated);
}

TEST(Ipv4, LengthBeyondTheFrameIsKept) {
  auto const out = over_ip4({.total_length = 500}, tcp({}, 10));
  EXPECT_EQ(out.layers[0].ip_len, 500U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary | kRowLengthBeyondFrame | kRowTruncated);
}

TEST(Ipv4, BadHeadersHaveTheirReasons) {
  EXPECT_EQ(over_ip4({.version = 5}, tcp({})).reason, SkipReason::ip_version);
  EXPECT_EQ(over_ip4({.ihl = 4}, tcp({})).reason, SkipReason::ip_header_length);
  EXPECT_EQ(over_ip4({.total_length = 19}, tcp({})).reason, SkipReason::ip_total_length);
  EXPECT_EQ(over_ip4({.total_length = 30, .ihl = 10}, tcp({})).reason, SkipReason::ip_total_length);
  auto const whole = ethernet(0x0800, ipv4({.ihl = 8}, tcp({})));
  Bytes const in_options(whole.begin(), whole.begin() + 14 + 24);
  EXPECT_EQ(decode_ethernet_packet(in_options).reason, SkipReason::ip_header_truncated);
}

TEST(Ipv6, ExtensionHeadersBelongToTheHeader) {
  Bytes const chain = extension(60, 0, extension(43, 1, extension(6, 2, tcp({}, 9))));
  auto const out = over_ip6({.next = 0, .hops = 3, .traffic_class = 0xB8}, chain);
  IpLayer const& layer = out.layers[0];
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(layer.ip_hdr_bytes, 40U + 8 + 16 + 24);
  EXPECT_EQ(layer.key.protocol, 6);
  EXPECT_EQ(layer.key.port_b, 443);
  EXPECT_EQ(layer.ttl, 3);
  EXPECT_EQ(layer.tos, 0xB8);
  EXPECT_EQ(payload_of(layer), 9U);
}

TEST(Ipv6, SixteenExtensionHeadersAreReadAndSeventeenAreTooDeep) {
  Bytes chain = extension(6, 0, tcp({}));
  for (int i = 2; i <= 16; ++i) chain = extension(60, 0, chain);
  EXPECT_EQ(over_ip6({.next = 60}, chain).layers[0].key.protocol, 6);
  EXPECT_EQ(over_ip6({.next = 60}, extension(60, 0, chain)).reason, SkipReason::header_depth);
}

TEST(Ipv6, MoreHeaderThanTheColumnHoldsIsTooDeep) {
  Bytes const chain = extension(6, 122, tcp({}));  // 40 + 984 = 1024 > 1020
  EXPECT_EQ(over_ip6({.next = 0}, chain).reason, SkipReason::header_depth);
  EXPECT_EQ(over_ip6({.next = 0}, extension(6, 121, tcp({}))).layers[0].ip_hdr_bytes, 1016U);
}

TEST(Ipv6, AHeaderThatLeavesThePacketIsNoHeader) {
  EXPECT_EQ(over_ip6({.next = 60, .payload_length = 8}, extension(6, 2, tcp({}))).reason,
            SkipReason::ip_total_length);
}

TEST(Ipv6, PayloadLengthZeroMeansOffloadUnlessNothingFollows) {
  auto const offload = over_ip6({.payload_length = 0}, tcp({}, 30));
  EXPECT_EQ(offload.layers[0].ip_len, 40U + 20 + 30);
  EXPECT_EQ(offload.layers[0].bits, kRowPrimary | kRowNoTotalLength);
  auto const nothing = over_ip6({.next = 59}, {});
  EXPECT_EQ(nothing.layers[0].ip_len, 40U);
  EXPECT_EQ(nothing.layers[0].key.protocol, 59);
  EXPECT_EQ(nothing.layers[0].bits, kRowPrimary);
}

TEST(Ipv6, TheJumboOptionIsObeyed) {
  Bytes const hop = Bytes{}.u8(6).u8(0).u8(0xC2).u8(4).be32(100'000).add(tcp({}));
  auto const packet = ethernet(0x86DD, ipv6({.next = 0, .payload_length = 0}, hop));
  auto const out = decode_packet(1, packet, 100'054);
  EXPECT_EQ(out.layers[0].ip_len, 100'040U);
  EXPECT_EQ(payload_of(out.layers[0]), 100'000U - 8 - 20);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary | kRowTruncated);
}

TEST(Transport, PortsNeedEnoughClaimedAndCapturedBytes) {
  struct Case {
    unsigned protocol;
    int shortest, header, captured;
  };
  for (Case const c : {Case{6, 20, 20, 4}, Case{17, 8, 8, 8}, Case{136, 8, 8, 4},
                       Case{132, 12, 12, 4}, Case{33, 12, 0, 4}}) {
    Bytes const body = Bytes{}.be16(1111).be16(2222).zeros(16);
    Ip4 const header{.protocol = c.protocol, .total_length = 20 + c.shortest};
    auto const packet = ethernet(0x0800, ipv4(header, body));
    Bytes const enough(packet.begin(), packet.begin() + 34 + c.captured);
    auto const read = decode_packet(1, enough, 60);
    EXPECT_EQ(read.layers[0].key.port_a, 1111) << c.protocol;
    EXPECT_EQ(read.layers[0].key.port_b, 2222) << c.protocol;
    EXPECT_EQ(read.layers[0].l4_hdr, c.header) << c.protocol;
    EXPECT_EQ(read.layers[0].bits & kRowL4Missing, 0) << c.protocol;
    Bytes const less(packet.begin(), packet.begin() + 34 + c.captured - 1);
    auto const cut = decode_packet(1, less, 60);
    EXPECT_EQ(cut.layers[0].key.port_a, 0) << c.protocol;
    EXPECT_NE(cut.layers[0].bits & kRowL4Missing, 0) << c.protocol;
    EXPECT_EQ(cut.layers[0].l4_hdr, c.header) << c.protocol;
    Ip4 const claims_less{.protocol = c.protocol, .total_length = 20 + c.shortest - 1};
    auto const small = decode_ethernet_packet(ethernet(0x0800, ipv4(claims_less, body)));
    EXPECT_NE(small.layers[0].bits & kRowL4Missing, 0) << c.protocol;
    EXPECT_EQ(payload_of(small.layers[0]), c.header == 0 ? 11U : 0U) << c.protocol;
  }
}

TEST(Tcp, AnImpossibleOffsetIsClipped) {
  auto const low = over_ip4({}, tcp({.offset = 3}, 8));
  EXPECT_EQ(low.layers[0].l4_hdr, 20);
  EXPECT_EQ(low.layers[0].bits, kRowPrimary | kRowL4Malformed);
  auto const high = over_ip4({.total_length = 48}, tcp({.offset = 15}));
  EXPECT_EQ(high.layers[0].l4_hdr, 28);
  EXPECT_EQ(high.layers[0].bits, kRowPrimary | kRowL4Malformed);
}

TEST(Tcp, AHeaderThatIsCutHasPortsAndNothingElse) {
  auto const whole = ethernet(0x0800, ipv4({}, tcp({.flags = 2}, 100)));
  Bytes const cut(whole.begin(), whole.begin() + 34 + 19);
  auto const out = decode_packet(1, cut, static_cast<std::uint32_t>(whole.size()));
  IpLayer const& layer = out.layers[0];
  EXPECT_EQ(layer.key.port_b, 443);
  EXPECT_EQ(layer.tcp_flags, 0);
  EXPECT_EQ(layer.seq, 0U);
  EXPECT_EQ(layer.bits, kRowPrimary | kRowL4Malformed | kRowTruncated);
  EXPECT_EQ(payload_of(layer), 100U);
}

TEST(Icmp, QueryAndReplyShareAClass) {
  auto const class_of = [](unsigned protocol, unsigned type, unsigned code) {
    auto const out = over_ip4({.protocol = protocol}, icmp(type, code));
    EXPECT_EQ(out.layers[0].icmp, type << 8 | code);
    EXPECT_EQ(out.layers[0].l4_hdr, 8);
    return out.layers[0].key.icmp_class;
  };
  EXPECT_EQ(class_of(1, 8, 0), 8 << 8);
  EXPECT_EQ(class_of(1, 0, 0), 8 << 8);
  EXPECT_EQ(class_of(1, 14, 0), 13 << 8);
  EXPECT_EQ(class_of(1, 16, 0), 15 << 8);
  EXPECT_EQ(class_of(1, 18, 0), 17 << 8);
  EXPECT_EQ(class_of(1, 3, 4), 3 << 8 | 4);
  EXPECT_EQ(class_of(58, 129, 0), 128 << 8);
  EXPECT_EQ(class_of(58, 134, 0), 133 << 8);
  EXPECT_EQ(class_of(58, 136, 0), 135 << 8);
  EXPECT_EQ(class_of(58, 140, 0), 139 << 8);
  EXPECT_EQ(class_of(58, 0, 0), 0);
}

TEST(Transport, OtherProtocolsAreAllPayload) {
  auto const out = over_ip4({.protocol = 47}, Bytes(33));
  EXPECT_EQ(out.layers[0].key.protocol, 47);
  EXPECT_EQ(out.layers[0].l4_hdr, 0);
  EXPECT_EQ(payload_of(out.layers[0]), 33U);
}

TEST(Canonical, BothDirectionsGiveOneKeyAndTheSideTellsThemApart) {
  auto out = over_ip4({}, tcp({}));
  auto back =
      decode_ethernet_packet(ethernet(0x0800,
                                      ipv4({.source = 0x0A000002, .destination = 0x0A000001},
                                           tcp({.source = 443, .destination = 40000})),
                                      kMac2, kMac1));
  canonical(out.layers[0]);
  canonical(back.layers[0]);
  EXPECT_EQ(out.layers[0].key, back.layers[0].key);
  EXPECT_EQ(out.layers[0].bits & kRowSide, 0);
  EXPECT_EQ(back.layers[0].bits & kRowSide, kRowSide);
}

TEST(Canonical, EqualAddressesGoByPortAndOnATieTheSourceIsA) {
  Ip4 const self{.source = 0x7F000001, .destination = 0x7F000001};
  auto high = over_ip4(self, tcp({.source = 443, .destination = 80}));
  canonical(high.layers[0]);
  EXPECT_EQ(high.layers[0].key.port_a, 80);
  EXPECT_EQ(high.layers[0].bits & kRowSide, kRowSide);
  auto tie = over_ip4(self, tcp({.source = 80, .destination = 80}));
  canonical(tie.layers[0]);
  EXPECT_EQ(tie.layers[0].bits & kRowSide, 0);
}

}  // namespace
}  // namespace nta::test
