// Golden rows of flows.md 6 for sets cic76 (three variants) and nfstream: one TLS connection of a
// public capture, derived from its packets and from the other tools' tables.
#include "libnta/capture/ingest.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/traffic.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace nta {
namespace {

using test::number;
using Expected = std::vector<std::pair<std::string, double>>;

FeatureTable meter_capture(std::string const& path, Profile profile, std::string const& set) {
  IngestOptions options;
  options.paths = {path};
  std::vector<PacketTable> tables;
  IngestResult const result =
      ingest(options, [&](PacketTable&& table) { tables.push_back(std::move(table)); });
  MeterOptions meter_options;
  meter_options.features.set = set;
  StreamMeter meter(std::move(profile), meter_options);
  for (auto const& table : tables) {
    meter.add(table, result.links);
  }
  return meter.finish();
}

void expect_row(FeatureTable const& table, std::size_t row, Expected const& expected) {
  for (auto const& [name, value] : expected) {
    EXPECT_NEAR(number(table, name, row), value, 1e-9 * std::abs(value)) << name;
  }
}

/// What corrected and fixed share.
Expected const kCicBoth = {{"Flow Duration", 6669871},
                           {"Total Fwd Packet", 16},
                           {"Total Bwd packets", 12},
                           {"Total Length of Fwd Packet", 644},
                           {"Total Length of Bwd Packet", 6924},
                           {"Packet Length Std", 500.70504788103045},
                           {"Packet Length Variance", 250705.544973545},
                           {"Fwd Packet Length Std", 89.66939277144682},
                           {"Bwd Packet Length Std", 651.7733850461719},
                           {"Bwd Bytes/Bulk Avg", 6024},
                           {"Bwd Packet/Bulk Avg", 5},
                           {"Bwd Bulk Rate Avg", 1864.49826921077},
                           {"Fwd Bytes/Bulk Avg", 0},
                           {"FWD Init Win Bytes", 5840},
                           {"Bwd Init Win Bytes", 42900},
                           {"Fwd Act Data Pkts", 4},
                           {"Fwd Seg Size Min", 20},
                           {"Flow Bytes/s", 1134.6546282529303},
                           {"Flow Packets/s", 4.197982239836423},
                           {"Flow IAT Mean", 6669871.0 / 27},
                           {"Flow IAT Std", 324074.02168018447},
                           {"Flow IAT Max", 994991},
                           {"Flow IAT Min", 22},
                           {"Fwd IAT Total", 6669871},
                           {"Fwd IAT Std", 397601.9291131461},
                           {"Bwd IAT Total", 6591211},
                           {"Bwd IAT Std", 384891.6835243391},
                           {"Fwd PSH Flags", 4},
                           {"Bwd PSH Flags", 4},
                           {"PSH Flag Count", 8},
                           {"FIN Flag Count", 2},
                           {"SYN Flag Count", 2},
                           {"ACK Flag Count", 27},
                           {"CWR Flag Count", 0},
                           {"Fwd Header Length", 324},
                           {"Bwd Header Length", 244},
                           {"Down/Up Ratio", 0.75},
                           {"Average Packet Size", 7568.0 / 28},
                           {"Idle Mean", 0}};

TEST(GoldenSets, CicCorrected) {
  NTA_SHARED_OR_SKIP(path, "ndpi-pcaps/pcap/google_ssl.pcap");
  auto const t = meter_capture(path.string(), load_profile("nta"), "cic76");
  ASSERT_EQ(t.size(), 1U);
  expect_row(t, 0, kCicBoth);
  expect_row(t, 0,
             {{"Subflow Fwd Packets", 16},
              {"Subflow Fwd Bytes", 644},
              {"Subflow Bwd Packets", 12},
              {"Subflow Bwd Bytes", 6924},
              {"Active Mean", 6669871},
              {"Active Std", 0},
              {"Active Max", 6669871},
              {"Active Min", 6669871}});
}

TEST(GoldenSets, CicFixed) {
  NTA_SHARED_OR_SKIP(path, "ndpi-pcaps/pcap/google_ssl.pcap");
  auto const t = meter_capture(path.string(), load_profile("cic-fixed"), "cic76");
  ASSERT_EQ(t.size(), 1U);
  expect_row(t, 0, kCicBoth);
  for (auto const* name : {"Subflow Fwd Packets", "Subflow Fwd Bytes", "Subflow Bwd Packets",
                           "Subflow Bwd Bytes", "Active Mean", "Active Max", "Active Min"}) {
    EXPECT_EQ(number(t, name), 0) << name;
  }
}

TEST(GoldenSets, CicOriginal) {
  NTA_SHARED_OR_SKIP(path, "ndpi-pcaps/pcap/google_ssl.pcap");
  auto const t = meter_capture(path.string(), load_profile("cic-original"), "cic76");
  ASSERT_EQ(t.size(), 2U);
  expect_row(t, 0,
             {{"Flow Duration", 6438836},
              {"Total Fwd Packet", 14},
              {"Total Bwd packets", 11},
              {"Average Packet Size", 302.72},
              {"Packet Length Mean", 291.07692307692315},
              {"Packet Length Std", 514.264595170768},
              {"Packet Length Variance", 264468.07384615386},
              {"Fwd PSH Flags", 0},
              {"Bwd PSH Flags", 0},
              {"PSH Flag Count", 8},
              {"FIN Flag Count", 1},
              {"Down/Up Ratio", 0},
              {"Fwd Bytes/Bulk Avg", 0},
              {"Bwd Bytes/Bulk Avg", 7568},
              {"Bwd Packet/Bulk Avg", 12},
              {"Bwd Bulk Rate Avg", 1241},
              {"Subflow Bwd Bytes", 0},
              {"Active Mean", 0},
              {"FWD Init Win Bytes", 5840},
              {"Bwd Init Win Bytes", 45024},
              {"Fwd Act Data Pkts", 4},
              {"Fwd Seg Size Min", 20}});
  expect_row(t, 1,
             {{"Flow Duration", 76771},
              {"Total Fwd Packet", 2},
              {"Total Bwd packets", 1},
              {"Total Length of Fwd Packet", 0},
              {"Total Length of Bwd Packet", 0},
              {"Flow IAT Mean", 38385.5},
              {"Flow IAT Std", 9252.492232},
              {"Flow IAT Max", 44928},
              {"Flow IAT Min", 31843}});
}

/// Accounting mode 1.
Profile nfstream_by_ip_length() {
  std::string text = load_profile("nfstream").canonical;
  std::string const wire = R"("size":"wire16")";
  text.replace(text.find(wire), wire.size(), R"("size":"ip")");
  return parse_profile(text, "test");
}

TEST(GoldenSets, Nfstream) {
  NTA_SHARED_OR_SKIP(path, "ndpi-pcaps/pcap/google_ssl.pcap");
  for (Profile const& profile : {nfstream_by_ip_length(), load_profile("nta")}) {
    auto const t = meter_capture(path.string(), profile, "nfstream");
    ASSERT_EQ(t.size(), 1U);
    Expected expected = {
        {"bidirectional_stddev_ps", 500.5461779},    {"src2dst_stddev_ps", 89.55519713},
        {"dst2src_stddev_ps", 651.4524099},          {"bidirectional_stddev_piat_ms", 324.0459941},
        {"src2dst_stddev_piat_ms", 397.6032960},     {"dst2src_stddev_piat_ms", 384.7845678},
        {"bidirectional_mean_ps", 8696.0 / 28},      {"src2dst_mean_ps", 1288.0 / 16},
        {"bidirectional_mean_piat_ms", 6670.0 / 27}, {"dst2src_mean_piat_ms", 6591.0 / 11}};
    auto const three = [&](std::string const& stem, double both, double src, double dst) {
      expected.emplace_back("bidirectional_" + stem, both);
      expected.emplace_back("src2dst_" + stem, src);
      expected.emplace_back("dst2src_" + stem, dst);
    };
    three("packets", 28, 16, 12);
    three("bytes", 8696, 1288, 7408);
    three("duration_ms", 6670, 6670, 6591);
    three("min_ps", 40, 40, 40);
    three("max_ps", 1470, 354, 1470);
    three("min_piat_ms", 0, 76, 66);
    three("max_piat_ms", 995, 1185, 1213);
    // 2015-06-16 08:29:54.683939 UTC, as the other tool's table dates it.
    double const start_ms = 1434443394683;
    expected.emplace_back("bidirectional_first_seen_ms", start_ms);
    expected.emplace_back("src2dst_first_seen_ms", start_ms);
    expected.emplace_back("bidirectional_last_seen_ms", start_ms + 6670);
    expect_row(t, 0, expected);
    EXPECT_EQ(number(t, "bidirectional_syn_packets"), 2);
    EXPECT_EQ(number(t, "bidirectional_fin_packets"), 2);
    EXPECT_EQ(number(t, "bidirectional_ack_packets"), 27);
    EXPECT_EQ(number(t, "dst2src_last_seen_ms") - number(t, "dst2src_first_seen_ms"), 6591);
  }
}

}  // namespace
}  // namespace nta
