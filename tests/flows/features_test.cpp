// Every feature of the list against values worked out by hand from listed packets. Tolerance 0.
#include "tests/flows/feature_values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace nta {
namespace {

using test::expect_equal;
using test::features_of;
using test::kSecond;
using test::tcp_packet;
using test::Values;

constexpr std::int64_t kMs = 1'000'000;

/// A connection from side b (forward, 1) to side a (backward, 0): times in ms, payloads
///   fwd:  0 SYN | 15 ACK | 20: 100 B | 2060 ACK, window 0 | 10070: 10 B | 16080 RST
///   bwd: 10 SYN+ACK | 30: 200 B | 40: 200 B | 50: 300 B behind a hole | 60: 100 B resent |
///        2070: 50 B | 10080 FIN | 16081 RST
std::vector<FlowPacket> connection() {
  std::uint8_t const f = 1;
  std::uint8_t const b = 0;
  std::uint8_t const all_marks = kTcpAck | kTcpPsh | kTcpUrg | kTcpEce | kTcpCwr;
  std::vector<FlowPacket> packets{tcp_packet(0, f, kTcpSyn, 0, 100, 5000),
                                  tcp_packet(10 * kMs, b, kTcpSyn | kTcpAck, 0, 500, 6000),
                                  tcp_packet(15 * kMs, f, kTcpAck, 0, 101),
                                  tcp_packet(20 * kMs, f, kTcpAck | kTcpPsh, 100, 101),
                                  tcp_packet(30 * kMs, b, kTcpAck, 200, 501),
                                  tcp_packet(40 * kMs, b, kTcpAck, 200, 701),
                                  tcp_packet(50 * kMs, b, kTcpAck, 300, 1001),  // 901 was expected
                                  tcp_packet(60 * kMs, b, kTcpAck | kTcpPsh | kTcpCwr, 100, 901),
                                  tcp_packet(2060 * kMs, f, kTcpAck, 0, 201, 0),
                                  tcp_packet(2070 * kMs, b, kTcpAck, 50, 1301),
                                  tcp_packet(10070 * kMs, f, all_marks, 10, 201),
                                  tcp_packet(10080 * kMs, b, kTcpFin | kTcpAck, 0, 1351),
                                  tcp_packet(16080 * kMs, f, kTcpRst | kTcpAck, 0, 211, 0),
                                  tcp_packet(16081 * kMs, b, kTcpRst, 0, 1352, 0)};
  for (auto& p : packets) {
    p.ttl = p.side == f ? 60 : 50;
  }
  packets[8].ttl = 61;
  packets[13].ttl = 49;
  packets[10].fragment = true;
  return packets;
}

constexpr double kDuration = 16081e6;

/// Expected counts and sizes.
Values expected_sizes() {
  return {{"duration_ns", kDuration},
          {"packets", 14},
          {"fwd_packets", 6},
          {"bwd_packets", 8},
          {"wire_bytes", 1520 + 14 * 14},
          {"ip_bytes", 1520},
          {"fwd_ip_bytes", 350},
          {"bwd_ip_bytes", 1170},
          {"payload_bytes", 960},
          {"fwd_payload_bytes", 110},
          {"bwd_payload_bytes", 850},
          {"fwd_payload_packets", 2},
          {"bwd_payload_packets", 5},
          {"fwd_header_bytes", 240},
          {"bwd_header_bytes", 320},
          {"ip_len_min", 40},
          {"fwd_ip_len_min", 40},
          {"bwd_ip_len_min", 40},
          {"ip_len_mean", 1520.0 / 14},
          {"fwd_ip_len_mean", 350.0 / 6},
          {"bwd_ip_len_mean", 1170.0 / 8},
          // n * sum of squares - square of the sum: 14 * 291800 - 1520^2; 6 * 28500 - 350^2; ...
          {"ip_len_std", std::sqrt(1774800.0 / 196)},
          {"fwd_ip_len_std", std::sqrt(48500.0 / 36)},
          {"bwd_ip_len_std", std::sqrt(737500.0 / 64)},
          {"ip_len_max", 340},
          {"fwd_ip_len_max", 140},
          {"bwd_ip_len_max", 340},
          {"fwd_payload_len_mean", 110.0 / 2},
          {"bwd_payload_len_mean", 850.0 / 5},
          {"fwd_payload_len_std", std::sqrt(8100.0 / 4)},     // 2 * 10100 - 110^2
          {"bwd_payload_len_std", std::sqrt(190000.0 / 25)},  // 5 * 182500 - 850^2
          {"fwd_payload_len_max", 100},
          {"bwd_payload_len_max", 300}};
}

/// Expected gaps, rates and shares.
Values expected_gaps() {
  return {// Gaps in ms: 10 5 5 10 10 10 10 2000 10 8000 10 6000 1; fwd 15 5 2040 8010 6010;
          // bwd 20 10 10 10 2010 8010 6001.
          {"iat_min_ns", 1e6},
          {"fwd_iat_min_ns", 5e6},
          {"bwd_iat_min_ns", 10e6},
          {"iat_mean_ns", 16081e6 / 13},
          {"fwd_iat_mean_ns", 16080e6 / 5},
          {"bwd_iat_mean_ns", 16071e6 / 7},
          {"iat_std_ns", std::sqrt(1093411202e12 / 169)},
          {"fwd_iat_std_ns", std::sqrt(263643850e12 / 25)},
          {"bwd_iat_std_ns", std::sqrt(471213266e12 / 49)},
          {"iat_max_ns", 8000e6},
          {"fwd_iat_max_ns", 8010e6},
          {"bwd_iat_max_ns", 8010e6},
          {"packets_per_s", 14e9 / kDuration},
          {"fwd_packets_per_s", 6e9 / kDuration},
          {"bwd_packets_per_s", 8e9 / kDuration},
          {"ip_bytes_per_s", 1520e9 / kDuration},
          {"fwd_ip_bytes_per_s", 350e9 / kDuration},
          {"bwd_ip_bytes_per_s", 1170e9 / kDuration},
          {"bwd_packet_share", 8.0 / 14},
          {"bwd_byte_share", 1170.0 / 1520},
          {"fwd_small_packet_share", 5.0 / 6},
          {"bwd_small_packet_share", 4.0 / 8}};
}

/// Expected TCP flags, windows, segments, states.
Values expected_tcp() {
  return {{"fwd_fin_packets", 0},
          {"bwd_fin_packets", 1},
          {"fwd_syn_packets", 1},
          {"bwd_syn_packets", 1},
          {"fwd_rst_packets", 1},
          {"bwd_rst_packets", 1},
          {"fwd_psh_packets", 2},
          {"bwd_psh_packets", 1},
          {"fwd_ack_packets", 5},
          {"bwd_ack_packets", 7},
          {"urg_packets", 1},
          {"ece_packets", 1},
          {"cwr_packets", 2},
          {"fwd_init_window", 5000},
          {"bwd_init_window", 6000},
          {"fwd_zero_window_packets", 1},
          {"bwd_zero_window_packets", 0},  // RST does not count
          {"fwd_old_segments", 0},
          {"bwd_old_segments", 1},
          {"fwd_gap_segments", 0},
          {"bwd_gap_segments", 1},
          {"fwd_ttl_min", 60},
          {"bwd_ttl_min", 49},
          {"fwd_ttl_max", 61},
          {"bwd_ttl_max", 50},
          {"first_reply_ns", 10e6},
          {"syn_synack_ns", 10e6},
          {"synack_ack_ns", 5e6},
          {"tcp_state", 7},  // SYN, SYN+ACK, first RST from forward
          // fwd SYN 1, bare ACK 4, payload 8, RST 32, zero window 128; bwd SYN+ACK 2, payload 8,
          // FIN 16, RST 32, old segment 64; bit 16: first RST from forward
          {"tcp_history", 173 + 122 * 256 + 65536},
          {"icmp_type", -1},
          {"icmp_code", -1},
          {"fragment_packets", 1}};
}

/// Expected stretches and runs.
Values expected_runs() {
  return {{"subflow_count", 4},  // 1 + gaps of 2, 8, 6 s
          {"idle_count", 2},
          {"idle_mean_ns", 7e9},
          {"idle_max_ns", 8e9},
          {"active_mean_ns", 2081e6 / 3},
          {"active_max_ns", 2070e6},  // stretches 2070, 10, 1 ms
          {"fwd_bulk_count", 0},
          {"bwd_bulk_count", 1},  // 30, 40, 50, 60 ms; 2070 ms is too late
          {"fwd_bulk_bytes_mean", 0},
          {"bwd_bulk_bytes_mean", 800},
          {"fwd_bulk_bytes_per_s", 0},
          {"bwd_bulk_bytes_per_s", 800e9 / 30e6},
          {"fwd_burst_count", 2},
          {"bwd_burst_count", 1},  // 100 | 200 200 300 100 50 | 10
          {"fwd_burst_bytes_mean", 55},
          {"bwd_burst_bytes_mean", 850},
          {"fwd_burst_bytes_max", 100},
          {"bwd_burst_bytes_max", 850},
          {"first_payload_1", 100},
          {"first_payload_2", -200},
          {"first_payload_3", -200},
          {"first_payload_4", -300},
          {"first_payload_5", -100},
          {"first_payload_6", -50},
          {"first_payload_7", 10},
          {"first_payload_8", 0}};
}

/// All 114.
Values expected_values() {
  Values all = expected_sizes();
  all.merge(expected_gaps());
  all.merge(expected_tcp());
  all.merge(expected_runs());
  return all;
}

TEST(Features, EveryOneOfAConnectionWorkedOutByHand) {
  Values const expected = expected_values();
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kFeatureCount));
  expect_equal(features_of(connection(), 1), expected);
}

