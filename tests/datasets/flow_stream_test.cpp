// Partitions, shards, threads and the budget do not show: every way through stream_flows_of_shards
// gives the rows of the streaming meter over the capture as it was recorded.
#include "trainers/datasets/flow_stream.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/table_columns.hpp"
#include "tests/datasets/flow_stream_fixture.hpp"
#include "trainers/datasets/feature_part.hpp"
#include "trainers/datasets/partition_work.hpp"
#include "trainers/datasets/row_runs.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace nta {
namespace {

using test::difference;
using test::TableSink;
class FlowStream : public test::FlowStreamOf<testing::Test> {};

TEST_F(FlowStream, PartitionsShardsThreadsAndBudgetDoNotShow) {
  auto const table = test::make_traffic({.packets = 5000, .keys = 400, .seed = 3});
  for (auto const& [profile, set] : {std::pair{"nta", "nta"},
                                     {"nfstream", "nfstream"},
                                     {"cic-fixed", "cic76"},
                                     {"cic-original", "cic76"}}) {
    auto const whole = expected(table, request(profile, set));
    for (std::uint32_t const partitions : {1, 2, 16}) {
      for (std::size_t const rows : {std::size_t{500}, std::size_t{1'000'000}}) {
        auto const shards = shards_of(table, partitions, rows);
        // Without a bound; all at once in a bound; carrying; also in slices, spilling everything.
        for (std::size_t const memory : {0U, 64U << 20U, 4U << 20U, 600'000U}) {
          TableSink sink;
          auto const result = stream_flows_of_shards(
              shards, request(profile, set, memory % (64U << 20U) == 0 ? 3 : 1), bounded(memory),
              sink);
          EXPECT_EQ(difference(whole, sink.table()), "")
              << profile << ", " << partitions << " partitions, shards of " << rows << ", "
              << memory << " B";
          EXPECT_EQ(result.flows, whole.size());
          EXPECT_TRUE(memory == 4U << 20U || (result.spilled_bytes > 0) == (memory == 600'000U));
        }
      }
    }
  }
}

TEST_F(FlowStream, CaptureWithoutPackets) {
  auto const shards = shards_of({}, 4, 100);
  TableSink sink;
  EXPECT_EQ(stream_flows_of_shards(shards, request("nta", "nta"), bounded(0), sink).flows, 0U);
  EXPECT_EQ(sink.table().features.size(), 114U);
}

TEST_F(FlowStream, WhatCannotFitIsRefused) {
  auto const table = test::make_traffic({.packets = 4000, .keys = 1, .seed = 3});
  auto const shards = shards_of(table, 1, 100);
  auto wanted = request("nta", "nta");
  wanted.profile.rules.order = PacketOrder::sorted;  // all packets of a key at once
  TableSink sink;
  try {
    stream_flows_of_shards(shards, wanted, bounded(100'000), sink);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("sorted"), std::string::npos);
  }
  EXPECT_EQ(sink.blocks(), 0U);
}

TEST_F(FlowStream, RangesAreReadAsTheyAreMeant) {
  auto const range = parse_partition_range("3-12");
  EXPECT_EQ(range.first, 3U);
  EXPECT_EQ(range.last, 12U);
  for (auto const* const text :
       {"", "3", "3-", "-3", "3-3", "5-3", "a-b", "1-2-3", "1- 2", "0-99999999999"}) {
    EXPECT_THROW(parse_partition_range(text), Error) << text;
  }
  auto const shards = shards_of(test::make_traffic({.packets = 100}), 4, 1000);
  TableSink sink;
  EXPECT_THROW(stream_flows_of_shards(shards, request("nta", "nta"), range_of(2, 5), sink), Error);
}

TEST_F(FlowStream, PartTextsComeBack) {
  FeaturePart part{{1, 3}, 8, std::string(64, 'a'), {}};
  part.use.rows[2] = std::numeric_limits<std::uint64_t>::max();
  auto const back = parse_part(part_text(part), "p");
  EXPECT_EQ(back.range.first, 1U);
  EXPECT_EQ(back.range.last, 3U);
  EXPECT_EQ(back.partitions, 8U);
  EXPECT_EQ(back.shards_sha256, part.shards_sha256);
  EXPECT_EQ(back.use.rows, part.use.rows);
  for (auto const* const text : {"", "{}", "[]", "{\"first_partition\":1}"}) {
    EXPECT_THROW(parse_part(text, "p"), Error) << text;
  }
  part.range.last = 9;
  EXPECT_THROW(parse_part(part_text(part), "p"), Error);
}

/// More spilled runs than can be open at once: merged in rounds.
TEST_F(FlowStream, ManyRunsAreMergedInRounds) {
  auto const whole = expected(test::make_traffic({.packets = 3000, .one_each = true, .seed = 5}),
                              request("nta", "nta"));
  RowRuns runs(folder_, 1);  // nothing stays in memory; eight runs at a time
  auto table = whole;
  auto const columns = value_columns(table);
  std::vector<RowRun> held;
  constexpr std::size_t kRuns = 100;
  for (std::size_t k = 0; k < kRuns; ++k) {
    std::vector<TableRow> places;
    for (auto r = k; r < table.size(); r += kRuns) {
      places.push_back({columns.data(), r});
    }
    auto part = rows_like(table, places.size());
    gather_rows(part, places);
    held.push_back(runs.hold(std::move(part)));
  }
  runs.commit(std::move(held));
  TableSink sink;
  EXPECT_EQ(runs.merge(whole.provenance, sink), whole.size());
  EXPECT_EQ(difference(whole, sink.table()), "");
}

TEST(MeterBudget, NoMemoryHoldsMorePacketsThanAMeterCanNumber) {
  constexpr std::size_t kLeastBytesOfAPacket = 20;
  auto const budget = meter_budget(std::size_t{1} << 44);
  EXPECT_LT(budget.held_bytes / kLeastBytesOfAPacket, std::size_t{UINT32_MAX});
  EXPECT_EQ(meter_budget(std::size_t{1} << 30).held_bytes, std::size_t{384} << 20);
}

}  // namespace
}  // namespace nta
