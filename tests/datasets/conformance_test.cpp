// Conformance: what counts as equal, how flows meet, which differences are known; folders of other
// tools' tables as they are found on disk.
#include "trainers/datasets/conformance.hpp"

#include "libnta/core/error.hpp"
#include "small_tables.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <limits>

namespace nta {
namespace {

namespace fs = std::filesystem;
using test::table_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(CellsEqual, IntegersExactRealsToAMillionth) {
  EXPECT_TRUE(cells_equal(1'000'000, 1'000'000, true, 0));
  EXPECT_FALSE(cells_equal(1'000'000, 1'000'001, true, 0));
  EXPECT_TRUE(cells_equal(1'000'000, 1'000'000.9, false, 0));
  EXPECT_FALSE(cells_equal(1'000'000, 1'000'001.1, false, 0));
  EXPECT_TRUE(cells_equal(0, 9e-7, false, 0));
  EXPECT_FALSE(cells_equal(0, 2e-6, false, 0));
  EXPECT_TRUE(cells_equal(100, 109, true, 0.1));
}

TEST(CellsEqual, NaNAndInfinityEqualThemselvesAlone) {
  EXPECT_TRUE(cells_equal(NAN, NAN, false, 0));
  EXPECT_FALSE(cells_equal(NAN, 0, false, 0));
  EXPECT_FALSE(cells_equal(0, NAN, false, 0.5));
  EXPECT_TRUE(cells_equal(kInfinity, kInfinity, false, 0));
  EXPECT_FALSE(cells_equal(kInfinity, -kInfinity, false, 0));
  EXPECT_FALSE(cells_equal(kInfinity, 1e308, false, 0.5));
}

FeatureTable two_flows_of_one_pair() {
  FeatureTable table = table_of({{.packets = 2, .payload_bytes = 100, .score = 0.5},
                                 {.packets = 3, .payload_bytes = 7, .score = 1.5},
                                 {.dst = "10.0.0.9", .packets = 9, .payload_bytes = 9}},
                                {"a.pcap"});
  table.identity.ip_version.assign(3, 4);
  return table;
}

TEST(Conformance, FlowsMeetByEndpointsInAnyOrder) {
  OracleTable const oracle{{"Src IP", "Src Port", "Dst IP", "ignored", "packets", "score"},
                           {{"10.0.0.1", "50000", "10.0.0.9", "x", "9", "0.0"},
                            {"10.0.0.1", "50000", "10.0.0.2", "x", "3.0", "1.5"},
                            {"10.0.0.1", "50000", "10.0.0.2", "x", "2", "0.5000000001"}}};
  auto const result = compare_with_oracle("a.pcap", oracle, two_flows_of_one_pair(), 0);
  EXPECT_TRUE(result.same());
  EXPECT_EQ(result.equal, 3U);
  EXPECT_EQ(result.cells, 6U);
  EXPECT_EQ(result.cells_equal, 6U);
}

TEST(Conformance, ADifferentRowTakesTheMostEqualOneThatIsLeft) {
  OracleTable const oracle{{"Dst IP", "packets", "payload_bytes", "score"},
                           {{"10.0.0.2", "3", "8", "1.5"},    // second flow but for one cell
                            {"10.0.0.2", "2", "100", "0.5"},  // first flow
                            {"10.0.0.9", "9", "9", "0"}}};
  auto const result = compare_with_oracle("a.pcap", oracle, two_flows_of_one_pair(), 0);
  EXPECT_EQ(result.equal, 2U);
  EXPECT_EQ(result.cells_equal, 8U);
  EXPECT_THAT(result.differing, ElementsAre(Pair("payload_bytes", 1)));
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].flow, "10.0.0.2");
  EXPECT_EQ(result.differences[0].expected, "8");
  EXPECT_EQ(result.differences[0].got, "7");
}

TEST(Conformance, MissingAndSurplusFlowsAreDifferences) {
  OracleTable const oracle{{"Dst IP", "packets"}, {{"10.0.0.2", "2"}, {"10.0.0.7", "1"}}};
  auto const result = compare_with_oracle("a.pcap", oracle, two_flows_of_one_pair(), 0);
  EXPECT_FALSE(result.same());
  EXPECT_EQ(result.equal, 1U);
  EXPECT_EQ(result.differences.size(), 3U);  // 10.0.0.7 missing, two of ours left over
}

TEST(Conformance, WithoutEndpointsACaptureIsOneMultiset) {
  OracleTable const oracle{{"id", "packets"}, {{"0", "9"}, {"1", "3"}, {"2", "2"}}};
  EXPECT_TRUE(compare_with_oracle("a.pcap", oracle, two_flows_of_one_pair(), 0).same());
  OracleTable const twice{{"id", "packets"}, {{"0", "9"}, {"1", "9"}, {"2", "2"}}};
  EXPECT_EQ(compare_with_oracle("a.pcap", twice, two_flows_of_one_pair(), 0).equal, 2U);
}

