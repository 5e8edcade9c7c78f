// Rules that only the whole meter shows: packets and flows that are left out, flows sorted by time.
#include "tests/flows/metering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <utility>
#include <vector>

namespace nta {
namespace {

using test::host_key;
using test::kSecond;
using test::meter;
using test::number;
using test::Row;
using test::TableMaker;
using test::with_sequence;
using testing::ElementsAre;

TEST(StreamRules, LateFinsAndSinglePacketsAreCountedAndInNoFlow) {
  TableMaker maker;
  PacketKey const key = host_key(1, 1000);
  maker.add(key, {.time_ns = 0, .flags = kTcpSyn, .payload = 3});
  maker.add(key, {.time_ns = 1'000'000, .flags = kTcpFin, .payload = 5});
  maker.add(key, {.time_ns = 2'000'000, .flags = kTcpFin, .payload = 700});  // late
  maker.add(host_key(2, 1000), {.time_ns = 3'000'000});                      // alone
  maker.add(key, {.time_ns = 200 * kSecond, .side = 1});                     // alone after a cut
  maker.add(key, {.time_ns = 500 * kSecond, .side = 1, .payload = 9});
  maker.add(key, {.time_ns = 501 * kSecond, .side = 1, .flags = kTcpFin});
  StreamMeter meter(load_profile("cic-original"), with_sequence(4));
  meter.add(maker.table(), test::one_link());
  FeatureTable const table = meter.finish();
  EXPECT_EQ(meter.use()[RowUse::in_flow], 4U);
  EXPECT_EQ(meter.use()[RowUse::late_fin], 1U);
  EXPECT_EQ(meter.use()[RowUse::single_packet_flow], 2U);
  EXPECT_THAT(table.identity.first_packet, ElementsAre(0, 5));
  EXPECT_THAT(table.identity.last_packet, ElementsAre(1, 6));
  EXPECT_THAT(table.identity.flow_end_reason, ElementsAre(2, 3));
  EXPECT_THAT(table.identity.continuation_of, ElementsAre(-1, 4));  // the packet that was alone
  EXPECT_THAT(table.sequence.count, ElementsAre(2, 2));
  EXPECT_EQ(number(table, "payload_bytes", 0), 8);
  EXPECT_EQ(number(table, "fwd_payload_bytes", 1), 9);  // forward though from the other side
  EXPECT_EQ(number(table, "bwd_packets", 1), 1);
  EXPECT_EQ(table.identity.src_port[1], 1000);
}

TEST(StreamRules, SortedFlowsDoNotDependOnTheOrderOfCapture) {
  Profile profile = load_profile("nta");
  profile.rules.order = PacketOrder::sorted;
  test::Draw draw(5);
  std::vector<std::size_t> order(200);
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    times.push_back(static_cast<std::int64_t>(i) * kSecond +
                    static_cast<std::int64_t>(draw.below(1000)));
  }
  auto const metered = [&](bool two_tables) {
    std::vector<PacketTable> tables;
    TableMaker early(1'600'000'000, 0), late(1'600'000'050, 100);
    for (std::size_t i = 0; i < order.size(); ++i) {
      bool const second = two_tables && i >= 100;
      Row const row{.time_ns = times[order[i]] - (second ? 50 * kSecond : 0),
                    .side = static_cast<std::uint8_t>(order[i] % 3 == 0),
                    .payload = static_cast<std::uint32_t>(order[i])};
      (second ? late : early).add(host_key(static_cast<std::uint8_t>(1 + order[i] % 4), 7), row);
    }
    tables.push_back(early.table());
    if (two_tables) {
      tables.push_back(late.table());
    }
    FeatureTable table = meter(tables, {}, profile);
    std::vector<std::pair<std::uint16_t, double>> facts;
    for (std::size_t r = 0; r < table.size(); ++r) {
      facts.emplace_back(table.identity.src_ip[r][15], number(table, "iat_std_ns", r));
      facts.emplace_back(table.identity.start_s[r] % 1000, number(table, "fwd_payload_len_std", r));
    }
    std::sort(facts.begin(), facts.end());
    return facts;
  };
  auto const in_order = metered(false);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[draw.below(i)]);
  }
  EXPECT_EQ(metered(false), in_order);
  EXPECT_EQ(metered(true), in_order);
}

}  // namespace
}  // namespace nta
