// What stands in front of IP: each link type and shim leads to the same layer.
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

Bytes const kInner4 = ipv4({}, tcp({}, 10));
Bytes const kInner6 = ipv6({}, tcp({}, 10));

void expect_tcp(Decoded const& out, unsigned version, unsigned shims = 0) {
  ASSERT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(out.layers[0].key.ip_version, version);
  EXPECT_EQ(out.layers[0].key.protocol, 6);
  EXPECT_EQ(out.layers[0].key.port_b, 443);
  EXPECT_EQ(out.layers[0].key.shims, shims);
  EXPECT_EQ(out.layers[0].ip_len, version == 4 ? 50U : 70U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary);
}

TEST(Link, EthernetGivesAddressesAndIp) {
  auto const out = decode_ethernet_packet(ethernet(0x0800, kInner4));
  expect_tcp(out, 4);
  EXPECT_EQ(out.layers[0].key.mac_a, kMac1);
  EXPECT_EQ(out.layers[0].key.mac_b, kMac2);
  expect_tcp(decode_ethernet_packet(ethernet(0x86DD, kInner6)), 6);
}

TEST(Link, RawIpGoesByTheVersionNibbleOrItsOwnType) {
  for (std::uint32_t const type : {12U, 14U, 101U, 228U})
    expect_tcp(decode_packet(type, kInner4), 4);
  for (std::uint32_t const type : {12U, 14U, 101U, 229U})
    expect_tcp(decode_packet(type, kInner6), 6);
  EXPECT_EQ(decode_packet(228, kInner6).reason, SkipReason::ip_version);
  EXPECT_EQ(decode_packet(229, kInner4).reason, SkipReason::ip_version);
  EXPECT_EQ(decode_packet(101, Bytes(40, 0x70)).reason, SkipReason::ip_version);
}

TEST(Link, NullAndLoopTakeTheFamilyInEitherByteOrder) {
  for (std::uint32_t const type : {0U, 108U}) {
    expect_tcp(decode_packet(type, Bytes{}.le(2, 4).add(kInner4)), 4);
    expect_tcp(decode_packet(type, Bytes{}.be32(2).add(kInner4)), 4);
    for (unsigned const family : {10U, 24U, 28U, 30U}) {
      expect_tcp(decode_packet(type, Bytes{}.le(family, 4).add(kInner6)), 6);
      expect_tcp(decode_packet(type, Bytes{}.be32(family).add(kInner6)), 6);
    }
    EXPECT_EQ(decode_packet(type, Bytes{}.be32(7).add(kInner4)).reason, SkipReason::non_ip);
  }
}

TEST(Link, LinuxCookedGoesByItsProtocolField) {
  auto const sll = [](unsigned protocol, Bytes const& rest) {
    return Bytes{}.be16(0).be16(1).be16(6).be(kMac1, 6).be16(0).be16(protocol).add(rest);
  };
  auto const sll2 = [](unsigned protocol, Bytes const& rest) {
    return Bytes{}.be16(protocol).be16(0).be32(3).be16(1).u8(0).u8(6).be(kMac1, 6).be16(0).add(
        rest);
  };
  Bytes const snap = Bytes{}.be(0xAAAA03, 3).be(0, 3).be16(0x0800).add(kInner4);
  for (bool const second : {false, true}) {
    auto const frame = [&](unsigned protocol, Bytes const& rest) {
      return decode_packet(second ? 276 : 113, second ? sll2(protocol, rest) : sll(protocol, rest));
    };
    expect_tcp(frame(0x0800, kInner4), 4);
    expect_tcp(frame(0x86DD, kInner6), 6);
    expect_tcp(frame(4, snap), 4, kShimLlc);
    expect_tcp(frame(0x8100, tag(5, 0x0800, kInner4)), 4, kShim8100);
    EXPECT_EQ(frame(1, kInner4).reason, SkipReason::non_ip);
    EXPECT_EQ(frame(0x0806, Bytes(28)).reason, SkipReason::arp);
    EXPECT_EQ(frame(0x0800, kInner4).layers[0].key.mac_a, kMac1);
  }
}

TEST(Link, LlcLeadsToIpBySnapOrItsOwnAddress) {
  auto const llc = [](std::uint64_t head, int n, Bytes const& rest) {
    Bytes const body = Bytes{}.be(head, n).add(rest);
    return decode_ethernet_packet(ethernet(static_cast<unsigned>(body.size()), body));
  };
  expect_tcp(llc(0xAAAA030000000800, 8, kInner4), 4, kShimLlc);
  expect_tcp(llc(0xAAAA030000F886DD, 8, kInner6), 6, kShimLlc);
  expect_tcp(llc(0x060603, 3, kInner4), 4, kShimLlc);
  EXPECT_EQ(llc(0xAAAA03AABBCC0800, 8, kInner4).reason, SkipReason::non_ip);
  auto const spanning_tree = llc(0x424203, 3, Bytes(35));
  EXPECT_EQ(spanning_tree.reason, SkipReason::non_ip);
  EXPECT_EQ(spanning_tree.non_ip_value, 0x10042U);
  EXPECT_EQ(decode_ethernet_packet(ethernet(1501, kInner4)).reason, SkipReason::non_ip);
}

