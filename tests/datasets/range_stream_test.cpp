// Ranges of partitions that fit the budget at once give the streaming meter's rows; what does not
// fit, and what goes wrong on the way, leaves the sink and the caller as they should be.
#include "trainers/datasets/range_stream.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/table_columns.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/kernels/traffic.hpp"
#include "trainers/datasets/table_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <numeric>

namespace nta {
namespace {

namespace fs = std::filesystem;

/// Counts rows, looks that they ascend and are named; fails at a given table.
class CountingSink : public FeatureSink {
 public:
  explicit CountingSink(std::size_t fails_at = SIZE_MAX) : fails_at_(fails_at) {}
  void add(FeatureTable const& rows) override {
    NTA_EXPECTS(n_tables_++ < fails_at_, ErrorKind::storage, "no space left");
    EXPECT_EQ(rows.provenance.captures, std::vector<std::string>{"named"});
    for (std::size_t r = 0; r < rows.size(); ++r) {
      auto const place = order_of(rows.identity, r);
      EXPECT_TRUE(n_rows_ == 0 || last_ < place);
      last_ = place;
      ++n_rows_;
    }
  }
  void finish() override {}
  std::size_t rows() const { return n_rows_; }
  std::size_t tables() const { return n_tables_; }

 private:
  std::size_t fails_at_;
  std::size_t n_tables_ = 0, n_rows_ = 0;
  FlowPlace last_;
};

class RangeStream : public testing::Test {
 protected:
  static constexpr std::uint32_t kPartitions = 16;
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("range_stream_") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    ShardWriter writer(folder_, {.n_partitions = kPartitions, .rows_per_shard = 7000});
    table_ = test::make_traffic({.packets = 30'000, .keys = 9000, .seed = 8});
    writer.add(table_);
    IngestResult ingest;
    ingest.links = test::traffic_links();
    ingest.regressions = 1;  // made traffic is reordered now and then
    writer.finish(ingest);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// What stream_ranges gives for n ranges with a budget a range.
  std::optional<RangeResult> run(std::size_t n, std::size_t memory_bytes, FeatureSink& sink) {
    auto const shards = ShardFolder::open(folder_);
    FlowRequest request;
    GlobalClock const clock(shards, load_profile("nta"));
    request.profile = with_settled_clock(load_profile("nta"));
    RowRuns runs(folder_, SIZE_MAX / 2);
    PartitionContext const context{shards,
                                   request,
                                   clock,
                                   runs,
                                   {},
                                   memory_bytes,
                                   [this](std::int64_t rows) { rows_seen_ += rows; }};
    FeatureProvenance names;
    names.captures = {"named"};
    names.capture_sha256 = {""};
    return stream_ranges(context, even_ranges(shards.manifest(), {0, kPartitions}, n), names, sink);
  }

  fs::path folder_;
  PacketTable table_;
  std::atomic<std::int64_t> rows_seen_ = 0;
};

TEST_F(RangeStream, RangesCoverAllPartitionsAndAreEven) {
  Manifest manifest;
  manifest.partitions = 8;
  manifest.shards.resize(2);
  manifest.shards[0].partition_rows = {100, 0, 0, 300, 50, 50, 0, 100};
  manifest.shards[1].partition_rows = {100, 0, 0, 100, 50, 50, 0, 100};
  for (std::size_t const n : {1, 2, 3, 8, 20}) {
    auto const ranges = even_ranges(manifest, {0, 8}, n);
    EXPECT_LE(ranges.size(), n);
    std::uint32_t next = 0;
    for (auto const& range : ranges) {
      EXPECT_EQ(range.first, next);
      EXPECT_LT(range.first, range.last);
      next = range.last;
    }
    EXPECT_EQ(next, 8U) << n;
  }
  auto const halves = even_ranges(manifest, {0, 8}, 2);
  ASSERT_EQ(halves.size(), 2U);
  EXPECT_EQ(halves[0].last, 4U);  // 600 of 1,000 rows; without the fourth they were 200
  auto const some = even_ranges(manifest, {3, 6}, 2);
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].first, 3U);
  EXPECT_EQ(some[0].last, 4U);
  EXPECT_EQ(some[1].last, 6U);
}

TEST_F(RangeStream, NumberOfRangesDoesNotShow) {
  StreamMeter meter(load_profile("nta"), {});
  meter.add(table_, test::traffic_links());
  auto const whole = meter.finish();
  for (std::size_t const n : {1, 2, 5, 16}) {
    CountingSink sink;
    rows_seen_ = 0;
    auto const result = run(n, 0, sink);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->flows, whole.size()) << n;
    EXPECT_EQ(sink.rows(), whole.size()) << n;
    EXPECT_EQ(rows_seen_, static_cast<std::int64_t>(table_.size()));
    auto const& use = result->use.rows;
    auto const used = std::count(table_.status.begin(), table_.status.end(), 0);
    EXPECT_EQ(std::accumulate(use.begin(), use.end(), std::uint64_t{0}),
              static_cast<std::uint64_t>(used))
        << n;
  }
}

TEST_F(RangeStream, WhatDoesNotFitLeavesTheSinkAlone) {
  for (std::size_t const n : {1, 3}) {
    CountingSink sink;
    EXPECT_FALSE(run(n, 300'000, sink)) << n;
    EXPECT_EQ(sink.tables(), 0U);
    EXPECT_EQ(rows_seen_, 0);
  }
}

TEST_F(RangeStream, FullDiskEndsAllThreads) {
  for (std::size_t const n : {1, 4}) {
    for (std::size_t const fails_at : {0, 1}) {
      CountingSink sink(fails_at);
      EXPECT_THROW(run(n, 0, sink), Error) << n << " " << fails_at;
    }
  }
}

FeatureTable table_of(std::uint64_t first_packet, std::size_t rows) {
  FeatureTable table;
  for (std::size_t i = 0; i < rows; ++i) {
    table.identity.first_packet.push_back(first_packet + i);
  }
  return table;
}

TEST(TableMaker, GivesTablesInOrderAndLeavesEmptyOnesOut) {
  TableMaker maker([](TableMaker::Out const& out) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      out(table_of(10 * i, i % 3));
    }
  });
  EXPECT_EQ(maker.first().size(), 0U);
  for (std::uint64_t i = 0; i < 20; ++i) {
    if (i % 3 > 0) {
      auto const* const table = maker.next();
      ASSERT_NE(table, nullptr);
      EXPECT_EQ(table->size(), i % 3);
      EXPECT_EQ(table->identity.first_packet.front(), 10 * i);
    }
  }
  EXPECT_EQ(maker.next(), nullptr);
  EXPECT_EQ(maker.next(), nullptr);
}

TEST(TableMaker, ThrowsWhatTheMakerThrewAfterItsTables) {
  TableMaker maker([](TableMaker::Out const& out) {
    out(table_of(1, 2));
    fail(ErrorKind::data, "damaged");
  });
  ASSERT_NE(maker.next(), nullptr);
  EXPECT_THROW(maker.next(), Error);
}

TEST(TableMaker, GoesAlthoughTablesAreLeft) {
  TableMaker maker([](TableMaker::Out const& out) {
    while (true) {  // ends when nobody wants more
      out(table_of(1, 1));
    }
  });
  EXPECT_EQ(maker.first().size(), 1U);
}

TEST_F(RangeStream, DamageInAnyRangeIsAnError) {
  auto const path = folder_ / "shard-000002.h5";
  fs::resize_file(path, fs::file_size(path) - 1);
  auto const damaged = [&] {
    CountingSink sink;
    run(4, 0, sink);
  };
  EXPECT_THROW(damaged(), Error);
}

}  // namespace
}  // namespace nta
