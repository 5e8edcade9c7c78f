// The sequential rule of profile nta: where flows end, why, and who is forward.
#include "libnta/flows/flow_end.hpp"

#include "libnta/core/counter_rng.hpp"
#include "tests/flows/walking.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace nta {
namespace {

using test::kSecond;
using test::tcp_packet;
using test::udp;
using test::walk;

TEST(FlowEnd, NoPacketsNoFlows) {
  EXPECT_TRUE(walk({}).empty());
}

TEST(FlowEnd, AnIdleGapCutsAtItsLimitNotBelow) {
  auto const kept = walk({udp(0), udp(120 * kSecond - 1)});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].reason, EndReason::eof);
  auto const cut = walk({udp(0), udp(120 * kSecond, 1)});
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0].reason, EndReason::idle);
  EXPECT_FALSE(cut[1].continues);
  EXPECT_EQ(cut[1].forward, 1);  // a fresh flow: its own direction
}

TEST(FlowEnd, AnActiveCutInheritsTheDirection) {
  std::vector<FlowPacket> packets{udp(0, 1)};
  for (int i = 1; i <= 18; ++i) {
    packets.push_back(udp(i * 100 * kSecond, 0));
  }
  auto const flows = walk(packets);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::active);
  EXPECT_EQ(flows[1].first, 18U);  // t = 1800 s
  EXPECT_TRUE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 1);
}

TEST(FlowEnd, ADirectionOfItsOwnAfterAnActiveCutIfTheProfileSaysSo) {
  Rules rules = test::nta_rules();
  rules.continuation = Continuation::packet;
  rules.idle.on = false;
  auto const flows = walk({udp(0, 1), udp(1800 * kSecond, 0)}, rules);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[1].forward, 0);
  EXPECT_TRUE(flows[1].continues);
}

TEST(FlowEnd, IdleIsTestedBeforeActive) {
  std::vector<FlowPacket> packets{udp(0), udp(100 * kSecond), udp(1900 * kSecond)};
  auto const flows = walk(packets);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::idle);
  EXPECT_FALSE(flows[1].continues);
}

TEST(FlowEnd, AResetClosesAndLingersFiveSeconds) {
  auto const flows = walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 1, kTcpRst | kTcpAck),
                           tcp_packet(1 + 5 * kSecond, 0, kTcpAck),    // still within 5 s
                           tcp_packet(2 + 5 * kSecond, 0, kTcpAck)});  // beyond
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
  EXPECT_EQ(flows[1].first, 3U);
  EXPECT_EQ(flows[1].reason, EndReason::eof);
}

TEST(FlowEnd, FinsOfBothSidesCloseAndTheLastAckStays) {
  auto const flows = walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kTcpFin | kTcpAck),
                           tcp_packet(2, 0, kTcpFin | kTcpAck),  // the same side again: still open
                           tcp_packet(3 + 6 * kSecond, 1, kTcpFin | kTcpAck),
                           tcp_packet(4 + 6 * kSecond, 0, kTcpAck)});
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_fin);
}

TEST(FlowEnd, ASynOpensTheNextFlowOfAClosedConnectionAtOnce) {
  auto const flows = walk(
      {tcp_packet(0, 0, kTcpRst), tcp_packet(1, 0, kTcpSyn | kTcpAck), tcp_packet(2, 1, kTcpSyn)});
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);  // its first packet counts
  EXPECT_EQ(flows[1].first, 2U);                   // SYN+ACK did not open one
  EXPECT_EQ(flows[1].forward, 1);
}

TEST(FlowEnd, ASynInAnOpenConnectionStaysInIt) {
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kTcpSyn)}).size(), 1U);
}

TEST(FlowEnd, TheFirstCloseDecidesTheReason) {
  auto const flows =
      walk({tcp_packet(0, 0, kTcpFin), tcp_packet(1, 1, kTcpFin), tcp_packet(2, 1, kTcpRst)});
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_fin);
}

