// CAPWAP data: frames of both kinds, and what counts as a failed tunnel.
#include "tests/capture/tunnel_support.hpp"

namespace nta::test {
namespace {

constexpr unsigned kPort = 5247;
constexpr auto kKind = TunnelKind::capwap;

TEST(Capwap, CarriesEthernetOrWirelessFrames) {
  for (unsigned const version : {4U, 6U}) {
    for (unsigned const words : {2U, 4U, 31U}) {
      expect_opened(over_udp(kPort, capwap({.words = words}, inner_frame()), version), kKind, 4);
      Bytes const air = wlan({}, 0x86DD, inner_ip6());
      auto const out = over_udp(kPort, capwap({.words = words, .native = true}, air), version);
      expect_opened(out, kKind, 6);
      unsigned const over_ipv6 = version == 6 ? 1U << kShimOuterIpv6Shift : 0U;
      EXPECT_EQ(out.layers[1].key.shims, kShimLlc | over_ipv6);
    }
  }
  // Some senders swap the two bytes of frame control.
  Bytes swapped = wlan({}, 0x0800, inner_ip4());
  std::swap(swapped[0], swapped[1]);
  expect_opened(over_udp(kPort, capwap({.native = true}, swapped)), kKind, 4);
}

TEST(Capwap, BothDirectionsAreOneKey) {
  auto const way = [](bool back) {
    Bytes const payload = capwap({}, inner_frame(back));
    return over_ip4(17, back ? udp_with(kPort, 1234, payload) : udp_with(1234, kPort, payload));
  };
  expect_one_key(way(false), way(true));
}

TEST(Capwap, FirstFragmentsOpenAndLaterOnesDoNot) {
  expect_opened(over_udp(kPort, capwap({.flags = 0x80}, inner_frame())), kKind, 4);
  expect_failed(over_udp(kPort, capwap({.flags = 0x80, .offset8 = 3}, inner_frame())), kKind);
  expect_closed(over_udp(kPort, capwap({.flags = 0x80, .offset8 = 3}, inner_frame()), 6));
}

TEST(Capwap, FailsWithoutIpInside) {
  expect_failed(over_udp(kPort, capwap({}, ethernet(0x0806, Bytes(28)))), kKind);
  Bytes const management = Bytes{}.u8(0x80).zeros(60);
  expect_failed(over_udp(kPort, capwap({.native = true}, management), 6), kKind);
  expect_failed(over_udp(kPort, capwap({.native = true}, Bytes(23)), 6), kKind);
}

TEST(Capwap, AnInvalidHeaderFailsOverIpv4OnceMoreThan32BytesFollow) {
  Capwap const keep_alive{.flags = 0x08};
  expect_failed(over_udp(kPort, capwap(keep_alive, Bytes(33))), kKind);
  expect_closed(over_udp(kPort, capwap(keep_alive, Bytes(32))));
  expect_closed(over_udp(kPort, capwap(keep_alive, Bytes(33)), 6));
  expect_failed(over_udp(kPort, Bytes(33)), kKind);  // a header without length
  expect_closed(over_udp(kPort, Bytes(32)));
  expect_closed(over_udp(kPort, Bytes(1)));
  expect_closed(over_udp(kPort, Bytes{}));
  expect_closed(over_udp(kPort, capwap({.preamble = 1}, Bytes(60))));  // encrypted
}

}  // namespace
}  // namespace nta::test