TEST(Features, NamesAreDistinctAndDescribed) {
  std::set<std::string> names;
  for (auto const& feature : describe_features()) {
    EXPECT_TRUE(names.insert(feature.name).second) << feature.name;
    EXPECT_FALSE(feature.text.empty()) << feature.name;
    EXPECT_FALSE(feature.unit.empty()) << feature.name;
    EXPECT_EQ(feature.version, 1) << feature.name;
  }
  EXPECT_EQ(names.size(), 114U);
}

TEST(Features, SwappingTheDirectionSwapsTheColumns) {
  auto const one = features_of(connection(), 1);
  auto const other = features_of(connection(), 0);
  for (auto const& [name, value] : one) {
    if (name.rfind("fwd_", 0) != 0) {
      continue;
    }
    std::string const partner = "bwd_" + name.substr(4);
    EXPECT_EQ(other.at(partner), value) << name;
    if (one.count(partner) != 0) {
      EXPECT_EQ(other.at(name), one.at(partner)) << name;
    }
  }
  EXPECT_EQ(other.at("first_payload_1"), -100);
  EXPECT_EQ(other.at("first_reply_ns"), -10e6);  // the "reply" came first
  EXPECT_EQ(other.at("syn_synack_ns"), -1);
}

TEST(Features, ASinglePacketHasNoGapsAndFiniteRates) {
  auto const got = features_of({tcp_packet(0, 0, kTcpSyn, 0, 9, 4000)}, 0);
  expect_equal(got, {{"duration_ns", 0},      {"iat_min_ns", 0},
                     {"iat_mean_ns", 0},      {"iat_std_ns", 0},
                     {"iat_max_ns", 0},       {"packets_per_s", 0},
                     {"ip_bytes_per_s", 0},   {"ip_len_std", 0},
                     {"bwd_ip_len_min", 0},   {"bwd_ip_len_mean", 0},
                     {"bwd_init_window", -1}, {"bwd_ttl_min", -1},
                     {"bwd_ttl_max", -1},     {"first_reply_ns", -1},
                     {"synack_ack_ns", -1},   {"tcp_state", 1},
                     {"subflow_count", 1},    {"active_max_ns", 0},
                     {"bwd_packet_share", 0}, {"bwd_small_packet_share", 0},
                     {"tcp_history", 1}});
}

