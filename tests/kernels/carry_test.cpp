// Open flows carried over cuts: whatever the tables, and wherever rows are drained, the rows are
// those of the streaming meter bit for bit.
#include "kernels/bulk_meter.hpp"
#include "libnta/flows/packed_packet.hpp"
#include "tests/kernels/joined_rows.hpp"
#include "tests/kernels/meter_cases.hpp"
#include "tests/kernels/same_table.hpp"
#include "tests/kernels/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nta {
namespace {

using test::cut_evenly;
using test::cut_table;
using test::difference;
using test::joined;
using test::make_traffic;
using test::with_sequence;

/// When a meter is drained: after how many tables; and how large its tables may be.
struct Drains {
  std::size_t every = 1;
  std::size_t out_bytes = SIZE_MAX;
};

/// Streaming over `whole`, carrying over `cut`; "" if they agree.
std::string compare(Profile const& profile, MeterOptions const& options,
                    std::vector<PacketTable> const& whole, std::vector<PacketTable> const& cut,
                    Drains const& drains, int threads = 1) {
  StreamMeter stream(profile, options);
  for (auto const& table : whole) {
    stream.add(table, test::traffic_links());
  }
  BulkMeter bulk(profile, options, {.threads = threads});
  std::vector<FeatureTable> tables;
  auto const out = [&](FeatureTable&& table) { tables.push_back(std::move(table)); };
  std::size_t n = 0;
  for (auto const& table : cut) {
    bulk.add(table, test::traffic_links());
    if (++n % drains.every == 0) {
      bulk.drain(drains.out_bytes, out);
    }
  }
  bulk.finish(drains.out_bytes, out);
  auto text = difference(stream.finish(), joined(std::move(tables)));
  if (text.empty() && stream.use().rows != bulk.use().rows) {
    text = "use counts";
  }
  return text;
}

struct Rulebook {
  char const* profile;
  char const* set;
};
constexpr Rulebook kRulebooks[] = {{"nta", "nta"},         {"nta", "cic76"},
                                   {"nta", "nfstream"},    {"nfstream", "nfstream"},
                                   {"cic-fixed", "cic76"}, {"cic-original", "cic76"},
                                   {"cic-original", "nta"}};

TEST(Carry, EveryProfileAndSetForEveryCut) {
  auto const table = make_traffic({.packets = 6000, .keys = 150, .seed = 31});
  for (auto const& [name, set] : kRulebooks) {
    auto const profile = load_profile(name);
    auto options = with_sequence(6);
    options.features.set = set;
    for (std::size_t const rows :
         {std::size_t{1}, std::size_t{7}, std::size_t{1000}, table.size()}) {
      auto const some = rows == 1 ? cut_table(table, 0, 700) : table;
      EXPECT_EQ(compare(profile, options, {some}, cut_evenly(some, rows), {}), "")
          << name << ", " << set << ", tables of " << rows;
    }
  }
}

TEST(Carry, DrainsThreadsAndSizesOfTablesDoNotShow) {
  auto const profile = load_profile("nta");
  auto const table = make_traffic({.packets = 30000, .keys = 800, .seed = 9});
  for (int const threads : {1, 2}) {
    for (std::size_t const every : {1, 3}) {
      for (std::size_t const out_bytes : {std::size_t{1}, std::size_t{100000}, SIZE_MAX}) {
        EXPECT_EQ(compare(profile, with_sequence(8, SequenceFilter::payload), {table},
                          cut_evenly(table, 2500), {every, out_bytes}, threads),
                  "")
            << threads << " threads, drained every " << every << ", " << out_bytes << " B";
      }
    }
  }
}

TEST(Carry, OneFlowOnePerPacketElephant) {
  auto const check = [&](test::TrafficShape const& shape, std::size_t rows, char const* name) {
    for (auto const* const profile : {"nta", "cic-original"}) {
      auto const table = make_traffic(shape);
      EXPECT_EQ(
          compare(load_profile(profile), with_sequence(3), {table}, cut_evenly(table, rows), {}),
          "")
          << name << ", " << profile;
    }
  };
  check({.packets = 20000, .keys = 1, .mean_gap_ns = 1000, .seed = 1}, 1000, "one key");
  check({.packets = 5000, .one_each = true, .seed = 2}, 700, "one per packet");
  check({.packets = 200000, .keys = 300, .mean_gap_ns = 500, .elephant = true, .seed = 3}, 100000,
        "elephant");
}

/// A flow that nothing ends, longer than a batch's parts.
TEST(Carry, LongFlowGoesOnOverBatches) {
  auto const table = test::one_endless_flow(300000);
  EXPECT_EQ(
      compare(load_profile("nta"), with_sequence(255), {table}, cut_evenly(table, 100000), {}), "");
}

TEST(Carry, OrdersTunnelsAndFilesAsTheProfileSays) {
  auto const table = make_traffic({.packets = 8000, .keys = 300, .seed = 21});
  test::for_each_order_tunnels_and_files([&](Profile const& profile, MeterOptions const& options) {
    EXPECT_EQ(compare(profile, options, {table}, cut_evenly(table, 1500), {}, 2), "");
  });
}

/// Near, far ahead (50 years), beyond +2^62 ns, far behind, and back.
TEST(Carry, BasesOfTimeMayChange) {
  for (auto const& [name, set] : kRulebooks) {
    auto options = with_sequence(6);
    options.features.set = set;
    auto const table =
        make_traffic({.packets = 6000, .keys = 20, .mean_gap_ns = 100000, .seed = 4});
    auto parts = cut_evenly(table, 500);
    std::int64_t const shift_s[] = {
        0, 100, 1'577'880'000, 0, 4'000'000'000'000, -5'000'000'000, 0, 3, 0, 0, 1'577'880'000, 0};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].time_base_s += shift_s[i];
    }
    for (std::size_t const every : {1, 2, 5}) {
      EXPECT_EQ(compare(load_profile(name), options, parts, parts, {every}), "")
          << name << ", " << set << ", drained every " << every;
    }
  }
}

/// One packet dated fifty years ahead, between two drains.
TEST(Carry, ClockThatJumpsOnceChangesOnlyItsFlow) {
  auto table = make_traffic({.packets = 4000, .keys = 40, .seed = 8});
  table.time_ns[2000] += 50LL * 365 * 86400 * 1'000'000'000;
  for (auto const* const name : {"nta", "nfstream", "cic-fixed", "cic-original"}) {
    EXPECT_EQ(compare(load_profile(name), with_sequence(2), {table}, cut_evenly(table, 999), {}),
              "")
        << name;
  }
}

TEST(Carry, MeterCanBeUsedAgainAndTellsItsMemory) {
  auto const table = make_traffic({.packets = 3000, .keys = 40, .seed = 6});
  BulkMeter meter(load_profile("nta"), {}, {});
  std::vector<FeatureTable> first, second;
  EXPECT_TRUE(meter.can_carry());
  for (auto* const to : {&first, &second}) {
    auto const out = [&](FeatureTable&& t) { to->push_back(std::move(t)); };
    EXPECT_EQ(meter.held_bytes(), 0U);
    EXPECT_EQ(meter.carried_bytes(), 0U);
    meter.add(table, test::traffic_links());
    EXPECT_GT(meter.held_bytes(), table.size() * sizeof(PackedPacket) / 2);
    EXPECT_GT(meter.carried_bytes(), 40 * sizeof(FlowState));
    meter.drain(SIZE_MAX, out);
    EXPECT_EQ(meter.held_bytes(), 0U);
    EXPECT_GT(meter.carried_bytes(), 40 * sizeof(FlowState));
    meter.finish(SIZE_MAX, out);
  }
  EXPECT_EQ(difference(joined(std::move(first)), joined(std::move(second))), "");
}

}  // namespace
}  // namespace nta
