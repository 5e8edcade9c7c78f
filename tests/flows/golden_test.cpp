// Golden values of flows.md 6: one TLS connection of a public capture, derived from its packets and
// from two other tools' tables, never from our own output.
#include "libnta/capture/ingest.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/traffic.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace nta {
namespace {

using test::number;

FeatureTable meter_capture(std::string const& path) {
  std::vector<PacketTable> tables;
  IngestOptions options;
  options.paths = {path};
  IngestResult const result =
      ingest(options, [&](PacketTable&& table) { tables.push_back(std::move(table)); });
  StreamMeter meter(load_profile("nta"), {});
  for (auto const& table : tables) {
    meter.add(table, result.links);
  }
  return meter.finish();
}

/// Integers, and means that are one division of integers.
constexpr std::pair<char const*, double> kExact[] = {{"tcp_state", 3},
                                                     {"duration_ns", 6669871000},
                                                     {"wire_bytes", 9108},
                                                     {"packets", 28},
                                                     {"fwd_packets", 16},
                                                     {"bwd_packets", 12},
                                                     {"fwd_payload_bytes", 644},
                                                     {"bwd_payload_bytes", 6924},
                                                     {"fwd_header_bytes", 644},
                                                     {"bwd_header_bytes", 484},
                                                     {"ip_bytes", 8696},
                                                     {"fwd_ip_bytes", 1288},
                                                     {"bwd_ip_bytes", 7408},
                                                     {"ip_len_min", 40},
                                                     {"ip_len_max", 1470},
                                                     {"fwd_ip_len_max", 354},
                                                     {"bwd_ip_len_max", 1470},
                                                     {"iat_max_ns", 994991000},
                                                     {"iat_min_ns", 22000},
                                                     {"fwd_old_segments", 0},
                                                     {"bwd_old_segments", 5},
                                                     {"fwd_gap_segments", 0},
                                                     {"bwd_gap_segments", 1},
                                                     {"fwd_psh_packets", 4},
                                                     {"bwd_psh_packets", 4},
                                                     {"fwd_init_window", 5840},
                                                     {"bwd_init_window", 42900},
                                                     {"fwd_payload_packets", 4},
                                                     {"bwd_payload_packets", 8},
                                                     {"bwd_bulk_count", 1},
                                                     {"bwd_bulk_bytes_mean", 6024},
                                                     {"subflow_count", 1},
                                                     {"active_mean_ns", 6669871000},
                                                     {"iat_mean_ns", 6669871000.0 / 27},
                                                     {"fwd_iat_mean_ns", 6669871000.0 / 15},
                                                     {"bwd_iat_mean_ns", 6591211000.0 / 11}};

void expect_near_relative(FeatureTable const& table, char const* name, double expected) {
  EXPECT_NEAR(number(table, name), expected, 1e-9 * expected) << name;
}

TEST(Golden, GoogleSsl) {
  NTA_SHARED_OR_SKIP(path, "ndpi-pcaps/pcap/google_ssl.pcap");
  FeatureTable const t = meter_capture(path.string());
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t.identity.src_ip[0],
            (IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 172, 31, 3, 224}));
  EXPECT_EQ(t.identity.src_port[0], 42835);
  EXPECT_EQ(t.identity.dst_ip[0],
            (IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 216, 58, 212, 100}));
  EXPECT_EQ(t.identity.dst_port[0], 443);
  EXPECT_EQ(t.identity.flow_end_reason[0], 3);
  EXPECT_EQ(t.identity.first_packet[0], 0U);
  EXPECT_EQ(t.identity.last_packet[0], 27U);
  for (auto const& [name, value] : kExact) {
    EXPECT_EQ(number(t, name), value) << name;
  }
  EXPECT_EQ(number(t, "fwd_fin_packets") + number(t, "bwd_fin_packets"), 2);
  EXPECT_EQ(number(t, "fwd_syn_packets") + number(t, "bwd_syn_packets"), 2);
  EXPECT_EQ(number(t, "fwd_ack_packets") + number(t, "bwd_ack_packets"), 27);
  expect_near_relative(t, "ip_len_std", 491.5265891);
  expect_near_relative(t, "fwd_ip_len_std", 86.71144676);
  expect_near_relative(t, "bwd_ip_len_std", 623.7181967);
  expect_near_relative(t, "bwd_bulk_bytes_per_s", 1864.498269);
  expect_near_relative(t, "packets_per_s", 4.197982240);
}

}  // namespace
}  // namespace nta