TEST(Features, StdIsPopulationOrSampleAsTheProfileSays) {
  // IP lengths 1 and 3: population 1, sample sqrt(2).
  std::vector<FlowPacket> packets{tcp_packet(0, 0, 0), tcp_packet(0, 0, 0)};
  packets[0].ip_len = 1;
  packets[1].ip_len = 3;
  Rules rules = test::nta_rules();
  EXPECT_EQ(features_of(packets, 0, rules).at("ip_len_std"), 1.0);
  rules.ddof = 1;
  EXPECT_EQ(features_of(packets, 0, rules).at("ip_len_std"), std::sqrt(2.0));
  packets.pop_back();
  EXPECT_EQ(features_of(packets, 0, rules).at("ip_len_std"), 0.0);
}

TEST(Features, TimesOfACoarserUnitComeOutInNs) {
  Rules rules = test::nta_rules();
  rules.unit_ns = 1'000'000;
  rules.subflow_gap /= 1'000'000;
  rules.idle_gap /= 1'000'000;
  rules.bulk_gap /= 1'000'000;
  auto packets = connection();
  for (auto& p : packets) {
    p.t /= kMs;
  }
  Values const expected = expected_values();
  expect_equal(features_of(packets, 1, rules), expected);
}

TEST(Features, IcmpTypeAndCodeAreTheFirstPackets) {
  FlowPacket p = tcp_packet(0, 0, 0, 56);
  p.protocol = kProtocolIcmp;
  p.tcp_header = false;
  p.icmp = (3 << 8) + 13;
  FlowPacket next = p;
  next.icmp = 0;
  auto const got = features_of({p, next}, 0);
  expect_equal(got, {{"icmp_type", 3},
                     {"icmp_code", 13},
                     {"tcp_state", 0},
                     {"tcp_history", 0},
                     {"fwd_init_window", -1},
                     {"fwd_ack_packets", 0}});
}

