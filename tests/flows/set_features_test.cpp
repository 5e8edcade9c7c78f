// Values of sets cic76 and nfstream of small flows, worked out by hand, in every variant that a
// profile's rules choose.
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/table_rows.hpp"
#include "tests/flows/metering.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <map>
#include <string>
#include <vector>

namespace nta {
namespace {

using Values = std::map<std::string, double>;

template <class Set>
Values values_of(std::vector<FlowPacket> const& packets, Rules const& rules) {
  typename Set::State state;
  for (auto const& p : packets) {
    state.add(p, rules);
  }
  FeatureCell cells[Set::Features::kCount];
  Set::Features::finish(state, rules, cells);
  Values values;
  auto const all = describe_features<typename Set::Features>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::int64_t whole = 0;
    double real = 0;
    memcpy(&whole, &cells[i], sizeof whole);
    memcpy(&real, &cells[i], sizeof real);
    values[all[i].name] = all[i].integer ? static_cast<double>(whole) : real;
  }
  return values;
}

void expect_equal(Values const& got, Values const& expected) {
  for (auto const& [name, value] : expected) {
    ASSERT_TRUE(got.contains(name)) << name;
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(got.at(name))) << name;
    } else {
      EXPECT_DOUBLE_EQ(got.at(name), value) << name;
    }
  }
}

/// Rules of a CIC profile in us, written out.
Rules cic_rules(CicFormulas formulas) {
  Rules rules;
  rules.unit_ns = 1000;
  rules.subflow_gap = rules.bulk_gap = 1'000'000;
  rules.idle_gap = 5'000'000;
  rules.bulk_min_packets = 4;
  rules.cic_formulas = formulas;
  if (formulas == CicFormulas::original) {
    rules.rate_at_zero = RateAtZero::inf_nan;
    rules.bulk = BulkRule::runs_merged;
  }
  if (formulas == CicFormulas::fixed) {
    rules.rate_at_zero = RateAtZero::minus_one;
  }
  rules.active_last = formulas == CicFormulas::corrected;
  return rules;
}

