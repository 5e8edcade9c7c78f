// From recorded captures to a data set: the same rows whether captures, or feature files made of
// them, are named; labels by the session's own rules.
#include "trainers/datasets/meter_source.hpp"

#include "libnta/capture/ingest.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "trainers/datasets/dataset_builder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace nta {
namespace {

namespace fs = std::filesystem;

class MeterSource : public testing::Test {
 protected:
  void SetUp() override {
    lab_ = fs::path(NTA_SOURCE_DIR) / "experiments" / "data" / "lab";
    if (!fs::exists(lab_ / "labels.json")) {
      GTEST_SKIP() << "no lab captures in " << lab_;
    }
    folder_ = fs::path(testing::TempDir()) / "meter_source_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Sessions 2 and 3 train, 12 validates, 17 tests.
  Experiment experiment(bool stored) {
    Experiment wanted;
    wanted.data.labels.rules = (lab_ / "labels.json").string();
    wanted.data.labels.normal = {"benign"};
    wanted.data.sources = {source("lab-0[23]", stored, SourcePart::train),
                           source("lab-12", stored, SourcePart::validation),
                           source("lab-17", stored, SourcePart::test)};
    return wanted;
  }
  SourceConfig source(std::string const& name, bool stored, SourcePart part) {
    SourceConfig config;
    config.files = {stored ? (folder_ / (name + ".h5")).string()
                           : (lab_ / (name + ".pcap.zst")).string()};
    config.part = part;
    return config;
  }
  /// Writes the features of every capture that the experiment names.
  void store(Experiment const& wanted) {
    std::vector<std::string> notes;
    TableReader const reader = make_table_reader(wanted, Exec{}, notes);
    for (SourceFile const& file : list_source_files(wanted.data)) {
      write_features_h5(reader(file), folder_ / (capture_stem(file.path.string()) + ".h5"));
    }
    EXPECT_TRUE(notes.empty());
  }
  fs::path lab_, folder_;
};

TEST_F(MeterSource, CapturesAndStoredFeaturesGiveTheSameDataSet) {
  BuiltDataset const live = load_dataset(experiment(false), Exec{});
  store(experiment(false));
  BuiltDataset const stored = load_dataset(experiment(true), Exec{});
  EXPECT_EQ(live.data.x.values, stored.data.x.values);
  EXPECT_EQ(live.data.target, stored.data.target);
  EXPECT_EQ(live.data.classes, stored.data.classes);
  EXPECT_EQ(live.data.capture_sha256, stored.data.capture_sha256);
  EXPECT_EQ(live.report.split_sha256, stored.report.split_sha256);
  EXPECT_EQ(live.data.set_sha256, stored.data.set_sha256);
}

TEST_F(MeterSource, LabelsFollowTheSessionsRules) {
  BuiltDataset const built = load_dataset(experiment(false), Exec{});
  std::set<std::string> const classes(built.data.classes.begin(), built.data.classes.end());
  // What sessions 2, 3, 12 and 17 did, by scripts/lab/catalogue.py.
  for (char const* kind : {"benign", "syn_scan", "connect_scan", "udp_scan", "ping_sweep",
                           "syn_flood", "udp_flood", "slow_http", "ssh_guess"}) {
    EXPECT_TRUE(classes.contains(kind)) << kind;
  }
  EXPECT_FALSE(classes.contains("dns_tunnel"));
  EXPECT_EQ(built.report.labels.unmatched, 0);
  EXPECT_EQ(built.data.captures.size(), 4U);
  for (std::size_t i = 0; i < built.data.size(); ++i) {
    std::string const& group = built.data.capture_group[built.data.identity.capture[i]];
    Part const expected = group == "lab-12"   ? Part::validation
                          : group == "lab-17" ? Part::test
                                              : Part::train;
    ASSERT_EQ(built.data.part[i], expected) << group;
  }
}

TEST_F(MeterSource, SequencesComeWithTheirLengths) {
  Experiment wanted = experiment(false);
  wanted.data.unit = RowUnit::sequence;
  wanted.features.sequence.n = 8;
  BuiltDataset const built = load_dataset(wanted, Exec{});
  SequenceBlock const& block = built.data.sequence;
  ASSERT_EQ(block.values.size(), built.data.size() * 8 * 3);
  for (std::size_t i = 0; i < built.data.size(); ++i) {
    ASSERT_GE(block.length[i], 1);
    ASSERT_LE(block.length[i], 8);
    EXPECT_EQ(block.values[i * 24 + 2], 0) << "first gap of row " << i;
  }
}

TEST_F(MeterSource, ShardsWhoseFlowsGoOnOverCapturesAreRefused) {
  Experiment wanted = experiment(false);
  std::vector<std::string> notes;
  for (bool const join : {false, true}) {
    IngestOptions options;
    options.paths = {(lab_ / "lab-02.pcap.zst").string(), (lab_ / "lab-03.pcap.zst").string()};
    options.join = join;
    ShardOptions shard_options;
    shard_options.join = join;
    fs::path const shards = folder_ / (join ? "joined" : "apart");
    ShardWriter writer(shards, shard_options);
    writer.finish(ingest(options, [&](PacketTable&& table) { writer.add(table); }));
    SourceFile file;
    file.path = shards;
    file.format = SourceFormat::shards;
    TableReader const reader = make_table_reader(wanted, Exec{}, notes);
    if (join) {
      EXPECT_THROW(reader(file), Error);
    } else {
      EXPECT_GT(reader(file).size(), 0U);
    }
  }
}

TEST_F(MeterSource, StoredFeaturesOfAnotherSelectionAreRefused) {
  Experiment wanted = experiment(false);
  store(wanted);
  FeatureTable table = read_features_h5(folder_ / "lab-12.h5");
  table.provenance.set_sha256 = std::string(64, '0');
  write_features_h5(table, folder_ / "lab-12.h5");
  EXPECT_THROW(load_dataset(experiment(true), Exec{}), Error);
}

}  // namespace
}  // namespace nta
