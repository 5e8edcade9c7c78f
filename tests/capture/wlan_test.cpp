// Wireless frames, plain and behind radiotap, and the link types that wrap another one.
#include "tests/capture/tunnel_support.hpp"

namespace nta::test {
namespace {

constexpr std::uint32_t kRadiotap = 127, kPlain = 105, kPpi = 192, kNflog = 239;

void expect_data(Decoded const& out, unsigned version) {
  ASSERT_EQ(out.reason, SkipReason::none);
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(out.layers[0].key.ip_version, version);
  EXPECT_EQ(out.layers[0].key.port_b, 443);
  EXPECT_EQ(out.layers[0].key.shims, kShimLlc);
  EXPECT_EQ(out.layers[0].bits, kRowPrimary);
}

TEST(Wlan, TheHeaderGrowsWithItsFlags) {
  for (unsigned const kind : {0x08U, 0x88U}) {
    for (unsigned const flags : {0U, 1U, 2U, 3U, 0x80U, 0x83U}) {
      Bytes const frame = wlan({.kind = kind, .flags = flags}, 0x0800, inner_ip4());
      expect_data(decode_packet(kPlain, frame), 4);
      expect_data(decode_packet(kRadiotap, radiotap(0, frame)), 4);
      expect_data(decode_packet(kRadiotap, radiotap(28, frame)), 4);
    }
  }
  expect_data(decode_packet(kPlain, wlan({}, 0x86DD, inner_ip6())), 6);
}

TEST(Wlan, SourceAndDestinationFollowTheDirection) {
  unsigned const kSource[] = {2, 2, 3, 4}, kDestination[] = {1, 3, 1, 3};
  for (unsigned flags = 0; flags < 4; ++flags) {
    auto const out = decode_packet(kPlain, wlan({.flags = flags}, 0x0800, inner_ip4()));
    EXPECT_EQ(out.layers[0].key.mac_a, kWlanAddress + kSource[flags]) << flags;
    EXPECT_EQ(out.layers[0].key.mac_b, kWlanAddress + kDestination[flags]) << flags;
  }
}

TEST(Wlan, BothDirectionsAreOneKey) {
  auto const way = [](bool back) {
    Bytes frame = wlan({.flags = back ? 2U : 1U}, 0x0800, inner_ip4(back));
    // Station and far end change places: address 2 and 3 there, 1 and 3 back.
    for (int i = 0; i < 3; ++i) {
      unsigned const last = back ? (i == 0   ? 1U
                                    : i == 1 ? 9U
                                             : 2U)
                                 : (i == 0   ? 9U
                                    : i == 1 ? 1U
                                             : 2U);
      frame[static_cast<std::size_t>(4 + 6 * i + 5)] = static_cast<std::uint8_t>(last);
    }
    auto out = decode_packet(kPlain, frame);
    canonical(out.layers[0]);
    return out.layers[0].key;
  };
  EXPECT_EQ(way(false), way(true));
}

TEST(Wlan, OtherFramesSayWhy) {
  auto const reason = [](unsigned kind, unsigned flags) {
    return decode_packet(kPlain, wlan({.kind = kind, .flags = flags}, 0x0800, inner_ip4())).reason;
  };
  for (unsigned const kind : {0x80U, 0x40U, 0xB4U, 0xD4U, 0x48U, 0xC8U}) {
    EXPECT_EQ(reason(kind, 0), SkipReason::wlan_no_data) << kind;
  }
  EXPECT_EQ(reason(0x08, 0x41), SkipReason::encrypted_80211);
  EXPECT_EQ(reason(0x88, 0x42), SkipReason::encrypted_80211);
  auto const eapol = decode_packet(kPlain, wlan({}, 0x888E, Bytes(40)));
  EXPECT_EQ(eapol.reason, SkipReason::non_ip);
  EXPECT_EQ(eapol.non_ip_value, 0x888EU);
  for (Bytes const& bad :
       {Bytes(7), Bytes{}.be16(0).le(7, 2).zeros(60), Bytes{}.be16(0).le(65, 2).zeros(60)}) {
    EXPECT_EQ(decode_packet(kRadiotap, bad).reason, SkipReason::link_header_truncated);
  }
}

TEST(Ppi, GoesByTheLinkTypeItNames) {
  auto const ppi = [](std::uint32_t link_type, std::size_t more, Bytes const& frame) {
    return Bytes{}.be16(0).le(8 + more, 2).le(link_type, 4).zeros(more).add(frame);
  };
  expect_data(decode_packet(kPpi, ppi(105, 24, wlan({}, 0x0800, inner_ip4()))), 4);
  auto const out = decode_packet(kPpi, ppi(1, 0, inner_frame()));
  ASSERT_EQ(out.n_layers, 1);
  EXPECT_EQ(out.layers[0].key.mac_a, kInnerMac1);
  EXPECT_EQ(decode_packet(kPpi, ppi(147, 0, inner_frame())).reason,
            SkipReason::unsupported_link_type);
  EXPECT_EQ(decode_packet(kPpi, Bytes{}.be16(0).le(7, 2).le(1, 4).add(inner_frame())).reason,
            SkipReason::link_header_truncated);
  Bytes nested = inner_frame();
  for (int i = 0; i < 17; ++i) nested = ppi(i == 0 ? 1 : kPpi, 0, nested);
  EXPECT_EQ(decode_packet(kPpi, nested).reason, SkipReason::header_depth);
}

TEST(Nflog, FindsThePacketAmongTheAttributes) {
  auto const attribute = [](unsigned type, Bytes const& value) {
    Bytes b = Bytes{}.le(4 + value.size(), 2).le(type, 2).add(value);
    return b.zeros((4 - value.size() % 4) % 4);
  };
  Bytes const before = Bytes{}
                           .be32(0x02000000)
                           .add(attribute(1, Bytes(4)))
                           .add(attribute(10, Bytes{'n', 0}))
                           .add(attribute(5, Bytes(4)));
  auto const four = decode_packet(kNflog, Bytes(before).add(attribute(9, inner_ip4())));
  ASSERT_EQ(four.n_layers, 1);
  EXPECT_EQ(four.layers[0].key.port_b, 443);
  auto const six = decode_packet(kNflog, Bytes(before).add(attribute(9, inner_ip6())));
  ASSERT_EQ(six.n_layers, 1);
  EXPECT_EQ(six.layers[0].key.ip_version, 6);
  for (Bytes const& bad : {before, Bytes(before).le(3, 2).le(9, 2).add(inner_ip4()),
                           Bytes(before).le(0, 2).le(1, 2), Bytes(3)}) {
    EXPECT_EQ(decode_packet(kNflog, bad).reason, SkipReason::link_header_truncated);
  }
}

}  // namespace
}  // namespace nta::test
