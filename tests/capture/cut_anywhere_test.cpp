// Every kind of frame cut at every byte: never a crash or an overread (the sanitizers watch exact
// blocks), always a row or a reason, and never another length because less was captured.
#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"
#include "tests/support/tunnel_builder.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

struct Sample {
  std::string name;
  std::uint32_t link_type;
  Bytes bytes;
};

/// Over Ethernet and IPv4: a protocol's payload, or that of UDP to a port.
Bytes over_ip(unsigned protocol, Bytes const& payload) {
  return ethernet(0x0800, ipv4({.protocol = protocol}, payload));
}
Bytes over_udp(unsigned port, Bytes const& payload) {
  return over_ip(17, udp_with(50000, port, payload));
}

std::vector<Sample> tunnel_samples() {
  Bytes const frame = inner_frame();
  return {
      {"gre", 1, over_ip(47, gre({.flags = 0xB0, .type = 0x86DD, .key = 7}, inner_ip6()))},
      {"gre-ethernet", 1, over_ip(47, gre({.type = 0x6558}, frame))},
      {"pptp", 1, over_ip(47, pptp(5, true, Bytes{}.be(0xFF030021, 4).add(inner_ip4())))},
      {"erspan1", 1, over_ip(47, gre({.type = 0x88BE}, frame))},
      {"erspan2", 1, over_ip(47, gre({.flags = 0x10, .type = 0x88BE}, erspan2(9, frame)))},
      {"erspan3", 1, over_ip(47, gre({.flags = 0x10, .type = 0x22EB}, erspan3(9, true, frame)))},
      {"vxlan", 1, over_udp(4789, vxlan(5, frame))},
      {"geneve", 1, over_udp(6081, geneve(5, 0x6558, 3, frame))},
      {"gtp", 1, over_udp(2152, gtp({.n_extensions = 2}, inner_ip6()))},
      {"teredo", 1, over_udp(3544, teredo_authentication(2, 3, teredo_origin(inner_ip6())))},
      {"capwap", 1, over_udp(5247, capwap({.words = 4}, frame))},
      {"capwap-wlan", 1, over_udp(5247, capwap({.native = true}, wlan({}, 0x0800, inner_ip4())))},
      {"tzsp", 1, over_udp(37008, tzsp(frame))},
      {"nested", 1,
       over_udp(4789, vxlan(5, over_ip(47, gre({}, ipv4({.protocol = 4}, inner_ip4())))))},
  };
}

std::vector<Sample> samples() {
  Bytes const four = ipv4({.ihl = 7}, tcp({.offset = 8}, 20));
  Bytes const six = ipv6(
      {.next = 0}, extension(44, 1, fragment6(60, 0, true, 9, extension(17, 0, udp(1, 2, 9)))));
  Bytes const ah_tcp = Bytes{}.u8(6).u8(4).zeros(22).add(tcp({}, 4));
  Bytes const air = wlan({.kind = 0x88, .flags = 0x83}, 0x86DD, six);
  std::vector<Sample> all{
      {"ethernet", 1, ethernet(0x0800, four)},
      {"tags", 1, ethernet(0x88A8, tag(1, 0x8100, tag(2, 0x86DD, six)))},
      {"snap", 1, ethernet(90, Bytes{}.be(0xAAAA030000000800, 8).add(four))},
      {"mpls", 1, ethernet(0x8847, Bytes{}.be32(0x140).be32(0).add(ethernet(0x0800, four)))},
      {"pppoe", 1, ethernet(0x8864, Bytes{}.be(0x110000010000, 6).be16(0x57).add(six))},
      {"null", 0, Bytes{}.le(2, 4).add(four)},
      {"sll", 113, Bytes{}.zeros(14).be16(0x0800).add(four)},
      {"sll2", 276, Bytes{}.be16(0x86DD).zeros(18).add(six)},
      {"raw", 101, six},
      {"sctp", 228, ipv4({.protocol = 132}, Bytes(16))},
      {"icmp", 228, ipv4({.protocol = 1}, icmp(8, 0, 20))},
      {"ah", 228, ipv4({.protocol = 51}, ah_tcp)},
      {"ipip", 229, ipv6({.next = 41}, ipv6({.next = 4}, four))},
      {"ppp", 9, Bytes{}.be(0xFF030021, 4).add(four)},
      {"hdlc", 104, Bytes{}.be(0x8F0086DD, 4).add(six)},
      {"radiotap", 127, radiotap(20, air)},
      {"ppi", 192, Bytes{}.be16(0).le(12, 2).le(105, 4).zeros(4).add(air)},
      {"nflog", 239, Bytes{}.be32(0).le(8, 2).le(1, 2).zeros(4).le(99, 2).le(9, 2).add(six)},
  };
  for (auto& sample : tunnel_samples()) all.push_back(std::move(sample));
  return all;
}