TEST(Conformance, RefusesWhatCannotBeCompared) {
  OracleTable const no_number{{"packets"}, {{"many"}}};
  OracleTable const no_column{{"colour"}, {{"red"}}};
  try {
    compare_with_oracle("a.pcap", no_number, two_flows_of_one_pair(), 0);
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), HasSubstr("a.pcap: column packets: \"many\""));
  }
  EXPECT_THROW(compare_with_oracle("a.pcap", no_column, two_flows_of_one_pair(), 0), Error);
}

ConformanceReport report_with(std::vector<DifferingCell> cells) {
  ConformanceReport report;
  report.captures.push_back({.name = "a.pcap", .differing = {}, .differences = std::move(cells)});
  return report;
}

TEST(Conformance, OnlyListedDifferencesAreExcusedAndEachMustBeThere) {
  std::vector<KnownDifference> const known{{"a.pcap", "x-*", "* Avg", "tied time stamps"},
                                           {"b.pcap", "*", "*", "read as IP"}};
  auto report = report_with({{"x-y", "Bulk Avg", "1", "2"}, {"x-y", "Bulk", "1", "2"}});
  explain_differences(known, report);
  EXPECT_FALSE(report.holds());
  ASSERT_EQ(report.unexplained.size(), 1U);
  EXPECT_THAT(report.unexplained[0], HasSubstr("a.pcap: flow x-y: Bulk: expected 1, got 2"));
  ASSERT_EQ(report.seen.size(), 1U);
  ASSERT_EQ(report.vanished.size(), 1U);
  EXPECT_EQ(report.vanished[0].capture, "b.pcap");
  auto clean = report_with({{"x-y", "Bulk Avg", "1", "2"}});
  explain_differences({known[0]}, clean);
  EXPECT_TRUE(clean.holds());
}

class OracleFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("nta-oracle-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    write("pcap/b.pcap", "");
    write("pcap/a.pcap", "");
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(std::string const& name, std::string const& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  fs::path folder_;
};

TEST_F(OracleFolderTest, CapturesInOrderWithTheTablesOfTheProfile) {
  write("fixed/a.pcap.csv", "packets\n");
  write("original/a.pcap.csv", "packets\n");
  auto const oracle = open_oracle(folder_, "", "cic-fixed");
  EXPECT_EQ(oracle.results, "fixed");
  ASSERT_EQ(oracle.captures.size(), 2U);
  EXPECT_EQ(oracle.captures[0].name, "a.pcap");
  EXPECT_EQ(oracle.captures[0].result, folder_ / "fixed/a.pcap.csv");
  EXPECT_TRUE(oracle.captures[1].result.empty());
  EXPECT_EQ(open_oracle(folder_, "original", "cic-fixed").results, "original");
  EXPECT_THROW(open_oracle(folder_, "", "nta"), Error);
  EXPECT_THROW(open_oracle(folder_, "pcap", "nta"), Error);
}

TEST_F(OracleFolderTest, AnIndexNamesPaths) {
  write("captures.csv", "capture,path\nx.pcap,pcap/b.pcap\ny.pcap,pcap/absent.pcap\n");
  write("result/x.pcap.csv", "packets\n1\n");
  try {
    open_oracle(folder_, "", "any");
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("absent.pcap: no such capture"));
  }
  write("captures.csv", "capture,path\r\nx.pcap,pcap/b.pcap\r\n");
  EXPECT_EQ(open_oracle(folder_, "", "any").captures.at(0).capture, folder_ / "pcap/b.pcap");
}

TEST_F(OracleFolderTest, RaggedRowsNameTheLine) {
  write("t.csv", "a,b\n1,2\n1\n");
  try {
    read_oracle_table(folder_ / "t.csv");
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("t.csv:3: 1 fields, the header has 2"));
  }
}

TEST_F(OracleFolderTest, KnownDifferencesAreThoseOfTheProfile) {
  write("known.json", R"({"p": [{"capture": "a", "flow": "*", "column": "*", "reason": "r"}],
                          "q": [{"capture": "a", "flow": "*", "column": "*"}]})");
  auto const known = read_known_differences(folder_ / "known.json", "p");
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].reason, "r");
  EXPECT_TRUE(read_known_differences(folder_ / "known.json", "none").empty());
  EXPECT_THROW(read_known_differences(folder_ / "known.json", "q"), Error);
}

}  // namespace
}  // namespace nta
