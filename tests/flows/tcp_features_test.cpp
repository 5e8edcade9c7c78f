// What TCP features say about flags and sequence numbers, case by case.
#include "libnta/flows/features/tcp.hpp"
#include "tests/flows/feature_values.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace nta {
namespace {

using test::expect_equal;
using test::features_of;
using test::tcp_packet;

TEST(TcpFeatures, SequenceNumbersUnwrap) {
  // 2^32 - 50, then 100 B over the wrap, the same again, then a hole of 10.
  auto const got = features_of(
      {tcp_packet(0, 0, kTcpAck, 0, 4294967246U), tcp_packet(1, 0, kTcpAck, 100, 4294967246U),
       tcp_packet(2, 0, kTcpAck, 100, 4294967246U), tcp_packet(3, 0, kTcpAck, 5, 60)},
      0);
  expect_equal(got, {{"fwd_old_segments", 1}, {"fwd_gap_segments", 1}});
}

/// tcp_state of packets with these (side, flags); side 0 is forward.
double state_of(std::vector<std::pair<int, std::uint8_t>> const& flags) {
  std::vector<FlowPacket> packets;
  for (auto const& [side, bits] : flags) {
    packets.push_back(tcp_packet(static_cast<std::int64_t>(packets.size()),
                                 static_cast<std::uint8_t>(side), bits));
  }
  return features_of(packets, 0).at("tcp_state");
}

TEST(TcpFeatures, States) {
  std::uint8_t const s = kTcpSyn;
  std::uint8_t const k = kTcpSyn | kTcpAck;
  EXPECT_EQ(state_of({{0, s}}), 1);
  EXPECT_EQ(state_of({{0, s}, {1, k}}), 2);
  EXPECT_EQ(state_of({{0, s}, {1, k}, {0, kTcpFin}, {1, kTcpFin}}), 3);
  EXPECT_EQ(state_of({{0, s}, {1, kTcpRst | kTcpAck}}), 4);
  EXPECT_EQ(state_of({{0, s}, {1, k}, {0, kTcpFin}}), 5);
  EXPECT_EQ(state_of({{0, s}, {1, k}, {1, kTcpFin}}), 6);
  EXPECT_EQ(state_of({{0, s}, {1, k}, {0, kTcpRst}, {1, kTcpRst}}), 7);
  EXPECT_EQ(state_of({{0, s}, {1, k}, {1, kTcpRst}, {0, kTcpRst}}), 8);
  EXPECT_EQ(state_of({{0, s}, {0, kTcpRst}}), 9);
  EXPECT_EQ(state_of({{1, k}, {1, kTcpRst}}), 10);
  EXPECT_EQ(state_of({{0, s}, {0, kTcpFin}}), 11);
  EXPECT_EQ(state_of({{1, k}, {1, kTcpFin}}), 12);
  EXPECT_EQ(state_of({{0, s}, {1, kTcpAck}}), 13);
  EXPECT_EQ(state_of({{1, k}, {0, kTcpRst}}), 13);
  EXPECT_EQ(state_of({{0, kTcpAck}}), 13);
}

}  // namespace
}  // namespace nta
