// CSV and JSON lines of a small table, written out in full.
#include "libnta/flows/feature_file.hpp"

#include "libnta/flows/table_rows.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <sstream>

namespace nta {
namespace {

/// One flow: a real and an integer feature, a sequence of 2, a label that needs quotes.
FeatureTable small_table() {
  SequenceSpec spec;
  spec.n = 2;
  spec.has_flags = spec.has_window = false;
  Profile const profile = load_profile("nta");
  FeatureTable table = make_feature_table(
      profile, select_features({.include = {"packets", "ip_len_mean"}}), spec, 1);
  FlowOrigin origin;
  origin.first_packet = 3;
  origin.last_packet = 9;
  origin.continuation_of = -1;
  origin.end_reason = EndReason::idle;
  origin.key = test::host_key(7, 1000);
  set_start(origin, 1'600'000'000, -1, 1);
  set_identity(table.identity, 0, origin, profile.rules);
  std::get<std::vector<std::int64_t>>(table.features[0].values)[0] = 2;
  std::get<std::vector<double>>(table.features[1].values)[0] = 0.1;
  SequencePointers const out = sequence_pointers(table.sequence);
  table.sequence.count[0] = 1;
  write_cell(out, 0, SequenceCell{0, 60, 0, 0, 0}, 0);
  write_padding(out, 1);
  table.labels = {"scan, \"slow\""};
  return table;
}

TEST(FeatureFile, CsvInFull) {
  std::ostringstream out;
  write_csv(small_table(), out);
  EXPECT_EQ(out.str(),
            "first_packet,last_packet,capture,start_s,start_ns,src_ip,dst_ip,src_port,dst_port,"
            "protocol,ip_version,vlan_outer,vlan_inner,tunnel,tunnel_id,src_mac,dst_mac,"
            "flow_end_reason,continuation_of,packets,ip_len_mean,seq_count,seq_direction_1,"
            "seq_direction_2,seq_size_1,seq_size_2,seq_gap_ns_1,seq_gap_ns_2,label\n"
            "3,9,0,1599999999,999999999,10.0.0.7,10.0.1.1,1000,443,6,4,0,0,0,0,"
            "02:00:00:00:00:07,02:00:00:00:01:00,1,-1,2,0.1,1,0,-1,60,-1,0,-1,"
            "\"scan, \"\"slow\"\"\"\n");
}

TEST(FeatureFile, JsonLinesAreJsonWithSequencesAsArrays) {
  std::ostringstream out;
  write_json_lines(small_table(), out);
  auto const row = nlohmann::json::parse(out.str());
  EXPECT_EQ(row["src_ip"], "10.0.0.7");
  EXPECT_EQ(row["packets"], 2);
  EXPECT_EQ(row["ip_len_mean"], 0.1);
  EXPECT_EQ(row["seq_size"], nlohmann::json::array({60}));
  EXPECT_EQ(row["seq_count"], 1);
  EXPECT_EQ(row["label"], "scan, \"slow\"");
  EXPECT_EQ(out.str().find('\n'), out.str().size() - 1);
}

TEST(FeatureFile, NumbersReadBackExactlyAndOddOnesHaveNames) {
  FeatureTable table = small_table();
  table.labels.clear();
  auto& reals = std::get<std::vector<double>>(table.features[1].values);
  auto const cell = [&](double value) {
    reals[0] = value;
    std::ostringstream out;
    write_csv(table, out);
    std::string const text = out.str();
    std::string const row = text.substr(text.find("-1,2,") + 5);
    return row.substr(0, row.find(','));
  };
  EXPECT_EQ(cell(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(cell(5e-324), "5e-324");
  EXPECT_EQ(cell(std::nan("")), "NaN");
  EXPECT_EQ(cell(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(cell(-std::numeric_limits<double>::infinity()), "-Infinity");
  reals[0] = std::nan("");
  std::ostringstream out;
  write_json_lines(table, out);
  EXPECT_EQ(nlohmann::json::parse(out.str())["ip_len_mean"], "NaN");
}

TEST(FeatureFile, AnEmptyTableIsAHeader) {
  FeatureTable const table =
      make_feature_table(load_profile("nta"), select_features({.include = {"packets"}}), {}, 0);
  std::ostringstream csv;
  std::ostringstream json;
  write_csv(table, csv);
  write_json_lines(table, json);
  EXPECT_EQ(csv.str().substr(csv.str().size() - 24), "continuation_of,packets\n");
  EXPECT_EQ(json.str(), "");
}

TEST(FeatureFile, Addresses) {
  IpAddress v6{0x20, 0x01, 0x0d, 0xb8};
  v6[15] = 1;
  EXPECT_EQ(address_text(v6, 6), "2001:db8::1");
  EXPECT_EQ(mac_text(0xAABBCC001122ULL), "aa:bb:cc:00:11:22");
}

}  // namespace
}  // namespace nta
