// Plain frames are read at fixed offsets: their rows and keys must be those of the general decoder,
// whatever bytes have been changed.
#include "libnta/capture/plain_frame.hpp"

#include "libnta/capture/frame_intake.hpp"
#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

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

/// The rows of one frame by the general decoder, as TableBuilder writes them.
void expect_row(PacketTable const& table, IpLayer const& layer) {
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(table.keys.at(0), layer.key);
  EXPECT_EQ(table.ip_len[0], layer.ip_len);
  EXPECT_EQ(table.ip_hdr[0], layer.ip_hdr_bytes / 4);
  EXPECT_EQ(table.l4_hdr[0], layer.l4_hdr);
  EXPECT_EQ(table.tcp_flags[0], layer.tcp_flags);
  EXPECT_EQ(table.ttl[0], layer.ttl);
  EXPECT_EQ(table.tos[0], layer.tos);
  EXPECT_EQ(table.window[0], layer.window);
  EXPECT_EQ(table.icmp[0], layer.icmp);
  EXPECT_EQ(table.seq[0], layer.seq);
  EXPECT_EQ(table.ack[0], layer.ack);
  EXPECT_EQ(table.bits[0], layer.bits);
  EXPECT_EQ(table.status[0], 0);
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
    intake.add(
        {.data = exact.get(), .cap_len = cap_len, .wire_len = cap_len + 2, .interface = &ethernet},
        0);
    IngestResult result;
    result.inputs.emplace_back().packets = 1;
    intake.finish(result);
    ASSERT_EQ(tables.size(), 1U);
    expect_row(tables[0], expected.layers[0]);
    ASSERT_FALSE(HasFailure()) << "frame " << i;
  }
  EXPECT_GT(n_plain, 10'000U);
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
