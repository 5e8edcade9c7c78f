// Every kind of frame cut at every byte: never a crash or an overread (the sanitizers watch exact
// blocks), always a row or a reason, and never another length because less was captured.
#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

struct Sample {
  std::string name;
  std::uint32_t link_type;
  Bytes bytes;
};

std::vector<Sample> samples() {
  Bytes const four = ipv4({.ihl = 7}, tcp({.offset = 8}, 20));
  Bytes const six = ipv6(
      {.next = 0}, extension(44, 1, fragment6(60, 0, true, 9, extension(17, 0, udp(1, 2, 9)))));
  Bytes const ah_tcp = Bytes{}.u8(6).u8(4).zeros(22).add(tcp({}, 4));
  return {
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
  };
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
