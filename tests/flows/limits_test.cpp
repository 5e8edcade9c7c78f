// Numbers at the ends of their types: 2^32 packets in one flow, wire lengths of 4 GB, clocks that
// leap by fifty years and to and fro over centuries. Expected values follow from the definitions.
#include "libnta/flows/flow_set.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

namespace nta {
namespace {

constexpr std::int64_t kFiftyYears = std::int64_t{50} * 365 * 86'400 * 1'000'000'000;

template <class Features>
FeatureCell cell(auto const& state, Rules const& rules, std::string_view name) {
  std::vector<FeatureCell> cells(Features::kCount);
  Features::finish(state, rules, cells.data());
  auto const all = describe_features<Features>();
  auto const at = std::find_if(all.begin(), all.end(), [&](auto& f) { return f.name == name; });
  EXPECT_NE(at, all.end()) << name;
  return cells[static_cast<std::size_t>(at - all.begin())];
}

template <class Features>
std::int64_t integer(auto const& state, Rules const& rules, std::string_view name) {
  return static_cast<std::int64_t>(cell<Features>(state, rules, name));
}

template <class Features>
double real(auto const& state, Rules const& rules, std::string_view name) {
  auto const bits = cell<Features>(state, rules, name);
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// 2^32 packets of one size at one time, by doubling.
template <class State>
State four_billion(std::uint32_t bytes, Rules const& rules) {
  FlowPacket p = test::tcp_packet(0, 0, kTcpAck);
  p.protocol = 17;
  p.tcp_header = false;
  p.ip_len = p.wire_len = p.payload_bytes = bytes;
  State state;
  state.add(p, rules);
  for (int doubling = 0; doubling < 32; ++doubling) {
    state.merge(State(state), rules);
  }
  return state;
}

constexpr std::int64_t kPackets = std::int64_t{1} << 32;

TEST(Limits, FourBillionPacketsInOneFlow) {
  Rules rules = test::nta_rules();
  rules.size = SizeBasis::wire;
  auto const nta = four_billion<FlowState>(1500, rules);
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "fwd_packets"), kPackets);
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "wire_bytes"), kPackets * 1500);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "ip_len_mean"), 1500.0);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "ip_len_std"), 0.0);
  auto const cic = four_billion<CicState>(1500, rules);
  EXPECT_EQ(real<Cic76Set::Features>(cic, rules, "Packet Length Std"), 0.0);
  EXPECT_EQ(real<Cic76Set::Features>(cic, rules, "Fwd Packet Length Mean"), 1500.0);
  auto const nfstream = four_billion<NfstreamState>(1500, rules);
  EXPECT_EQ(integer<NfstreamSet::Features>(nfstream, rules, "bidirectional_packets"), kPackets);
  EXPECT_EQ(real<NfstreamSet::Features>(nfstream, rules, "bidirectional_stddev_ps"), 0.0);
}

TEST(Limits, FourGigabytesOfWireLengthInEachOfFourBillionPackets) {
  Rules rules = test::nta_rules();
  rules.size = SizeBasis::wire;
  auto const nta = four_billion<FlowState>(UINT32_MAX, rules);
  EXPECT_EQ(nta.side[0].count.wire_bytes, std::uint64_t{UINT32_MAX} << 32);
  // 2^64 - 2^32 does not fit a cell: the largest number, never a negative one.
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "wire_bytes"), INT64_MAX);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "fwd_ip_len_mean"), double{UINT32_MAX});
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "fwd_ip_len_max"), std::int64_t{UINT32_MAX});
  auto const nfstream = four_billion<NfstreamState>(UINT32_MAX, rules);
  EXPECT_EQ(integer<NfstreamSet::Features>(nfstream, rules, "src2dst_bytes"), INT64_MAX);
  EXPECT_EQ(real<NfstreamSet::Features>(nfstream, rules, "src2dst_mean_ps"), double{UINT32_MAX});
}

/// Packets of one side, without payload, at these times.
template <class State>
State at_times(std::vector<std::int64_t> const& times, Rules const& rules) {
  State state;
  for (auto const t : times) {
    state.add(test::tcp_packet(t, 0, kTcpAck), rules);
  }
  return state;
}

std::vector<std::int64_t> leaps(std::int64_t far, std::size_t n) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < n; ++i) {
    times.push_back(i % 2 == 0 ? 0 : far);
  }
  return times;
}

