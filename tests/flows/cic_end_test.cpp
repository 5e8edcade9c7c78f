// Every branch of the two CIC end rules, with packets made by hand; times in us, as the profiles
// have them.
#include "tests/flows/walking.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <vector>

namespace nta {
namespace {

using test::tcp_packet;
using test::udp;
using test::walk;
using testing::ElementsAre;

constexpr std::int64_t kS = 1'000'000;  // a second in us
constexpr std::uint8_t kFinAck = kTcpFin | kTcpAck;
constexpr std::uint8_t kSynAck = kTcpSyn | kTcpAck;

Rules const& fixed() {
  static Rules const rules = load_profile("cic-fixed").rules;
  return rules;
}
Rules const& original() {
  static Rules const rules = load_profile("cic-original").rules;
  return rules;
}

FlowPacket icmp(std::int64_t t, int type, int code, std::uint8_t side = 0) {
  FlowPacket p = udp(t, side);
  p.protocol = kProtocolIcmp;
  p.icmp = type << 8 | code;
  return p;
}

TEST(CicFixed, TcpGoesOnAfterACutBeyond120SecondsWithTheSameSource) {
  auto const flows = walk({tcp_packet(0, 1, kTcpAck), tcp_packet(120 * kS, 0, kTcpAck),
                           tcp_packet(120 * kS + 1, 0, kTcpAck), tcp_packet(121 * kS, 1, kTcpAck)},
                          fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::active);
  EXPECT_EQ(flows[0].sides, "fb");  // 120 s are not beyond
  EXPECT_TRUE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 1);
  EXPECT_EQ(flows[1].sides, "bf");
}

TEST(CicFixed, SilentUdpAndEveryOtherProtocolStartAfresh) {
  auto flows = walk({udp(0, 1), udp(100 * kS, 1), udp(200 * kS, 0)}, fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_TRUE(flows[1].continues);  // last packet 100 s ago
  EXPECT_EQ(flows[1].forward, 1);
  flows = walk({udp(0, 1), udp(121 * kS, 0)}, fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::active);
  EXPECT_FALSE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 0);
  flows = walk({icmp(0, 8, 0, 1), icmp(100 * kS, 8, 0, 1), icmp(121 * kS, 8, 0, 0)}, fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_FALSE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 0);
}

TEST(CicFixed, FinsOfBothSidesThenAnAckThenASynBeginTheNextFlow) {
  auto const flows =
      walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kFinAck), tcp_packet(2, 1, kTcpAck),
            tcp_packet(3, 1, kFinAck), tcp_packet(4, 0, kTcpAck),  // closed here
            tcp_packet(5, 1, kTcpAck),                             // closed flows take packets
            tcp_packet(6, 1, kSynAck), tcp_packet(7, 0, kTcpAck)},
           fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].sides.size(), 6U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_fin);
  EXPECT_EQ(flows[1].first, 6U);
  EXPECT_FALSE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 0);  // a SYN+ACK swaps
  EXPECT_EQ(flows[1].sides, "bf");
}

TEST(CicFixed, BeforeTheLastAckASynStaysInTheFlow) {
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kTcpFin), tcp_packet(2, 1, kTcpFin),
                  tcp_packet(3, 0, kTcpSyn)},
                 fixed())
                .size(),
            1U);
}

TEST(CicFixed, TwoFinsOfOneSideDoNotCloseAndTheFirstPacketsFinIsOnlySent) {
  auto const one_side =
      walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kTcpFin), tcp_packet(2, 0, kTcpFin),
            tcp_packet(3, 1, kTcpAck), tcp_packet(4, 0, kTcpSyn)},
           fixed());
  ASSERT_EQ(one_side.size(), 1U);
  EXPECT_EQ(one_side[0].reason, EndReason::eof);
  // The first packet's FIN moves nothing, so b's is the first; a's next one makes it both.
  std::vector<FlowPacket> packets{tcp_packet(0, 0, kFinAck), tcp_packet(1, 1, kTcpFin),
                                  tcp_packet(2, 0, kTcpAck), tcp_packet(3, 0, kTcpSyn)};
  EXPECT_EQ(walk(packets, fixed()).size(), 1U);
  packets = {tcp_packet(0, 0, kFinAck), tcp_packet(1, 1, kTcpFin), tcp_packet(2, 1, kTcpFin),
             tcp_packet(3, 0, kTcpAck), tcp_packet(4, 0, kTcpSyn)};
  EXPECT_EQ(walk(packets, fixed()).size(), 2U);
}

TEST(CicFixed, AResetClosesUnlessItIsTheFirstPacketOrCarriesAFin) {
  auto const flows = walk({tcp_packet(0, 0, kTcpAck), tcp_packet(1, 1, kTcpRst),
                           tcp_packet(2, 0, kTcpAck), tcp_packet(3, 0, kTcpSyn)},
                          fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
  EXPECT_EQ(flows[1].first, 3U);
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpRst), tcp_packet(1, 0, kTcpSyn)}, fixed()).size(), 1U);
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpAck), tcp_packet(1, 0, kTcpRst | kTcpFin),
                  tcp_packet(2, 0, kTcpSyn)},
                 fixed())
                .size(),
            1U);
}