TEST(Features, ABulkNeedsFourPacketsOfOneDirectionWithinASecond) {
  auto const run = [](std::vector<std::int64_t> const& times_ms, int turn_at) {
    std::vector<FlowPacket> packets;
    for (std::size_t i = 0; i < times_ms.size(); ++i) {
      bool const turn = static_cast<int>(i) == turn_at;
      packets.push_back(tcp_packet(times_ms[i] * kMs, turn ? 1 : 0, kTcpAck, 10));
      packets.push_back(tcp_packet(times_ms[i] * kMs, 1, kTcpAck));  // bare ACKs cut nothing
    }
    return features_of(packets, 0);
  };
  EXPECT_EQ(run({0, 1000, 2000, 3000}, -1).at("fwd_bulk_count"), 1);
  EXPECT_EQ(run({0, 1000, 2000}, -1).at("fwd_bulk_count"), 0);
  EXPECT_EQ(run({0, 1000, 2001, 3000}, -1).at("fwd_bulk_count"), 0);
  EXPECT_EQ(run({0, 1, 2, 3, 4}, 2).at("fwd_bulk_count"), 0);
  EXPECT_EQ(run({0, 1, 2, 3, 4}, 2).at("fwd_burst_count"), 2);
  EXPECT_EQ(run({0, 0, 0, 0}, -1).at("fwd_bulk_bytes_per_s"), 0);  // no duration
}

TEST(Features, GapsOfExactlyTheLimitAreNotBeyondIt) {
  // 1 s, 5 s, and 1 ns more than each.
  auto const got =
      features_of({tcp_packet(0, 0, 0), tcp_packet(kSecond, 0, 0), tcp_packet(6 * kSecond, 0, 0),
                   tcp_packet(7 * kSecond + 1, 0, 0), tcp_packet(12 * kSecond + 2, 0, 0)},
                  0);
  expect_equal(got, {{"subflow_count", 4},
                     {"idle_count", 1},
                     {"idle_max_ns", 5e9 + 1},
                     {"active_max_ns", 7e9 + 1}});
}

TEST(Features, MinMeanMaxAreOrderedAndAllIsFinite) {
  Rules const rules = test::nta_rules();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto const got = features_of(test::random_flow(seed, 1 + seed % 40), seed % 2, rules);
    for (auto const& [name, value] : got) {
      EXPECT_TRUE(std::isfinite(value)) << name << seed;
    }
    for (std::string const part : {"", "fwd_", "bwd_"}) {
      EXPECT_LE(got.at(part + "ip_len_min"), got.at(part + "ip_len_mean")) << seed;
      EXPECT_LE(got.at(part + "ip_len_mean"), got.at(part + "ip_len_max")) << seed;
      EXPECT_LE(got.at(part + "iat_min_ns"), got.at(part + "iat_mean_ns")) << seed;
      EXPECT_LE(got.at(part + "iat_mean_ns"), got.at(part + "iat_max_ns")) << seed;
    }
    EXPECT_LE(got.at("active_max_ns"), got.at("duration_ns")) << seed;
  }
}

}  // namespace
}  // namespace nta
