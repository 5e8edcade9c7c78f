// PPP and Cisco HDLC as link types; PPP in PPPoE is in link_test.cpp, in GRE in gre_test.cpp.
#include "tests/capture/support.hpp"

namespace nta::test {
namespace {

Bytes const kFour = ipv4({}, tcp({}, 10));
Bytes const kSix = ipv6({}, tcp({}, 10));

void expect_tcp(Decoded const& out, unsigned version, unsigned shims = 0) {
  ASSERT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(out.layers[0].key.ip_version, version);
  EXPECT_EQ(out.layers[0].key.port_b, 443);
  EXPECT_EQ(out.layers[0].key.shims, shims);
  EXPECT_EQ(out.layers[0].ip_len, version == 4 ? 50U : 70U);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary);
}

class SerialLine : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(SerialLine, PppWithAndWithoutAddressAndControl) {
  for (bool const framed : {true, false}) {
    Bytes const head = framed ? Bytes{}.be16(0xFF03) : Bytes{};
    auto const packet = [&](Bytes const& rest) {
      return decode_packet(GetParam(), Bytes(head).add(rest));
    };
    expect_tcp(packet(Bytes{}.be16(0x0021).add(kFour)), 4);
    expect_tcp(packet(Bytes{}.u8(0x21).add(kFour)), 4);
    expect_tcp(packet(Bytes{}.be16(0x0057).add(kSix)), 6);
    expect_tcp(packet(Bytes{}.u8(0x57).add(kSix)), 6);
    expect_tcp(packet(Bytes{}.be16(0x0281).be32(0x1140).add(kFour)), 4, kShimMpls);
    expect_tcp(packet(Bytes{}.be16(0x0283).be32(0x1140).add(kSix)), 6, kShimMpls);
    EXPECT_EQ(packet(Bytes{}.be16(0xC021).zeros(8)).non_ip_value, 0x2C021U);
    EXPECT_EQ(packet(Bytes{}.u8(0)).reason, SkipReason::link_header_truncated);
  }
}

TEST_P(SerialLine, CiscoHdlcToOneAndToAll) {
  for (unsigned const address : {0x0FU, 0x8FU}) {
    auto const packet = [&](unsigned type, Bytes const& rest) {
      return decode_packet(GetParam(), Bytes{}.u8(address).u8(0).be16(type).add(rest));
    };
    expect_tcp(packet(0x0800, kFour), 4);
    expect_tcp(packet(0x86DD, kSix), 6);
    expect_tcp(packet(0x8847, Bytes{}.be32(0x1140).add(kFour)), 4, kShimMpls);
    EXPECT_EQ(packet(0x8035, Bytes(18)).non_ip_value, 0x8035U);  // SLARP
    EXPECT_EQ(decode_packet(GetParam(), Bytes{}.u8(address).zeros(2)).reason,
              SkipReason::link_header_truncated);
  }
}

INSTANTIATE_TEST_SUITE_P(LinkTypes, SerialLine, ::testing::Values(9, 50, 104));

}  // namespace
}  // namespace nta::test