TEST(CicFixed, AClosedFlowIsCutAt120SecondsAndEndedByTcp) {
  auto const flows =
      walk({tcp_packet(0, 0, kTcpAck), tcp_packet(1, 1, kTcpRst), tcp_packet(121 * kS, 1, kTcpAck)},
           fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
  EXPECT_TRUE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 0);
  EXPECT_EQ(flows[1].reason, EndReason::eof);  // the next flow is not closed
}

TEST(CicFixed, IcmpOfAnotherTypeAndCodeIsAnotherFlow) {
  auto const flows =
      walk({icmp(0, 8, 0), icmp(1, 0, 0, 1), icmp(2, 8, 1), icmp(3, 3, 1, 1)}, fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].sides, "fbf");  // only one of the two differs
  EXPECT_EQ(flows[1].first, 3U);
  EXPECT_FALSE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 1);
}

TEST(CicFixed, GapsMayBeNegative) {
  auto const flows = walk({udp(130 * kS), udp(0), udp(251 * kS)}, fixed());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[1].first, 2U);
}

TEST(CicOriginal, TheAnsweringFinEndsTheFlowAtOnce) {
  auto const flows = walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kFinAck),
                           tcp_packet(2, 1, kFinAck), tcp_packet(3, 1, kTcpAck)},
                          original());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].sides, "ffb");
  EXPECT_EQ(flows[0].reason, EndReason::tcp_fin);
  EXPECT_FALSE(flows[1].continues);  // the key was free
  EXPECT_EQ(flows[1].forward, 1);
  EXPECT_EQ(flows[1].reason, EndReason::eof);
}

TEST(CicOriginal, LaterFinsOfTheForwardSideAreInNoFlow) {
  auto const flows = walk(
      {tcp_packet(0, 1, kTcpSyn), tcp_packet(1, 1, kTcpFin), tcp_packet(2, 1, kTcpFin),
       tcp_packet(3, 0, kTcpAck), tcp_packet(4, 1, kTcpFin | kTcpRst), tcp_packet(5, 0, kTcpFin)},
      original());
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_THAT(flows[0].left_out, ElementsAre(2, 4));
  EXPECT_EQ(flows[0].sides, "ffbb");
  EXPECT_EQ(flows[0].reason, EndReason::tcp_fin);
}

TEST(CicOriginal, FinAndResetOfAFirstPacketCountForNothing) {
  auto const flows = walk({tcp_packet(0, 0, kTcpFin), tcp_packet(1, 0, kTcpFin),
                           tcp_packet(2, 0, kTcpFin), tcp_packet(3, 0, kTcpAck)},
                          original());
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_THAT(flows[0].left_out, ElementsAre(2));
  EXPECT_EQ(walk({tcp_packet(0, 0, kTcpRst), tcp_packet(1, 0, kTcpAck)}, original()).size(), 1U);
}

TEST(CicOriginal, AResetEndsTheFlowFromEitherSide) {
  for (std::uint8_t side = 0; side < 2; ++side) {
    auto const flows =
        walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, side, kTcpRst), tcp_packet(2, 1, kSynAck)},
             original());
    ASSERT_EQ(flows.size(), 2U);
    EXPECT_EQ(flows[0].reason, EndReason::tcp_rst);
    EXPECT_EQ(flows[1].forward, 1);  // no swap in this profile
  }
}

TEST(CicOriginal, ACutPacketIsForwardWhateverItsSource) {
  auto const flows =
      walk({udp(0, 0), udp(120 * kS, 1), udp(120 * kS + 1, 1), udp(121 * kS, 1)}, original());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].sides, "fb");
  EXPECT_EQ(flows[0].reason, EndReason::active);
  EXPECT_TRUE(flows[1].continues);
  EXPECT_EQ(flows[1].forward, 0);
  EXPECT_EQ(flows[1].sides, "fb");
}

TEST(CicOriginal, TheTimeIsLookedAtBeforeTheFin) {
  auto const flows = walk({tcp_packet(0, 0, kTcpSyn), tcp_packet(1, 0, kTcpAck),
                           tcp_packet(121 * kS, 1, kTcpFin), tcp_packet(122 * kS, 1, kTcpFin)},
                          original());
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].reason, EndReason::active);
  EXPECT_EQ(flows[1].reason, EndReason::tcp_fin);  // by the second: the first starts a flow
}

TEST(OneSided, WithOneAddressForBothSidesEveryPacketIsForward) {
  std::vector<FlowPacket> packets{tcp_packet(0, 1, kSynAck), tcp_packet(1, 0, kTcpAck),
                                  tcp_packet(2, 1, kTcpAck)};
  for (auto& p : packets) {
    p.one_sided = true;
  }
  auto flows = walk(packets, fixed());
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].forward, 0);  // the SYN+ACK came from b
  EXPECT_EQ(flows[0].sides, "fff");
  flows = walk(packets, original());
  EXPECT_EQ(flows[0].forward, 1);
  EXPECT_EQ(flows[0].sides, "fff");
}

}  // namespace
}  // namespace nta