TEST(FlowEnd, AClosedFlowIsEndedByTcpWhateverCutsIt) {
  Rules rules = test::nta_rules();
  rules.linger = 3000 * kSecond;
  auto flows = walk({tcp_packet(0, 0, kTcpRst), tcp_packet(121 * kSecond, 1, kTcpAck)}, rules);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
  EXPECT_FALSE(flows[1].continues);
  rules.idle.on = false;
  flows = walk({tcp_packet(0, 0, kTcpRst), tcp_packet(1800 * kSecond, 1, kTcpAck)}, rules);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
  EXPECT_TRUE(flows[1].continues);  // the active time-out cut it
  EXPECT_EQ(flows[1].forward, 0);
}

TEST(FlowEnd, ASynAckFirstMeansTheDestinationIsForward) {
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpSyn | kTcpAck)})[0].forward, 1);
  EXPECT_EQ(walk({tcp_packet(0, 1, kTcpSyn | kTcpAck)})[0].forward, 0);
  EXPECT_EQ(walk({tcp_packet(0, 1, kTcpSyn)})[0].forward, 1);
  Rules rules = test::nta_rules();
  rules.direction = DirectionRule::first_packet;
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpSyn | kTcpAck)}, rules)[0].forward, 0);
}

TEST(FlowEnd, WithoutATcpRuleFlagsEndNothing) {
  Rules rules = test::nta_rules();
  rules.tcp_end = TcpEndRule::none;
  auto const flows =
      walk({tcp_packet(0, 0, kTcpRst), tcp_packet(100 * kSecond, 0, kTcpSyn)}, rules);
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].reason, EndReason::eof);
}

TEST(FlowEnd, MovedToAnotherBaseTheRuleDecidesTheSame) {
  FlowEndState flow;
  Rules const rules = test::nta_rules();
  advance(flow, tcp_packet(7 * kSecond, 0, kTcpRst), rules);
  flow.rebase(time_shift(1000, 1100, 1));
  EXPECT_EQ(flow.first, -93 * kSecond);
  EXPECT_FALSE(decide(flow, tcp_packet(-88 * kSecond, 0, kTcpAck), rules).starts_flow);
  EXPECT_TRUE(decide(flow, tcp_packet(-88 * kSecond + 1, 0, kTcpAck), rules).starts_flow);
}

/// The short way of take_packet() against the long one, on packets of every kind.
TEST(FlowEnd, WhatOnlyGoesOnChangesNothingElse) {
  auto const random = stream_key(1, "goes on");
  std::size_t short_ways = 0;
  for (std::uint64_t round = 0; round < 64; ++round) {
    Rules rules = test::nta_rules();
    rules.tcp_end = static_cast<TcpEndRule>(round % 4);
    rules.idle.on = (round & 4) != 0;
    rules.idle.strict = (round & 8) != 0;
    FlowEndState flow;
    std::int64_t t = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
      auto const bits = random_bits(random, round * 200 + i);
      t +=
          static_cast<std::int64_t>(bits % 16 == 0 ? 130 + bits / 16 % 3 : bits / 16 % 3) * kSecond;
      auto p = tcp_packet(t, static_cast<std::uint8_t>(bits >> 20 & 1), 0);
      p.tcp_flags = static_cast<std::uint8_t>(bits >> 24 & bits >> 32 & bits >> 40 & 0xFF);
      p.one_sided = (bits >> 48 & 15) == 0;
      if (only_goes_on(flow, p, rules)) {
        ++short_ways;
        auto after = flow;
        auto const step = decide(after, p, rules);
        ASSERT_FALSE(step.starts_flow || step.left_out);
        advance(after, p, rules);
        auto expected = flow;
        expected.last = p.t;
        ASSERT_EQ(after, expected) << "round " << round << ", packet " << i;
      }
      take_packet(flow, p, rules);
    }
  }
  EXPECT_GT(short_ways, 1000U);
}

}  // namespace
}  // namespace nta
