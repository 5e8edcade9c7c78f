// Label rules: what matches, what wins, what is refused with which words.
#include "trainers/datasets/label_rules.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "small_tables.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <gmock/gmock.h>

namespace nta {
namespace {

using test::SmallFlow;
using test::table_of;
using testing::HasSubstr;

LabelRules rules_of(std::string const& rules, std::string const& rest = "") {
  return parse_label_rules("{\"nta_labels\": 1, \"rules\": [" + rules + "]" + rest + "}",
                           "labels.json");
}

std::vector<std::string> labels_of(std::string const& rules, std::vector<SmallFlow> const& flows,
                                   std::vector<std::string> const& captures = {"lab-07.pcap"}) {
  FeatureTable table = table_of(flows, captures);
  apply_label_rules(rules_of(rules), table);
  return table.labels;
}

std::string error_of(std::string const& text) {
  try {
    parse_label_rules(text, "labels.json");
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

using Labels = std::vector<std::string>;

TEST(LabelRules, WindowHoldsItsStartButNotItsEnd) {
  std::string const rule =
      R"({"label": "x", "from": "1970-01-01T00:00:10Z", "to": "1970-01-01T00:00:20Z"})";
  EXPECT_EQ(labels_of(rule, {{.start_s = 9, .start_ns = 999'999'999},
                             {.start_s = 10},
                             {.start_s = 19, .start_ns = 999'999'999},
                             {.start_s = 20}}),
            (Labels{"", "x", "x", ""}));
}

TEST(LabelRules, TimesMayCarryAnOffsetAndDecimals) {
  EXPECT_EQ(parse_utc("1970-01-01T02:00:00.5+02:00"), (UtcTime{0, 500'000'000}));
  EXPECT_EQ(parse_utc("1969-12-31T23:59:59Z"), (UtcTime{-1, 0}));
  EXPECT_EQ(parse_utc("2025-03-01T10:00:00Z"), (UtcTime{1740823200, 0}));
  for (char const* text : {"2025-03-01T10:00:00", "2025-03-01 10:00:00Z", "2025-02-30T10:00:00Z",
                           "2025-03-01T25:00:00Z", "2025-03-01T10:00:00.Z", "", "Z"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

TEST(LabelRules, EndpointsFitInitiatorAndResponder) {
  std::string const rule =
      R"({"label": "x", "a": ["10.0.9.0/24"], "b": ["10.0.1.5", "fe80::/16"]})";
  std::string const either = R"({"label": "x", "a": ["10.0.9.0/24"], "b": ["10.0.1.5", "fe80::/16"],
                                 "either_way": true})";
  std::vector<SmallFlow> const flows{{.src = "10.0.9.77", .dst = "10.0.1.5"},
                                     {.src = "10.0.1.5", .dst = "10.0.9.77"},
                                     {.src = "10.0.8.77", .dst = "10.0.1.5"},
                                     {.src = "10.0.9.0", .dst = "fe80::1"},
                                     {.src = "10.0.9.255", .dst = "fe81::1"}};
  EXPECT_EQ(labels_of(rule, flows), (Labels{"x", "", "", "x", ""}));
  EXPECT_EQ(labels_of(either, flows), (Labels{"x", "x", "", "x", ""}));
}

TEST(LabelRules, PortsAndProtocolBelongToB) {
  std::string const rule =
      R"({"label": "x", "ports_b": [22, "1000-1002"], "proto": ["tcp", 17], "either_way": true,
          "a": ["10.0.0.1"]})";
  EXPECT_EQ(labels_of(rule, {{.dst_port = 22},
                             {.dst_port = 1002},
                             {.dst_port = 1003},
                             {.dst_port = 22, .protocol = 17},
                             {.dst_port = 22, .protocol = 1},
                             {.src = "10.0.0.2", .dst = "10.0.0.1", .src_port = 22},
                             {.src = "10.0.0.2", .dst = "10.0.0.1", .dst_port = 22}}),
            (Labels{"x", "x", "", "x", "", "x", ""}));
}

TEST(LabelRules, CaptureGlobIsOverFileNamesAndWithASlashOverPaths) {
  std::vector<SmallFlow> const flows{{.capture = 0}, {.capture = 1}, {.capture = 2}};
  Labels const captures{"data/lab-07.pcap", "data/lab-08.pcap", "other/lab-07b.pcap"};
  EXPECT_EQ(labels_of(R"({"label": "x", "capture": "lab-07*"})", flows, captures),
            (Labels{"x", "", "x"}));
  EXPECT_EQ(labels_of(R"({"label": "x", "capture": "*data/*"})", flows, captures),
            (Labels{"x", "x", ""}));
}

TEST(LabelRules, TooLittlePayloadGivesElseOrNothing) {
  std::vector<SmallFlow> const flows{{.payload_bytes = 9}, {.payload_bytes = 10}};
  EXPECT_EQ(labels_of(R"({"label": "x", "payload_bytes_min": 10})", flows), (Labels{"", "x"}));
  EXPECT_EQ(labels_of(R"({"label": "x", "payload_bytes_min": 10, "else": "tried"})", flows),
            (Labels{"tried", "x"}));
}

TEST(LabelRules, HighestPriorityWinsInAnyOrder) {
  std::string const low = R"({"label": "low"})";
  std::string const high = R"({"label": "high", "priority": 2})";
  EXPECT_EQ(labels_of(low + "," + high, {{}}), Labels{"high"});
  EXPECT_EQ(labels_of(high + "," + low, {{}}), Labels{"high"});
  // Two low ones contradict each other, but the high one decides.
  EXPECT_EQ(labels_of(low + R"(, {"label": "other"},)" + high, {{}}), Labels{"high"});
}

TEST(LabelRules, TwoLabelsOfEqualPriorityAreRefusedWithBothRules) {
  FeatureTable table = table_of({{.dst_port = 22, .start_s = 12}}, {"a.pcap"});
  auto const rules = rules_of(R"({"label": "one"}, {"label": "one"}, {"label": "two"})");
  try {
    apply_label_rules(rules, table);
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), HasSubstr("/rules/0 (one) and /rules/2 (two)"));
    EXPECT_THAT(error.what(), HasSubstr("12.000000000 s"));
  }
}

TEST(LabelRules, ReportsFlowsRulesAndWhatIsLeft) {
  FeatureTable table = table_of({{.dst_port = 1}, {.dst_port = 2}, {.dst_port = 3}}, {"a.pcap"});
  std::string const two = R"({"label": "x", "ports_b": [1]}, {"label": "y", "ports_b": [9]})";
  LabelReport const without = apply_label_rules(rules_of(two), table);
  EXPECT_EQ(without.unmatched, 2);
  EXPECT_EQ(without.rules_without_flows, std::vector<std::size_t>{1});
  LabelReport with = apply_label_rules(rules_of(two, R"(, "default": "benign")"), table);
  EXPECT_EQ(with.unmatched, 0);
  EXPECT_EQ(with.defaulted, 2);
  EXPECT_EQ(with.flows_per_label, (std::map<std::string, std::int64_t>{{"benign", 2}, {"x", 1}}));
  LabelReport other;
  other.rules_without_flows = {0};
  with.merge(other);
  EXPECT_TRUE(with.rules_without_flows.empty());
}

TEST(LabelRules, WrongFilesAreRefusedWithTheirPlace) {
  auto const in_rule = [](std::string const& rest) {
    return error_of(R"({"nta_labels": 1, "rules": [{"label": "x", )" + rest + "}]}");
  };
  EXPECT_THAT(in_rule(R"("from": "2025-03-01T10:00:00")"),
              HasSubstr("labels.json: /rules/0/from: \"2025-03-01T10:00:00\" is no time"));
  EXPECT_THAT(in_rule(R"("a": ["10.0.0.0/33"])"), HasSubstr("/rules/0/a/0: \"10.0.0.0/33\""));
  EXPECT_THAT(in_rule(R"("port": 1)"), HasSubstr("/rules/0/port: unknown key"));
  EXPECT_THAT(in_rule(R"("ports_b": [70000])"), HasSubstr("/rules/0/ports_b/0: an integer in"));
  EXPECT_THAT(in_rule(R"("ports_b": ["9-1"])"), HasSubstr("no range of ports"));
  EXPECT_THAT(in_rule(R"("proto": ["tpc"])"), HasSubstr("unknown protocol \"tpc\""));
  EXPECT_THAT(in_rule(R"("a": [])"), HasSubstr("a list that is not empty"));
  EXPECT_THAT(in_rule(R"("either_way": 1)"), HasSubstr("true or false"));
  EXPECT_THAT(in_rule(R"("else": "y")"), HasSubstr("never given"));
  EXPECT_THAT(in_rule(R"("from": "2025-03-01T10:00:00Z", "to": "2025-03-01T10:00:00Z")"),
              HasSubstr("nothing can match"));
  EXPECT_THAT(error_of(R"({"nta_labels": 2, "rules": []})"), HasSubstr("/nta_labels"));
  EXPECT_THAT(error_of(R"({"nta_labels": 1, "rules": [{}]})"), HasSubstr("has no label"));
  EXPECT_THAT(error_of(R"({"nta_labels": 1})"), HasSubstr("\"rules\" is missing"));
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(R"({"nta_labels": 1, "rules": [{"label": "a", "label": "b"}]})"),
              HasSubstr("\"label\" stands there twice"));
  EXPECT_EQ(error_of("{\"nta_labels\": 1, // a comment\n\"rules\": []}"), "no error");
}

TEST(LabelRules, IndexAgreesWithAPlainLoop) {
  // 300 rules with random windows, ports, captures; every flow asked rule by rule.
  std::string text;
  for (std::uint64_t r = 0; r < 300; ++r) {
    auto const from = random_bits(1, r) % 1000;
    text += fmt::format(
        R"({}{{"label": "r{}", "priority": {}, "capture": "c{}*", "ports_b": ["{}-{}"],
            "from": "1970-01-01T00:{:02}:{:02}Z", "to": "1970-01-01T01:{:02}:00Z"}})",
        r == 0 ? "" : ",", r, r, random_bits(2, r) % 3, random_bits(3, r) % 50,
        50 + random_bits(4, r) % 50, from / 60, from % 60, random_bits(5, r) % 10);
  }
  std::vector<SmallFlow> flows;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    flows.push_back({.dst_port = static_cast<std::uint16_t>(random_bits(6, i) % 120),
                     .start_s = static_cast<std::int64_t>(random_bits(7, i) % 4500),
                     .capture = static_cast<std::uint32_t>(random_bits(8, i) % 3)});
  }
  Labels const captures{"c0.pcap", "c1.pcap", "c2.pcap"};
  FeatureTable table = table_of(flows, captures);
  LabelRules const rules = rules_of(text);
  apply_label_rules(rules, table);
  int n_labelled = 0;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    std::string expected;
    for (LabelRule const& rule : rules.rules) {  // priorities ascend: the last match wins
      UtcTime const start{flows[i].start_s, 0};
      if (rule.from <= start && start < rule.to && rule.ports_b[0].first <= flows[i].dst_port &&
          flows[i].dst_port <= rule.ports_b[0].last &&
          rule.capture[1] == captures[flows[i].capture][1]) {
        expected = rule.label;
      }
    }
    n_labelled += expected.empty() ? 0 : 1;
    ASSERT_EQ(table.labels[i], expected) << "flow " << i;
  }
  EXPECT_GT(n_labelled, 500);
}

TEST(LabelRules, AThousandRulesOnAHundredThousandFlowsNeedNoLoopOverAllRules) {
  // One rule a minute: asking every rule for every flow would be 1e8 questions, several seconds.
  std::string text;
  for (int r = 0; r < 1000; ++r) {
    text += fmt::format(
        R"({}{{"label": "x", "from": "1970-01-01T{:02}:{:02}:00Z", "to": "1970-01-01T{:02}:{:02}:00Z",
            "a": ["10.9.0.0/16"]}})",
        r == 0 ? "" : ",", r / 60, r % 60, (r + 1) / 60, (r + 1) % 60);
  }
  std::vector<SmallFlow> flows(100'000);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    flows[i].start_s = static_cast<int>(i) % 86'400;
  }
  FeatureTable table = table_of(flows, {"a.pcap"});
  LabelRules const rules = rules_of(text);
  std::clock_t const begin = std::clock();
  apply_label_rules(rules, table);
  double const cpu_s = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(cpu_s, 0.5);
}

}  // namespace
}  // namespace nta
