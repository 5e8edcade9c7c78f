// CSV of sets cic76 and nfstream: the tools' identity columns, other publications of the names,
// packet sequences as lists; any set in blocks.
#include "libnta/core/error.hpp"
#include "libnta/flows/cic_names.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/table_rows.hpp"
#include "libnta/flows/text_cells.hpp"
#include "tests/flows/metering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <sstream>
#include <string>
#include <vector>

namespace nta {
namespace {

using testing::ElementsAre;
using Names = std::vector<std::string>;

/// Two flows: a forward TCP packet answered 2 ms later, and a lone UDP packet.
FeatureTable two_flows(FeatureSelection const& features, int sequence_n = 0) {
  MeterOptions options;
  options.features = features;
  options.sequence.n = sequence_n;
  options.sequence.has_flags = options.sequence.has_window = false;
  test::TableMaker maker(1'434'443'394);
  maker.add(test::host_key(7, 1000), {.time_ns = 683'939'000, .side = 0, .payload = 5});
  maker.add(test::host_key(7, 1000), {.time_ns = 685'939'000, .side = 1, .payload = 9});
  maker.add(test::host_key(8, 53, 17), {.time_ns = 700'000'000, .side = 1});
  return test::meter({maker.table()}, options);
}

TEST(CicCsv, OpensWithTheToolsIdentity) {
  auto const table = two_flows({.set = "cic76", .include = {"Total Fwd Packet", "Flow Duration"}});
  EXPECT_EQ(test::csv(table),
            "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,"
            "Total Fwd Packet,Label\n"
            "10.0.0.7-10.0.1.1-1000-443-6,10.0.0.7,1000,10.0.1.1,443,6,"
            "2015-06-16 08:29:54.683939,2000,1,NeedManualLabel\n"
            "10.0.1.1-10.0.0.8-443-53-17,10.0.1.1,443,10.0.0.8,53,17,"
            "2015-06-16 08:29:54.700000,0,1,NeedManualLabel\n");
}

TEST(CicCsv, LabelsTakeTheToolsColumn) {
  auto table = two_flows({.set = "cic76", .include = {"Total Fwd Packet"}});
  table.labels = {"BENIGN", ""};
  std::string const text = test::csv(table);
  EXPECT_NE(text.find(",1,BENIGN\n"), std::string::npos);
  EXPECT_NE(text.find(",1,NeedManualLabel\n"), std::string::npos);
}

// The header of the data set of 2017, without its leading spaces.
Names const k2017 = {"Flow ID",
                     "Source IP",
                     "Source Port",
                     "Destination IP",
                     "Destination Port",
                     "Protocol",
                     "Timestamp",
                     "Flow Duration",
                     "Total Fwd Packets",
                     "Total Backward Packets",
                     "Total Length of Fwd Packets",
                     "Total Length of Bwd Packets",
                     "Fwd Packet Length Max",
                     "Fwd Packet Length Min",
                     "Fwd Packet Length Mean",
                     "Fwd Packet Length Std",
                     "Bwd Packet Length Max",
                     "Bwd Packet Length Min",
                     "Bwd Packet Length Mean",
                     "Bwd Packet Length Std",
                     "Flow Bytes/s",
                     "Flow Packets/s",
                     "Flow IAT Mean",
                     "Flow IAT Std",
                     "Flow IAT Max",
                     "Flow IAT Min",
                     "Fwd IAT Total",
                     "Fwd IAT Mean",
                     "Fwd IAT Std",
                     "Fwd IAT Max",
                     "Fwd IAT Min",
                     "Bwd IAT Total",
                     "Bwd IAT Mean",
                     "Bwd IAT Std",
                     "Bwd IAT Max",
                     "Bwd IAT Min",
                     "Fwd PSH Flags",
                     "Bwd PSH Flags",
                     "Fwd URG Flags",
                     "Bwd URG Flags",
                     "Fwd Header Length",
                     "Bwd Header Length",
                     "Fwd Packets/s",
                     "Bwd Packets/s",
                     "Min Packet Length",
                     "Max Packet Length",
                     "Packet Length Mean",
                     "Packet Length Std",
                     "Packet Length Variance",
                     "FIN Flag Count",
                     "SYN Flag Count",
                     "RST Flag Count",
                     "PSH Flag Count",
                     "ACK Flag Count",
                     "URG Flag Count",
                     "CWE Flag Count",
                     "ECE Flag Count",
                     "Down/Up Ratio",
                     "Average Packet Size",
                     "Avg Fwd Segment Size",
                     "Avg Bwd Segment Size",
                     "Fwd Header Length",
                     "Fwd Avg Bytes/Bulk",
                     "Fwd Avg Packets/Bulk",
                     "Fwd Avg Bulk Rate",
                     "Bwd Avg Bytes/Bulk",
                     "Bwd Avg Packets/Bulk",
                     "Bwd Avg Bulk Rate",
                     "Subflow Fwd Packets",
                     "Subflow Fwd Bytes",
                     "Subflow Bwd Packets",
                     "Subflow Bwd Bytes",
                     "Init_Win_bytes_forward",
                     "Init_Win_bytes_backward",
                     "act_data_pkt_fwd",
                     "min_seg_size_forward",
                     "Active Mean",
                     "Active Std",
                     "Active Max",
                     "Active Min",
                     "Idle Mean",
                     "Idle Std",
                     "Idle Max",
                     "Idle Min",
                     "Label"};

// The header of the data set of 2018.
Names const k2018 = {"Flow ID",           "Src IP",
                     "Src Port",          "Dst IP",
                     "Dst Port",          "Protocol",
                     "Timestamp",         "Flow Duration",
                     "Tot Fwd Pkts",      "Tot Bwd Pkts",
                     "TotLen Fwd Pkts",   "TotLen Bwd Pkts",
                     "Fwd Pkt Len Max",   "Fwd Pkt Len Min",
                     "Fwd Pkt Len Mean",  "Fwd Pkt Len Std",
                     "Bwd Pkt Len Max",   "Bwd Pkt Len Min",
                     "Bwd Pkt Len Mean",  "Bwd Pkt Len Std",
                     "Flow Byts/s",       "Flow Pkts/s",
                     "Flow IAT Mean",     "Flow IAT Std",
                     "Flow IAT Max",      "Flow IAT Min",
                     "Fwd IAT Tot",       "Fwd IAT Mean",
                     "Fwd IAT Std",       "Fwd IAT Max",
                     "Fwd IAT Min",       "Bwd IAT Tot",
                     "Bwd IAT Mean",      "Bwd IAT Std",
                     "Bwd IAT Max",       "Bwd IAT Min",
                     "Fwd PSH Flags",     "Bwd PSH Flags",
                     "Fwd URG Flags",     "Bwd URG Flags",
                     "Fwd Header Len",    "Bwd Header Len",
                     "Fwd Pkts/s",        "Bwd Pkts/s",
                     "Pkt Len Min",       "Pkt Len Max",
                     "Pkt Len Mean",      "Pkt Len Std",
                     "Pkt Len Var",       "FIN Flag Cnt",
                     "SYN Flag Cnt",      "RST Flag Cnt",
                     "PSH Flag Cnt",      "ACK Flag Cnt",
                     "URG Flag Cnt",      "CWE Flag Count",
                     "ECE Flag Cnt",      "Down/Up Ratio",
                     "Pkt Size Avg",      "Fwd Seg Size Avg",
                     "Bwd Seg Size Avg",  "Fwd Byts/b Avg",
                     "Fwd Pkts/b Avg",    "Fwd Blk Rate Avg",
                     "Bwd Byts/b Avg",    "Bwd Pkts/b Avg",
                     "Bwd Blk Rate Avg",  "Subflow Fwd Pkts",
                     "Subflow Fwd Byts",  "Subflow Bwd Pkts",
                     "Subflow Bwd Byts",  "Init Fwd Win Byts",
                     "Init Bwd Win Byts", "Fwd Act Data Pkts",
                     "Fwd Seg Size Min",  "Active Mean",
                     "Active Std",        "Active Max",
                     "Active Min",        "Idle Mean",
                     "Idle Std",          "Idle Max",
                     "Idle Min",          "Label"};

TEST(CicNames, HeadersOfThePublishedDataSets) {
  auto const table = two_flows({.set = "cic76"});
  EXPECT_EQ(text_columns(table, {.names = CicNames::of_2017}), k2017);
  EXPECT_EQ(text_columns(table, {.names = CicNames::of_2018}), k2018);
  auto const python = text_columns(table, {.names = CicNames::python});
  EXPECT_THAT(Names(python.begin() + 1, python.begin() + 9),
              ElementsAre("src_ip", "src_port", "dst_ip", "dst_port", "protocol", "timestamp",
                          "flow_duration", "tot_fwd_pkts"));
  for (auto const* name : {"totlen_fwd_pkts", "flow_byts_s", "pkt_len_var", "cwr_flag_count",
                           "down_up_ratio", "fwd_byts_b_avg", "init_bwd_win_byts"}) {
    EXPECT_EQ(std::count(python.begin(), python.end(), name), 1) << name;
  }
  std::ostringstream out;
  write_csv(table, out, {.names = CicNames::of_2017});
  std::string const text = out.str();
  std::string const row =
      text.substr(text.find('\n') + 1, text.find('\n', text.find('\n') + 1) - text.find('\n') - 1);
  EXPECT_EQ(std::count(row.begin(), row.end(), ','), 84);
}

TEST(CicNames, OtherSetsHaveOneName) {
  EXPECT_THROW(text_columns(two_flows({}), {.names = CicNames::of_2018}), Error);
}

TEST(NfstreamCsv, OpensWithTheToolsIdentityAndListsSequences) {
  auto table = two_flows({.set = "nfstream-core", .include = {"src2dst_packets"}}, 3);
  table.identity.flow_end_reason[1] = static_cast<std::uint8_t>(EndReason::active);
  table.identity.tunnel[1] = 6;  // gtp
  EXPECT_EQ(test::csv(table),
            "id,expiration_id,src_ip,src_mac,src_oui,src_port,dst_ip,dst_mac,dst_oui,dst_port,"
            "protocol,ip_version,vlan_id,tunnel_id,src2dst_packets,splt_direction,splt_ps,"
            "splt_piat_ms\n"
            "0,0,10.0.0.7,02:00:00:00:00:07,02:00:00,1000,10.0.1.1,02:00:00:00:01:00,02:00:00,443,"
            "6,4,0,0,1,\"[0, 1, -1]\",\"[45, 49, -1]\",\"[0, 2, -1]\"\n"
            "1,1,10.0.1.1,02:00:00:00:01:00,02:00:00,443,10.0.0.8,02:00:00:00:00:08,02:00:00,53,"
            "17,4,0,1,1,\"[0, -1, -1]\",\"[28, -1, -1]\",\"[0, -1, -1]\"\n");
}

/// Row `row` alone.
FeatureTable one_row(FeatureTable const& table, FeatureSelection const& features, std::size_t row) {
  auto part = two_flows(features, table.sequence.n);
  auto const keep = [&](auto& column) {
    std::size_t const n = column.size() / table.size();
    column = {column.begin() + static_cast<std::ptrdiff_t>(row * n),
              column.begin() + static_cast<std::ptrdiff_t>((row + 1) * n)};
  };
  auto& id = part.identity;
  keep(id.first_packet), keep(id.last_packet), keep(id.capture), keep(id.start_s);
  keep(id.start_ns), keep(id.src_ip), keep(id.dst_ip), keep(id.src_port), keep(id.dst_port);
  keep(id.protocol), keep(id.ip_version), keep(id.vlan_outer), keep(id.vlan_inner);
  keep(id.tunnel), keep(id.tunnel_id), keep(id.src_mac), keep(id.dst_mac);
  keep(id.flow_end_reason), keep(id.continuation_of), keep(id.layer);
  for (auto& feature : part.features) {
    std::visit(keep, feature.values);
  }
  auto& sequence = part.sequence;
  keep(sequence.count), keep(sequence.direction), keep(sequence.size), keep(sequence.gap_ns);
  return part;
}

TEST(Sinks, BlocksGiveTheBytesOfTheWhole) {
  for (std::string const set : {"nta", "cic76", "nfstream"}) {
    auto const whole = two_flows({.set = set}, 2);
    std::ostringstream csv;
    std::ostringstream json;
    CsvSink csv_sink(csv);
    JsonlSink json_sink(json);
    for (std::size_t row = 0; row < 2; ++row) {
      auto const part = one_row(whole, {.set = set}, row);
      csv_sink.add(part);
      json_sink.add(part);
    }
    csv_sink.finish();
    json_sink.finish();
    std::ostringstream whole_json;
    write_json_lines(whole, whole_json);
    EXPECT_EQ(csv.str(), test::csv(whole)) << set;
    EXPECT_EQ(json.str(), whole_json.str()) << set;
  }
}

TEST(Sinks, JsonKeepsOwnIdentityAndPublishedNames) {
  std::ostringstream json;
  write_json_lines(two_flows({.set = "cic76", .include = {"Flow Duration"}}), json);
  EXPECT_THAT(json.str(), testing::HasSubstr("\"first_packet\":0"));
  EXPECT_THAT(json.str(), testing::HasSubstr("\"Flow Duration\":2000"));
}

TEST(UtcText, AnySecond) {
  EXPECT_EQ(utc_text(0, 999), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(utc_text(-1, 999'999'999), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(utc_text(951'782'400, 0), "2000-02-29 00:00:00.000000");
  EXPECT_EQ(utc_text(1'709'251'199, 1000), "2024-02-29 23:59:59.000001");
  EXPECT_EQ(utc_text(4'107'542'400, 0), "2100-03-01 00:00:00.000000");
  EXPECT_EQ(utc_text(-2'203'977'600, 0), "1900-02-28 00:00:00.000000");
  EXPECT_EQ(utc_text(INT64_MAX, 0).substr(0, 13), "292277026596-");
  EXPECT_NE(utc_text(INT64_MIN, 0), "");
}

}  // namespace
}  // namespace nta
