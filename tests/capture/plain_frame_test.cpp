// Plain frames are read at fixed offsets: their rows and keys must be those of the general decoder,
// whatever bytes have been changed.
#include "libnta/capture/plain_frame.hpp"

#include "libnta/capture/frame_intake.hpp"
#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

namespace nta {
namespace {

using test::Bytes;

std::vector<Bytes> samples() {
  auto const tcp =
      test::tcp({.source = 40'000, .destination = 443, .seq = 7, .ack = 9, .window = 512}, 30);
  auto const udp = test::udp(53, 5353, 40);
  return {test::ethernet(0x0800, test::ipv4({.protocol = 6}, tcp)),
          test::ethernet(0x0800, test::ipv4({.protocol = 17}, udp))};
}

/// A sample with up to three bytes changed, maybe cut, maybe from the other side.
Bytes mutated(std::vector<Bytes> const& from, std::uint64_t i) {
  auto const random = [i](std::uint64_t k) { return random_bits(i, k); };
  Bytes frame = from[random(0) % from.size()];
  for (std::uint64_t change = 0; change < random(1) % 4; ++change) {
    frame[random(10 + change) % std::min<std::size_t>(frame.size(), 60)] =
        static_cast<std::uint8_t>(random(20 + change));
  }
  if (random(2) % 4 == 0) frame.resize(random(3) % (frame.size() + 1));
  return frame;
}

/// Both rows are what the general decoder says, as TableBuilder writes it.
void expect_rows(PacketTable const& table, IpLayer const& layer) {
  ASSERT_EQ(table.size(), 2U);
  ASSERT_EQ(table.keys.size(), 1U);
  EXPECT_EQ(table.keys[0], layer.key);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(table.ip_len[i], layer.ip_len);
    EXPECT_EQ(table.ip_hdr[i], layer.ip_hdr_bytes / 4);
    EXPECT_EQ(table.l4_hdr[i], layer.l4_hdr);
    EXPECT_EQ(table.tcp_flags[i], layer.tcp_flags);
    EXPECT_EQ(table.ttl[i], layer.ttl);
    EXPECT_EQ(table.tos[i], layer.tos);
    EXPECT_EQ(table.window[i], layer.window);
    EXPECT_EQ(table.icmp[i], layer.icmp);
    EXPECT_EQ(table.seq[i], layer.seq);
    EXPECT_EQ(table.ack[i], layer.ack);
    EXPECT_EQ(table.bits[i], layer.bits);
    EXPECT_EQ(table.status[i], 0);
  }
}

TEST(PlainFrame, RowsAreThoseOfTheGeneralDecoder) {
  auto const from = samples();
  CaptureInterface ethernet;
  ethernet.link_type = 1;
  std::size_t n_plain = 0;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    Bytes const bytes = mutated(from, i);
    auto const cap_len = static_cast<std::uint32_t>(bytes.size());
    auto const exact = std::make_unique<std::uint8_t[]>(bytes.size());  // overreads are seen
    std::copy(bytes.begin(), bytes.end(), exact.get());
    if (!is_plain_frame(exact.get(), cap_len)) continue;
    ++n_plain;
    Decoded expected = test::decode_packet(1, bytes, cap_len + 2);
    ASSERT_EQ(expected.n_layers, 1) << i;
    canonical(expected.layers[0]);
    expected.layers[0].key.link = 0;

    std::vector<PacketTable> tables;
    PacketSink const sink = [&](PacketTable&& table) { tables.push_back(std::move(table)); };
    FrameIntake intake({}, sink);
    ethernet.link = CaptureInterface::kNoLink;
    Frame const frame{
        .data = exact.get(), .cap_len = cap_len, .wire_len = cap_len + 2, .interface = &ethernet};
    // The first of a link goes through the general decoder, the second one is taken as plain.
    intake.add(std::array{frame, frame}, 0);
    IngestResult result;
    result.inputs.emplace_back().packets = 2;
    intake.finish(result);
    ASSERT_EQ(tables.size(), 1U);
    expect_rows(tables[0], expected.layers[0]);
    ASSERT_FALSE(HasFailure()) << "frame " << i;
  }
  EXPECT_GT(n_plain, 10'000U);
}

TEST(PlainKey, StandsForExactlyOnePacketKey) {
  for (Bytes const& bytes : samples()) {
    PlainEnds const ends = plain_ends(bytes.data(), 0x1234);
    PacketKey const key = packet_key_of(ends.key);
    Decoded decoded = test::decode_packet(1, bytes);
    canonical(decoded.layers[0]);
    decoded.layers[0].key.link = 0x1234;
    EXPECT_EQ(key, decoded.layers[0].key);
    PlainKey again;
    ASSERT_TRUE(plain_key_of(key, again));
    EXPECT_TRUE(equal(again, ends.key));
    EXPECT_EQ(again.tail, ends.key.tail);
  }
}

TEST(PlainKey, IsNoneForWhatAPlainFrameCannotHave) {
  PacketKey const plain = packet_key_of(plain_ends(samples()[0].data(), 3).key);
  std::vector<std::function<void(PacketKey&)>> const changes{
      [](PacketKey& k) { k.addr_a[0] = 1; },
      [](PacketKey& k) { k.addr_a[9] = 1; },
      [](PacketKey& k) { k.addr_a[10] = 0; },
      [](PacketKey& k) { k.addr_b[0] = 1; },
      [](PacketKey& k) { k.addr_b[11] = 0xFE; },
      [](PacketKey& k) { k.mac_a |= 1ULL << 48; },
      [](PacketKey& k) { k.mac_b |= 1ULL << 63; },
      [](PacketKey& k) { k.link = 0x10000; },
      [](PacketKey& k) { k.tunnel_id = 1; },
      [](PacketKey& k) { k.icmp_class = 1; },
      [](PacketKey& k) { k.vlan_outer = 1; },
      [](PacketKey& k) { k.vlan_inner = 1; },
      [](PacketKey& k) { k.vlan_last = 1; },
      [](PacketKey& k) { k.shims = 1; },
      [](PacketKey& k) { k.path = 1; },
      [](PacketKey& k) { k.ip_version = 6; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    PacketKey key = plain;
    changes[i](key);
    PlainKey none;
    EXPECT_FALSE(plain_key_of(key, none)) << "change " << i;
  }
}

TEST(PlainFrame, TakesTheCommonOnesAndLeavesTunnelsAndFragments) {
  auto const udp = [](unsigned port) {
    return test::ethernet(0x0800, test::ipv4({.protocol = 17}, test::udp(9999, port, 40)));
  };
  auto const is_plain = [](Bytes const& bytes) {
    return is_plain_frame(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  };
  EXPECT_TRUE(is_plain(samples()[0]));
  EXPECT_TRUE(is_plain(samples()[1]));
  EXPECT_FALSE(is_plain(udp(4789)));
  Bytes fragment = samples()[0];
  fragment[14 + 6] |= 0x20;
  EXPECT_FALSE(is_plain(fragment));
}

}  // namespace
}  // namespace nta
