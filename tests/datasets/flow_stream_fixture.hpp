// Shard folders of made traffic, and what the streaming meter says of it: for tests of
// stream_flows_of_shards on any device.
#pragma once

#include "libnta/flows/table_columns.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/kernels/same_table.hpp"
#include "tests/kernels/traffic.hpp"
#include "trainers/datasets/flow_stream.hpp"
#include "trainers/datasets/row_runs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace nta::test {

namespace fs = std::filesystem;

/// All blocks in one table; checks that rows ascend.
class TableSink : public FeatureSink {
 public:
  void add(FeatureTable const& rows) override {
    blocks_.push_back(rows);
    n_ += rows.size();
  }
  void finish() override {}
  FeatureTable table() {
    std::vector<std::vector<ValueColumn>> columns;
    std::vector<TableRow> places;
    std::size_t model = 0;
    columns.reserve(blocks_.size());
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      columns.push_back(value_columns(blocks_[b]));
      model = blocks_[b].size() > 0 ? b : model;
      for (std::size_t r = 0; r < blocks_[b].size(); ++r) {
        places.push_back({columns.back().data(), r});
      }
    }
    auto out = rows_like(blocks_.at(model), n_);
    gather_rows(out, places);
    for (std::size_t r = 1; r < out.size(); ++r) {
      EXPECT_LT(order_of(out.identity, r - 1), order_of(out.identity, r));
    }
    return out;
  }
  std::size_t blocks() const { return blocks_.size(); }

 private:
  std::vector<FeatureTable> blocks_;
  std::size_t n_ = 0;
};

template <class Test>
class FlowStreamOf : public Test {
 protected:
  void SetUp() override {
    Test::SetUp();
    auto const* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              ("flow_stream_" + std::to_string(::getpid()) + "_" + std::to_string(info->line()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override {
    if (!fs::exists(folder_)) {
      return;  // skipped
    }
    for (auto const& entry : fs::directory_iterator(folder_)) {
      EXPECT_FALSE(entry.path().filename().string().starts_with(".nta")) << entry.path();
    }
    fs::remove_all(folder_);
  }

  fs::path shards_of(PacketTable const& table, std::uint32_t partitions, std::size_t rows) {
    auto const folder = folder_ / ("shards-" + std::to_string(n_folders_++));
    ShardWriter writer(folder, {.n_partitions = partitions, .rows_per_shard = rows});
    writer.add(table);
    IngestResult ingest;
    ingest.links = traffic_links();
    ingest.inputs = {{.path = "a", .bytes = 0, .first_index = 0, .packets = 0, .faults = {}},
                     {.path = "b", .bytes = 0, .first_index = 0, .packets = 0, .faults = {}}};
    ingest.regressions = 1;  // made traffic is reordered now and then
    writer.finish(ingest);
    return folder;
  }
  StreamOptions bounded(std::size_t memory_bytes) const {
    StreamOptions options;
    options.memory_bytes = memory_bytes;
    options.folder = folder_;
    return options;
  }
  StreamOptions range_of(std::uint32_t first, std::uint32_t last) const {
    auto options = bounded(0);
    options.partitions = PartitionRange{first, last};
    return options;
  }
  static FlowRequest request(char const* profile, char const* set, int threads = 1) {
    FlowRequest out;
    out.profile = load_profile(profile);
    out.meter.features.set = set;
    out.meter.sequence.n = 3;
    out.exec.threads = threads;
    return out;
  }
  static FeatureTable expected(PacketTable const& table, FlowRequest const& request) {
    StreamMeter meter(request.profile, request.meter);
    meter.add(table, traffic_links());
    return meter.finish();
  }

  fs::path folder_;
  int n_folders_ = 0;
};

}  // namespace nta::test