TEST(Limits, OneLeapOfFiftyYearsIsAGapOfFiftyYears) {
  Rules const rules = test::nta_rules();
  auto const nta = at_times<FlowState>({0, kFiftyYears}, rules);
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "duration_ns"), kFiftyYears);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "idle_mean_ns"), static_cast<double>(kFiftyYears));
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "active_mean_ns"), 0.0);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "iat_std_ns"), 0.0);
}

TEST(Limits, MeansOfLeapsWhoseSumInNsDoesNotFitAreRight) {
  Rules rules = test::nta_rules();
  rules.order = PacketOrder::capture;
  rules.unit_ns = 1000;
  rules.idle_gap = 5'000'000;
  auto const nta = at_times<FlowState>(leaps(kFiftyYears / 1000, 40), rules);
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "idle_count"), 20);
  EXPECT_EQ(integer<NtaSet::Features>(nta, rules, "idle_max_ns"), kFiftyYears);
  EXPECT_EQ(real<NtaSet::Features>(nta, rules, "idle_mean_ns"), static_cast<double>(kFiftyYears));
  double const active = -19.0 * static_cast<double>(kFiftyYears) / 21;  // duration less 20 gaps
  EXPECT_NEAR(real<NtaSet::Features>(nta, rules, "active_mean_ns") / active, 1.0, 1e-15);
}

TEST(Limits, SumsOfTimesBeyondAnI64Saturate) {
  Rules rules = test::nta_rules();
  rules.order = PacketOrder::capture;
  auto times = leaps(kMaxTime, 40);
  for (std::size_t i = 0; i < times.size(); i += 2) {
    times[i] = -kMaxTime;
  }
  auto const whole = at_times<FlowState>(times, rules);
  EXPECT_EQ(whole.activity.idle_count, 20U);
  EXPECT_EQ(whole.activity.idle_sum, INT64_MAX);
  EXPECT_GT(real<NtaSet::Features>(whole, rules, "idle_mean_ns"), 0.0);
  EXPECT_TRUE(std::isfinite(real<NtaSet::Features>(whole, rules, "iat_std_ns")));
  EXPECT_EQ(at_times<CicState>(times, rules).stretches.idle.sum, INT64_MAX);
  for (std::size_t const cut : {1, 2, 7, 20, 39}) {
    auto const at = times.begin() + static_cast<std::ptrdiff_t>(cut);
    auto left = at_times<FlowState>({times.begin(), at}, rules);
    FlowState right;
    right.enter(left.side[0].seq.span, left.side[1].seq.span);
    for (auto t = at; t != times.end(); ++t) {
      right.add(test::tcp_packet(*t, 0, kTcpAck), rules);
    }
    left.merge(right, rules);
    EXPECT_EQ(left, whole) << cut;
  }
}

/// Bulks whose clock runs back by 2^62 ns each: their durations do not sum up to an i64.
TEST(Limits, DurationsOfBulksMayRunBackWithoutEnd) {
  Rules rules = test::nta_rules();
  rules.order = PacketOrder::capture;
  std::vector<FlowPacket> packets;
  for (int bulk = 0; bulk < 8; ++bulk) {
    for (std::int64_t const t : {kMaxTime, kMaxTime, -kMaxTime, -kMaxTime}) {
      packets.push_back(test::tcp_packet(t, 0, kTcpAck, 100));
    }
  }
  auto const fold = [&](std::size_t first, std::size_t last) {
    CicState state;
    for (std::size_t i = first; i < last; ++i) {
      state.add(packets[i], rules);
    }
    return state;
  };
  auto const whole = fold(0, packets.size());
  auto const total = whole.bulk.total(0, rules);
  EXPECT_EQ(total.count, 8U);
  EXPECT_EQ(total.packets, 32U);
  EXPECT_EQ(static_cast<std::uint64_t>(total.duration),
            std::uint64_t{0} - 16 * static_cast<std::uint64_t>(kMaxTime));  // modulo 2^64
  for (std::size_t cut = 1; cut < packets.size(); ++cut) {
    auto left = fold(0, cut);
    left.merge(fold(cut, packets.size()), rules);
    EXPECT_EQ(left, whole) << cut;
  }
}

}  // namespace
}  // namespace nta
