// Data sets from hand-written tables: labels, classes, parts, what is left out, what is refused.
#include "trainers/datasets/dataset_builder.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "small_tables.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

namespace nta {
namespace {

using test::SmallFlow;
using test::table_of;
using testing::ElementsAre;
using testing::HasSubstr;

/// One table per part: train a a b b b, validation a b, test a b c.
SourceTables three_parts() {
  SourceTables sources;
  auto const add = [&](SourcePart part, std::string const& labels, std::string const& name) {
    std::vector<SmallFlow> flows;
    for (char const label : labels) {
      flows.push_back({.start_s = static_cast<std::int64_t>(flows.size()),
                       .packets = static_cast<std::int64_t>(flows.size()) + 1,
                       .score = static_cast<double>(flows.size()),
                       .label = std::string(1, label)});
    }
    SourceFile file;
    file.path = name;
    file.part = part;
    sources.files.push_back(file);
    sources.tables.push_back(table_of(flows, {name}));
  };
  add(SourcePart::train, "bbaab", "x/train.pcap");
  add(SourcePart::validation, "ab", "x/validation.pcap");
  add(SourcePart::test, "abc", "x/test.pcap.zst");
  return sources;
}

Experiment experiment_of(Task task) {
  Experiment experiment;
  experiment.task = task;
  experiment.data.split.kind = SplitKind::official;
  return experiment;
}

std::string refusal(Experiment const& experiment, SourceTables sources, ErrorKind kind) {
  try {
    build_dataset(experiment, std::move(sources));
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(DatasetBuilder, ClassesAreSortedAndRowsKeepTheirOrder) {
  auto const [data, report] = build_dataset(experiment_of(Task::classification), three_parts());
  EXPECT_THAT(data.classes, ElementsAre("a", "b", "c"));
  EXPECT_THAT(data.target, ElementsAre(1, 1, 0, 0, 1, 0, 1, 0, 1, 2));
  EXPECT_THAT(data.feature_names, ElementsAre("packets", "payload_bytes", "duration_ns", "score"));
  EXPECT_EQ(data.x.row(4)[0], 5);
  EXPECT_EQ(data.part[4], Part::train);
  EXPECT_EQ(data.part[9], Part::test);
  EXPECT_THAT(data.capture_group, ElementsAre("train", "validation", "test"));
  EXPECT_THAT(report.unseen_classes, ElementsAre("c"));
  EXPECT_EQ(report.rows_per_part[0], 5);
  EXPECT_EQ(report.split_sha256, sha256_hex(split_csv(data)));
  EXPECT_THAT(split_csv(data), HasSubstr("hash of x/test.pcap.zst,test.pcap.zst,2,test\n"));
}

TEST(DatasetBuilder, MapAndColumnsFollowTheExperiment) {
  Experiment experiment = experiment_of(Task::classification);
  experiment.data.labels.map = {{"a", "good"}, {"?", "bad"}};
  // The name written out wins, although "?" comes before it and matches, too.
  EXPECT_THAT(build_dataset(experiment, three_parts()).data.classes, ElementsAre("bad", "good"));
  experiment.data.labels.map = {{"*", "first"}, {"?", "second"}};
  EXPECT_THAT(build_dataset(experiment, three_parts()).data.classes, ElementsAre("first"));
  experiment.data.labels.map = {{"a", "good"}, {"b*", "bad"}, {"c", "bad"}};
  experiment.features.include = {"*s*"};
  experiment.features.exclude = {"score"};
  auto const data = build_dataset(experiment, three_parts()).data;
  EXPECT_THAT(data.classes, ElementsAre("bad", "good"));
  EXPECT_THAT(data.feature_names, ElementsAre("packets", "payload_bytes", "duration_ns"));
  experiment.features.exclude = {"scroe"};
  EXPECT_THAT(refusal(experiment, three_parts(), ErrorKind::usage),
              HasSubstr("/features/exclude: \"scroe\" matches no column"));
}

TEST(DatasetBuilder, SmallFlowsAreDroppedAndCounted) {
  Experiment experiment = experiment_of(Task::classification);
  experiment.features.min_packets = 2;
  EXPECT_THAT(refusal(experiment, three_parts(), ErrorKind::usage), HasSubstr("no error"));
  auto const built = build_dataset(experiment, three_parts());
  EXPECT_EQ(built.report.small_flows, 3);
  EXPECT_EQ(built.data.size(), 7U);
  EXPECT_EQ(built.data.identity.row_in_file[0], 1U);  // numbered before anything is left out
}

TEST(DatasetBuilder, UnmatchedFlowsAreAnErrorDroppedOrKept) {
  SourceTables sources = three_parts();
  sources.tables[0].labels[0] = "";
  Experiment experiment = experiment_of(Task::classification);
  EXPECT_THAT(refusal(experiment, sources, ErrorKind::data), HasSubstr("1 flows have no label"));
  experiment.data.labels.unmatched = Unmatched::drop;
  EXPECT_EQ(build_dataset(experiment, sources).report.without_label, 1);
  experiment.data.labels.unmatched = Unmatched::keep;
  EXPECT_THAT(refusal(experiment, sources, ErrorKind::usage), HasSubstr("for anomaly detection"));
  experiment.task = Task::anomaly;
  experiment.data.labels.normal = {"b"};
  auto const data = build_dataset(experiment, sources).data;
  EXPECT_EQ(data.target[0], -1);
  EXPECT_FALSE(data.normal[0]);
  EXPECT_TRUE(data.normal[1]);
}

TEST(DatasetBuilder, DetectorWithoutLabelsTakesAllRowsAsNormal) {
  SourceTables sources = three_parts();
  for (FeatureTable& table : sources.tables) {
    table.labels.clear();
  }
  auto const built = build_dataset(experiment_of(Task::anomaly), sources);
  EXPECT_EQ(std::count(built.data.normal.begin(), built.data.normal.end(), true), 10);
  EXPECT_EQ(built.report.kept_unlabelled, 10);
}

TEST(DatasetBuilder, SourceLabelsWinOverRules) {
  std::filesystem::path const rules =
      std::filesystem::path(testing::TempDir()) / "dataset_builder_rules.json";
  std::ofstream(rules) << R"({"nta_labels": 1, "default": "benign", "rules": []})";
  Experiment experiment = experiment_of(Task::classification);
  experiment.data.labels.rules = rules.string();
  SourceTables sources = three_parts();
  sources.files[2].label = "attack";
  auto const built = build_dataset(experiment, sources);
  EXPECT_THAT(built.data.classes, ElementsAre("attack", "benign"));
  EXPECT_EQ(built.report.labels.defaulted, 7);
}

TEST(DatasetBuilder, RegressionTargetIsNoInput) {
  Experiment experiment = experiment_of(Task::regression);
  EXPECT_THAT(refusal(experiment, three_parts(), ErrorKind::usage),
              HasSubstr("/data/labels/column"));
  experiment.data.labels.column = "score";
  SourceTables sources = three_parts();
  std::get<std::vector<double>>(sources.tables[0].features[3].values)[1] = NAN;
  auto const built = build_dataset(experiment, sources);
  EXPECT_THAT(built.data.feature_names, ElementsAre("packets", "payload_bytes", "duration_ns"));
  EXPECT_THAT(built.data.target_value, ElementsAre(0, 2, 3, 4, 0, 1, 0, 1, 2));
  EXPECT_EQ(built.report.without_target, 1);
}

TEST(DatasetBuilder, SequencesTakeTheConfiguredFieldsAndSkipEmptyOnes) {
  Experiment experiment = experiment_of(Task::classification);
  experiment.data.unit = RowUnit::sequence;
  experiment.features.sequence.n = 2;
  experiment.features.sequence.columns = {SequenceField::gap_ns, SequenceField::direction};
  SourceTables sources = three_parts();
  EXPECT_THAT(refusal(experiment, sources, ErrorKind::data), HasSubstr("first 2 all packets"));
  for (FeatureTable& table : sources.tables) {
    table.sequence.n = 3;  // more than asked for
    table.sequence.packets = "all";
    table.sequence.size_basis = "ip";
    for (std::size_t i = 0; i < table.size(); ++i) {
      table.sequence.count.push_back(static_cast<std::uint16_t>(i % 4));
      for (std::int8_t step = 0; step < 3; ++step) {
        bool const valid = static_cast<std::size_t>(step) < i % 4;
        table.sequence.direction.push_back(valid ? step : -1);
        table.sequence.gap_ns.push_back(valid ? 10 * step + 1 : -1);
      }
    }
  }
  // Flows 0 and 4 of each table are empty: train b b a a b -> b a a.
  experiment.data.labels.map = {{"*", "any"}};
  auto const built = build_dataset(experiment, sources);
  EXPECT_EQ(built.report.empty_sequences, 4);
  SequenceBlock const& block = built.data.sequence;
  EXPECT_THAT(block.field_names, ElementsAre("gap_ns", "direction"));
  EXPECT_THAT(std::vector<std::int64_t>(block.length.begin(), block.length.begin() + 3),
              ElementsAre(1, 2, 2));
  EXPECT_THAT(std::vector<double>(block.values.begin(), block.values.begin() + 8),
              ElementsAre(1, 0, 0, 0, 1, 0, 11, 1));
}

TEST(DatasetBuilder, WhatCannotGiveAnHonestResultIsRefused) {
  Experiment experiment = experiment_of(Task::classification);
  SourceTables one_row = three_parts();
  one_row.tables[0].labels = {"a", "a", "b", "b", "c"};
  EXPECT_THAT(refusal(experiment, one_row, ErrorKind::usage),
              HasSubstr("class \"c\" has one training row"));
  experiment.data.split.kind = SplitKind::capture;
  SourceTables single = three_parts();
  single.files.resize(1);
  single.tables.resize(1);
  EXPECT_THAT(refusal(experiment, single, ErrorKind::usage), HasSubstr("is empty"));
  Experiment detector = experiment_of(Task::anomaly);
  EXPECT_THAT(refusal(detector, three_parts(), ErrorKind::usage),
              HasSubstr("needs the normal classes; there are: a, b, c"));
  detector.data.labels.normal = {"bengin"};
  EXPECT_THAT(refusal(detector, three_parts(), ErrorKind::usage),
              HasSubstr("no row has the class \"bengin\""));
  detector.data.labels.normal = {"c"};
  EXPECT_THAT(refusal(detector, three_parts(), ErrorKind::usage), HasSubstr("no normal row"));
}

}  // namespace
}  // namespace nta