TEST(CutAnywhere, IsCountedAndNeverChangesALength) {
  for (auto const& sample : samples()) {
    auto const wire_len = static_cast<std::uint32_t>(sample.bytes.size());
    auto const whole = decode_packet(sample.link_type, sample.bytes);
    ASSERT_EQ(whole.reason, SkipReason::none) << sample.name;
    for (std::size_t n = 0; n < sample.bytes.size(); ++n) {
      Bytes const cut(sample.bytes.begin(), sample.bytes.begin() + static_cast<long>(n));
      auto const out = decode_packet(sample.link_type, cut, wire_len);
      ASSERT_EQ(out.n_layers == 0, out.reason != SkipReason::none) << sample.name << n;
      ASSERT_LE(out.n_layers, whole.n_layers) << sample.name << n;
      for (int i = 0; i < out.n_layers; ++i) {
        IpLayer const& layer = out.layers[static_cast<std::size_t>(i)];
        IpLayer const& full = whole.layers[static_cast<std::size_t>(i)];
        ASSERT_EQ(layer.ip_len, full.ip_len) << sample.name << n;
        ASSERT_EQ(layer.ip_hdr_bytes, full.ip_hdr_bytes) << sample.name << n;
        ASSERT_EQ(layer.key.addr_a, full.key.addr_a) << sample.name << n;
        ASSERT_NE(layer.bits & kRowTruncated, 0) << sample.name << n;
      }
    }
  }
}

// Damage at random places with random lengths claimed: only order is promised, no meaning.
TEST(CutAnywhere, DamagedBytesGiveARowOrAReason) {
  for (auto const& sample : samples()) {
    for (std::uint64_t round = 0; round < 3000; ++round) {
      Bytes damaged = sample.bytes;
      std::uint64_t const seed = stream_key(round, sample.name);
      for (std::uint64_t hit = 0; hit < 1 + round % 4; ++hit) {
        damaged[random_bits(seed, 2 * hit) % damaged.size()] =
            static_cast<std::uint8_t>(random_bits(seed, 2 * hit + 1));
      }
      damaged.resize(random_bits(seed, 99) % (damaged.size() + 1));
      auto const out = decode_packet(sample.link_type, damaged,
                                     static_cast<std::uint32_t>(random_bits(seed, 100) % 3000));
      ASSERT_EQ(out.n_layers == 0, out.reason != SkipReason::none) << sample.name << round;
      for (int i = 0; i < out.n_layers; ++i) {
        IpLayer const& layer = out.layers[static_cast<std::size_t>(i)];
        ASSERT_GE(layer.ip_len, layer.ip_hdr_bytes) << sample.name << round;
        ASSERT_LE(layer.ip_hdr_bytes, kMaxIpHeaderBytes) << sample.name << round;
        ASSERT_LE(layer.l4_hdr, layer.ip_len - layer.ip_hdr_bytes) << sample.name << round;
      }
    }
  }
}

}  // namespace
}  // namespace nta::test