TEST(Link, TagsGiveTheFirstAndTheLastId) {
  auto const one = decode_ethernet_packet(ethernet(0x8100, tag(0xE005, 0x0800, kInner4)));
  expect_tcp(one, 4, kShim8100);
  EXPECT_EQ(one.layers[0].key.vlan_outer, 5);  // 12 bits: priority is no part of the id
  EXPECT_EQ(one.layers[0].key.vlan_inner, 5);
  auto const three = decode_ethernet_packet(
      ethernet(0x88A8, tag(7, 0x9100, tag(8, 0x8100, tag(9, 0x86DD, kInner6)))));
  expect_tcp(three, 6, kShim8100 | kShimOtherTag);
  EXPECT_EQ(three.layers[0].key.vlan_outer, 7);
  EXPECT_EQ(three.layers[0].key.vlan_inner, 9);
  EXPECT_EQ(three.layers[0].key.vlan_last, 9);
}

TEST(Link, SixteenTagsAreReadAndSeventeenAreTooDeep) {
  Bytes tagged = tag(1, 0x0800, kInner4);
  for (int i = 2; i <= 16; ++i) tagged = tag(1, 0x8100, tagged);
  expect_tcp(decode_ethernet_packet(ethernet(0x8100, tagged)), 4, kShim8100);
  auto const deeper = decode_ethernet_packet(ethernet(0x8100, tag(1, 0x8100, tagged)));
  EXPECT_EQ(deeper.reason, SkipReason::header_depth);
}

TEST(Link, MplsIsReadToItsBottom) {
  Bytes const labels = Bytes{}.be32(0x00012040).be32(0x00013140);  // bottom bit in the second
  expect_tcp(decode_ethernet_packet(ethernet(0x8847, Bytes(labels).add(kInner4))), 4, kShimMpls);
  expect_tcp(decode_ethernet_packet(ethernet(0x8848, Bytes(labels).add(kInner6))), 6, kShimMpls);
  unsigned const both = kShimMpls | kShimEompls;
  Bytes const frame = ethernet(0x0800, kInner4, 0x0000AA, 0x0000BB);
  auto const controlled =
      decode_ethernet_packet(ethernet(0x8847, Bytes(labels).be32(0).add(frame)));
  expect_tcp(controlled, 4, both);
  EXPECT_EQ(controlled.layers[0].key.mac_a, 0x0000AAU);
  Bytes const plain = ethernet(0x0800, kInner4, 0xAA, 0xF20000000000);  // first nibble neither
  expect_tcp(decode_ethernet_packet(ethernet(0x8847, Bytes(labels).add(plain))), 4, both);
}

TEST(Link, PppoeSessionsCarryIpAndDiscoveryDoesNot) {
  auto const session = [](Bytes const& ppp) {
    return decode_ethernet_packet(ethernet(0x8864, Bytes{}.be16(0x1100).be16(1).be16(0).add(ppp)));
  };
  expect_tcp(session(Bytes{}.be16(0x0021).add(kInner4)), 4, kShimPppoe);
  expect_tcp(session(Bytes{}.u8(0x21).add(kInner4)), 4, kShimPppoe);
  expect_tcp(session(Bytes{}.be16(0x0057).add(kInner6)), 6, kShimPppoe);
  expect_tcp(session(Bytes{}.be16(0x0281).be32(0x1140).add(kInner4)), 4, kShimPppoe | kShimMpls);
  EXPECT_EQ(session(Bytes{}.be16(0xC021).zeros(8)).non_ip_value, 0x2C021U);
  EXPECT_EQ(decode_ethernet_packet(ethernet(0x8863, Bytes(20))).reason, SkipReason::non_ip);
}

TEST(Link, WhatIsNotDecodedSaysWhy) {
  EXPECT_EQ(decode_ethernet_packet({}).reason, SkipReason::empty_record);
  EXPECT_EQ(decode_packet(147, kInner4).reason, SkipReason::unsupported_link_type);
  EXPECT_EQ(decode_ethernet_packet(Bytes(13)).reason, SkipReason::link_header_truncated);
  EXPECT_EQ(decode_ethernet_packet(ethernet(0x0806, Bytes(28))).reason, SkipReason::arp);
  auto const lldp = decode_ethernet_packet(ethernet(0x88CC, Bytes(40)));
  EXPECT_EQ(lldp.reason, SkipReason::non_ip);
  EXPECT_EQ(lldp.non_ip_value, 0x88CCU);
  EXPECT_EQ(lldp.n_layers, 0);
}

}  // namespace
}  // namespace nta::test