/// Two packets of side b before the flow's own; L4 headers of 32, 20 and 24 B; one idle gap of 7 s,
/// one gap of 2 s.
std::vector<FlowPacket> sample() {
  std::vector<FlowPacket> packets = {
      test::tcp_packet(0, 0, kTcpPsh | kTcpAck, 100, 0, 500),
      test::tcp_packet(1'000, 1, kTcpPsh | kTcpUrg | kTcpAck, 300, 0, 0),
      test::tcp_packet(2'001'000, 1, kTcpAck, 0, 0, 700),
      test::tcp_packet(9'001'000, 0, kTcpAck | kTcpFin, 50, 0, 600),
      test::tcp_packet(9'001'010, 1, kTcpRst | kTcpEce | kTcpCwr, 0, 0, 900)};
  std::uint8_t const headers[] = {32, 20, 20, 20, 24};
  for (std::size_t i = 0; i < packets.size(); ++i) {
    packets[i].l4_header_bytes = headers[i];
  }
  return packets;
}

TEST(CicFeatures, Corrected) {
  expect_equal(values_of<Cic76Set>(sample(), cic_rules(CicFormulas::corrected)),
               {{"Flow Duration", 9'001'010},
                {"Total Fwd Packet", 2},
                {"Total Bwd packets", 3},
                {"Total Length of Fwd Packet", 150},
                {"Total Length of Bwd Packet", 300},
                {"Fwd Packet Length Max", 100},
                {"Fwd Packet Length Min", 50},
                {"Fwd Packet Length Mean", 75},
                {"Fwd Packet Length Std", std::sqrt(1250.0)},
                {"Bwd Packet Length Std", std::sqrt(30000.0)},
                {"Flow Bytes/s", 450e6 / 9'001'010},
                {"Flow Packets/s", 5e6 / 9'001'010},
                {"Fwd Packets/s", 2e6 / 9'001'010},
                {"Flow IAT Mean", 9'001'010 / 4.0},
                {"Flow IAT Max", 7'000'000},
                {"Flow IAT Min", 10},
                {"Fwd IAT Total", 9'001'000},
                {"Fwd IAT Std", 0},
                {"Bwd IAT Total", 9'000'010},
                {"Bwd IAT Mean", 4'500'005},
                {"Bwd IAT Std", std::sqrt(2.0) * 2'500'005},
                {"Fwd PSH Flags", 1},
                {"Bwd PSH Flags", 1},
                {"Fwd URG Flags", 0},
                {"Bwd URG Flags", 1},
                {"Fwd Header Length", 52},
                {"Bwd Header Length", 64},
                {"Packet Length Min", 0},
                {"Packet Length Max", 300},
                {"Packet Length Mean", 90},
                {"Packet Length Variance", 15500},
                {"FIN Flag Count", 1},
                {"SYN Flag Count", 0},
                {"RST Flag Count", 1},
                {"PSH Flag Count", 2},
                {"ACK Flag Count", 4},
                {"URG Flag Count", 1},
                {"CWR Flag Count", 1},
                {"ECE Flag Count", 1},
                {"Down/Up Ratio", 1.5},
                {"Average Packet Size", 90},
                {"Fwd Segment Size Avg", 75},
                {"Subflow Fwd Packets", 2.0 / 3},
                {"Subflow Bwd Bytes", 100},
                {"FWD Init Win Bytes", 500},
                {"Bwd Init Win Bytes", 0},
                {"Fwd Act Data Pkts", 2},
                {"Fwd Seg Size Min", 20},
                {"Active Mean", (2'001'000 + 10) / 2.0},
                {"Active Max", 2'001'000},
                {"Active Min", 10},
                {"Idle Mean", 7'000'000},
                {"Idle Std", 0},
                {"Idle Max", 7'000'000},
                {"Idle Min", 7'000'000}});
}

TEST(CicFeatures, FixedLeavesOutTheLastStretchAndCountsGapsAsSubflows) {
  expect_equal(values_of<Cic76Set>(sample(), cic_rules(CicFormulas::fixed)),
               {{"Packet Length Mean", 90},
                {"Down/Up Ratio", 1.5},
                {"Subflow Fwd Packets", 1},
                {"Subflow Bwd Bytes", 150},
                {"FWD Init Win Bytes", 500},
                {"Bwd Init Win Bytes", 700},
                {"Fwd Act Data Pkts", 2},
                {"Active Mean", 2'001'000},
                {"Active Min", 2'001'000},
                {"Idle Mean", 7'000'000}});
}

TEST(CicFeatures, OriginalCountsTheFirstPacketTwiceAndDropsFractions) {
  expect_equal(values_of<Cic76Set>(sample(), cic_rules(CicFormulas::original)),
               {{"Packet Length Mean", 550.0 / 6},
                {"Packet Length Variance", (6 * 112500.0 - 550 * 550) / 30},
                {"Packet Length Min", 0},
                {"Average Packet Size", 110},
                {"Down/Up Ratio", 1},
                {"Fwd PSH Flags", 1},
                {"Bwd PSH Flags", 0},
                {"Bwd URG Flags", 0},
                {"PSH Flag Count", 2},
                {"Subflow Fwd Packets", 1},
                {"Subflow Bwd Packets", 1},
                {"Subflow Fwd Bytes", 75},
                {"FWD Init Win Bytes", 500},
                {"Bwd Init Win Bytes", 900},
                {"Fwd Act Data Pkts", 1},
                {"Active Mean", 2'001'000}});
}

TEST(CicFeatures, AFirstPacketThatIsBackward) {
  auto packets = sample();
  packets.erase(packets.begin());
  expect_equal(values_of<Cic76Set>(packets, cic_rules(CicFormulas::corrected)),
               {{"FWD Init Win Bytes", 600}, {"Fwd Seg Size Min", 20}});
  for (auto const formulas : {CicFormulas::fixed, CicFormulas::original}) {
    expect_equal(values_of<Cic76Set>(packets, cic_rules(formulas)),
                 {{"FWD Init Win Bytes", 0}, {"Fwd Seg Size Min", 0}});
  }
  expect_equal(
      values_of<Cic76Set>(packets, cic_rules(CicFormulas::original)),
      {{"Fwd PSH Flags", 0}, {"Bwd PSH Flags", 1}, {"Bwd URG Flags", 1}, {"Fwd Act Data Pkts", 1}});
}

TEST(CicFeatures, NothingIsDividedByNothing) {
  std::vector<FlowPacket> const one = {test::tcp_packet(5, 0, kTcpSyn, 0)};
  std::vector<FlowPacket> const with_payload = {test::tcp_packet(5, 0, kTcpSyn, 9)};
  double const inf = std::numeric_limits<double>::infinity();
  auto const corrected = values_of<Cic76Set>(one, cic_rules(CicFormulas::corrected));
  for (auto const& [name, value] : corrected) {
    EXPECT_TRUE(std::isfinite(value)) << name;
  }
  expect_equal(corrected, {{"Flow Bytes/s", 0},
                           {"Flow Packets/s", 0},
                           {"Down/Up Ratio", 0},
                           {"Bwd Packet Length Min", 0},
                           {"Flow IAT Min", 0},
                           {"Bwd Init Win Bytes", -1},
                           {"Active Mean", 0}});
  expect_equal(values_of<Cic76Set>(one, cic_rules(CicFormulas::fixed)),
               {{"Flow Bytes/s", -1},
                {"Flow Packets/s", -1},
                {"Fwd Packets/s", 0},
                {"Bwd Init Win Bytes", 0}});
  expect_equal(values_of<Cic76Set>(one, cic_rules(CicFormulas::original)),
               {{"Flow Bytes/s", std::nan("")}, {"Flow Packets/s", inf}, {"Fwd Packets/s", 0}});
  expect_equal(values_of<Cic76Set>(with_payload, cic_rules(CicFormulas::original)),
               {{"Flow Bytes/s", inf}});
}

/// 3 forward, 1 backward, 4 forward packets with payload, 100 us apart, then one after 1.5 s.
std::vector<FlowPacket> bulk_sample() {
  std::vector<FlowPacket> packets;
  for (int i = 0; i < 8; ++i) {
    packets.push_back(test::tcp_packet(100 * i, i == 3 ? 1 : 0, kTcpAck, 10));
  }
  packets.push_back(test::tcp_packet(1'500'700, 0, kTcpAck, 10));
  return packets;
}

TEST(CicFeatures, BulksEndWhereTheDirectionChangesOrTimePasses) {
  expect_equal(values_of<Cic76Set>(bulk_sample(), cic_rules(CicFormulas::corrected)),
               {{"Fwd Bytes/Bulk Avg", 40},
                {"Fwd Packet/Bulk Avg", 4},
                {"Fwd Bulk Rate Avg", 40e6 / 300},
                {"Bwd Bytes/Bulk Avg", 0},
                {"Bwd Bulk Rate Avg", 0}});
}

TEST(CicFeatures, MergedBulksAreAllBackwardAndWhole) {
  expect_equal(values_of<Cic76Set>(bulk_sample(), cic_rules(CicFormulas::original)),
               {{"Fwd Bytes/Bulk Avg", 0},
                {"Fwd Packet/Bulk Avg", 0},
                {"Bwd Bytes/Bulk Avg", 80},
                {"Bwd Packet/Bulk Avg", 8},
                {"Bwd Bulk Rate Avg", 114285}});  // floor(80e6 / 700)
}

TEST(CicFeatures, TimesAreUsWhateverTheProfilesUnit) {
  Rules ns = cic_rules(CicFormulas::corrected);
  ns.unit_ns = 1;
  std::vector<FlowPacket> packets = {test::tcp_packet(0, 0, 0), test::tcp_packet(1'500, 0, 0),
                                     test::tcp_packet(6'000, 0, 0)};
  expect_equal(values_of<Cic76Set>(packets, ns), {{"Flow Duration", 6},
                                                  {"Flow IAT Mean", 3},
                                                  {"Flow IAT Min", 1.5},
                                                  {"Flow IAT Std", std::sqrt(4.5)},
                                                  {"Flow Packets/s", 500'000}});
  Rules ms = cic_rules(CicFormulas::corrected);
  ms.unit_ns = 1'000'000;
  expect_equal(values_of<Cic76Set>(packets, ms), {{"Flow Duration", 6'000'000},
                                                  {"Flow IAT Mean", 3'000'000},
                                                  {"Flow IAT Max", 4'500'000},
                                                  {"Flow IAT Std", 1500e3 * std::sqrt(2.0)}});
}

TEST(NfstreamFeatures, GapsAreDifferencesOfWholeMs) {
  Rules rules;  // ns
  rules.size = SizeBasis::payload;
  std::vector<FlowPacket> const packets = {test::tcp_packet(900'000, 0, kTcpSyn, 1),
                                           test::tcp_packet(1'100'000, 1, kTcpAck, 3),
                                           test::tcp_packet(5'999'999, 0, kTcpAck, 3)};
  expect_equal(values_of<NfstreamSet>(packets, rules),
               {{"bidirectional_duration_ms", 5},
                {"src2dst_duration_ms", 5},
                {"dst2src_duration_ms", 0},
                {"bidirectional_min_piat_ms", 1},
                {"bidirectional_max_piat_ms", 4},
                {"bidirectional_mean_piat_ms", 2.5},
                {"bidirectional_stddev_piat_ms", std::sqrt(4.5)},
                {"src2dst_min_piat_ms", 5},
                {"dst2src_max_piat_ms", 0},
                {"src2dst_bytes", 4},
                {"src2dst_min_ps", 1},
                {"src2dst_stddev_ps", std::sqrt(2.0)},  // sizes 1, 3
                {"dst2src_stddev_ps", 0},
                {"bidirectional_syn_packets", 1},
                {"src2dst_ack_packets", 1},
                {"dst2src_ack_packets", 1}});
}

TEST(NfstreamFeatures, AccountingModes) {
  FlowPacket p = test::tcp_packet(0, 0, kTcpAck, 100);  // 154 B on the wire, 140 B of IP
  p.wire_len = 65'536 + 154;
  p.l4_header_bytes = 20;
  auto const bytes = [&](SizeBasis size) {
    Rules rules;
    rules.size = size;
    return values_of<NfstreamSet>({p}, rules)["bidirectional_bytes"];
  };
  EXPECT_EQ(bytes(SizeBasis::wire16), 154);
  EXPECT_EQ(bytes(SizeBasis::wire), 65'690);
  EXPECT_EQ(bytes(SizeBasis::ip), 140);
  EXPECT_EQ(bytes(SizeBasis::l4), 120);
  EXPECT_EQ(bytes(SizeBasis::payload), 100);
}

TEST(NfstreamFeatures, SeenTimesAreSinceTheEpochWhereverTheBaseLies) {
  MeterOptions options;
  options.features.set = "nfstream-core";
  test::TableMaker maker(1'600'000'000);
  maker.add(test::host_key(1, 1000), {.time_ns = -1, .side = 0});
  maker.add(test::host_key(1, 1000), {.time_ns = 2'500'000'000, .side = 0});
  auto const table = test::meter({maker.table()}, options);
  EXPECT_EQ(test::number(table, "bidirectional_first_seen_ms"), 1'599'999'999'999);
  EXPECT_EQ(test::number(table, "bidirectional_last_seen_ms"), 1'600'000'002'500);
  EXPECT_EQ(test::number(table, "src2dst_first_seen_ms"), 1'599'999'999'999);
  EXPECT_EQ(test::number(table, "dst2src_first_seen_ms"), 0);
  EXPECT_EQ(test::number(table, "dst2src_last_seen_ms"), 0);
}

TEST(FeatureSets, DocumentsNameTheFamilysListInItsOrder) {
  for (auto const& [set, family] :
       {std::pair{"cic76", SetFamily::cic76}, std::pair{"nfstream", SetFamily::nfstream}}) {
    FeatureSet const all = select_features({.set = set});
    EXPECT_EQ(all.family, family);
    std::vector<std::string> names;
    for (auto const& doc : feature_docs(all)) {
      names.push_back(doc.name);
    }
    EXPECT_EQ(names, feature_names(family)) << set;
  }
  EXPECT_EQ(select_features({.set = "cic76"}).size(), 76U);
  EXPECT_EQ(select_features({.set = "nfstream"}).size(), 63U);
  EXPECT_EQ(select_features({.set = "nfstream-core"}).size(), 15U);
  EXPECT_EQ(select_features({.set = "cic76", .include = {"Flow IAT *"}}).size(), 4U);
  EXPECT_THAT(feature_set_names(),
              testing::UnorderedElementsAre("nta", "cic76", "nfstream", "nfstream-core"));
}

TEST(FeatureSets, IntegerColumnsAreIntegersInEveryProfile) {
  auto const type_of = [](std::string const& name) {
    return feature_docs(select_features({.set = "cic76", .include = {name}}))[0].type;
  };
  EXPECT_EQ(type_of("Total Fwd Packet"), "i64");
  EXPECT_EQ(type_of("FWD Init Win Bytes"), "i64");
  EXPECT_EQ(type_of("Down/Up Ratio"), "f64");
  EXPECT_EQ(type_of("Subflow Fwd Bytes"), "f64");
  EXPECT_EQ(type_of("Flow Duration"), "f64");
}

}  // namespace
}  // namespace nta
