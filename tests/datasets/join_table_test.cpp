// Join tables: either direction fits, ambiguity is refused, everything left over is counted.
#include "trainers/datasets/join_table.hpp"

#include "libnta/core/error.hpp"
#include "small_tables.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta {
namespace {

using test::table_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char const* kTable =
    "capture,flow,l4,ip_a,port_a,ip_b,port_b,label\r\n"
    "a.pcap,1,TCP,10.0.0.1,50000,10.0.0.2,80,web\r\n"
    "b.pcap,2,udp,10.0.0.1,5353,10.0.0.9,53,\"dns, plain\"\r\n"
    "a.pcap,3,TCP,10.0.0.7,1,10.0.0.8,2,never\r\n"
    "a.pcap,4,TCP,10.0.0.1,50000,10.0.0.2,81,\r\n";

TEST(JoinTable, EitherDirectionFitsAndTheRestIsCounted) {
  FeatureTable table = table_of(
      {{},
       {.src = "10.0.0.2", .dst = "10.0.0.1", .src_port = 80, .dst_port = 50000},
       {.dst_port = 81},
       {.capture = 1},
       {.dst = "10.0.0.9", .src_port = 5353, .dst_port = 53, .protocol = 17, .capture = 1}},
      {"x/a.pcap", "x/b.pcap"});
  LabelReport const report = apply_join_table(parse_join_table(kTable, "t.csv"), table);
  EXPECT_THAT(table.labels, ElementsAre("web", "web", "", "", "dns, plain"));
  EXPECT_EQ(report.unmatched, 2);
  EXPECT_THAT(report.rules_without_flows, ElementsAre(2));  // the row "never"
}

TEST(JoinTable, SeveralRowsWithOneLabelAreCountedWithTwoRefused) {
  FeatureTable table = table_of({{}}, {"a.pcap"});
  auto const same = parse_join_table("ip_a,label\n10.0.0.1,x\n10.0.0.1,x\n", "t.csv");
  EXPECT_EQ(apply_join_table(same, table).many_to_one, 1);
  auto const differing = parse_join_table("ip_a,label\n10.0.0.1,x\n10.0.0.2,y\n", "t.csv");
  try {
    apply_join_table(differing, table);  // 10.0.0.2 is endpoint a in the other direction
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("t.csv: lines 2 (x) and 3 (y)"));
  }
}

TEST(JoinTable, TimeIsComparedByWholeSeconds) {
  FeatureTable table =
      table_of({{.start_s = 10, .start_ns = 900'000'000}, {.start_s = 11}}, {"a.pcap"});
  auto const join = parse_join_table("start_utc,label\n1970-01-01T00:00:10Z,x\n", "t.csv");
  apply_join_table(join, table);
  EXPECT_THAT(table.labels, ElementsAre("x", ""));
}

TEST(JoinTable, UnusableFilesAreRefusedWithTheirLine) {
  auto const error_of = [](std::string const& csv) -> std::string {
    try {
      parse_join_table(csv, "t.csv");
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of("ip_a,class\n"), HasSubstr("no column \"label\""));
  EXPECT_THAT(error_of("label,colour\n"), HasSubstr("no column to join by"));
  EXPECT_THAT(error_of("ip_a,label\n10.0.0.1\n"), HasSubstr("t.csv:2: 1 fields"));
  EXPECT_THAT(error_of("ip_a,label\n10.0.0.0/8,x\n"), HasSubstr("column ip_a: \"10.0.0.0/8\""));
  EXPECT_THAT(error_of("port_a,label\n70000,x\n"), HasSubstr("\"70000\" cannot be read"));
  EXPECT_THAT(error_of("start_utc,label\n2025-01-01T00:00:00,x\n"), HasSubstr("start_utc"));
}

}  // namespace
}  // namespace nta
