// Rows that leave a streaming meter before its end, flows that a sweep ends, and flows that lose
// their slots to others on the way: nothing of it shows in the rows.
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/many_flows.hpp"
#include "tests/flows/metering.hpp"
#include "tests/kernels/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace nta {
namespace {

using test::csv;
using test::host_key;
using test::kSecond;
using test::Row;
using test::TableMaker;

/// Lines of CSV without the header, and without a number of the row in front.
std::vector<std::string> lines(FeatureTable const& table) {
  std::istringstream text(csv(table));
  std::string line;
  std::getline(text, line);
  bool const numbered = line.starts_with("id,");
  std::vector<std::string> all;
  while (std::getline(text, line)) {
    all.push_back(numbered ? line.substr(line.find(',')) : line);
  }
  return all;
}

void append(std::vector<std::string>& to, std::vector<std::string> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::string> sorted(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  return all;
}

MeterOptions options_of(std::string const& set, int n = 3) {
  MeterOptions options;
  options.features.set = set;
  options.sequence.n = n;
  return options;
}

std::vector<PacketTable> cut(PacketTable const& whole, std::size_t rows) {
  std::vector<PacketTable> tables;
  for (std::size_t first = 0; first < whole.size(); first += rows) {
    tables.push_back(test::cut_table(whole, first, std::min(first + rows, whole.size())));
  }
  return tables;
}

struct Way {
  char const* profile;
  char const* set;
};
constexpr Way kWays[] = {
    {"nta", "nta"}, {"nfstream", "nfstream"}, {"cic-fixed", "cic76"}, {"cic-original", "cic76"}};

TEST(StreamLive, RowsTakenEarlyAreTheRowsOfTheEnd) {
  for (Way const& way : kWays) {
    auto const whole =
        test::make_traffic({.packets = 6000, .keys = 80, .many_ends = true, .seed = 5});
    auto const links = test::traffic_links();
    StreamMeter one(load_profile(way.profile), options_of(way.set));
    one.add(whole, links);
    auto const expected = lines(one.finish());

    StreamMeter other(load_profile(way.profile), options_of(way.set));
    std::vector<std::string> early;
    for (auto const& table : cut(whole, 500)) {
      other.add(table, links);
      std::size_t const waiting = other.ended();
      FeatureTable const rows = other.take_ended(7);
      EXPECT_EQ(rows.size(), std::min<std::size_t>(waiting, 7));
      EXPECT_EQ(other.ended(), waiting - rows.size());
      append(early, lines(rows));
    }
    EXPECT_GT(early.size(), 50U) << way.profile;
    append(early, lines(other.finish()));
    EXPECT_TRUE(sorted(early) == sorted(expected)) << way.profile;
    EXPECT_EQ(one.use().rows, other.use().rows);
  }
}

TEST(StreamLive, RowsAreTakenInTheOrderOfTheirEnds) {
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 0});
  maker.add(host_key(2, 1000), {.time_ns = 1, .flags = kTcpRst});
  maker.add(host_key(2, 1000), {.time_ns = 2, .flags = kTcpSyn});  // ends record 1
  maker.add(host_key(1, 1000), {.time_ns = 130 * kSecond});        // ends record 0
  StreamMeter meter(load_profile("nta"), {});
  meter.add(maker.table(), test::one_link());
  EXPECT_EQ(meter.ended(), 2U);
  EXPECT_EQ(meter.take_ended(1).identity.first_packet, std::vector<std::uint64_t>{1});
  EXPECT_EQ(meter.take_ended(9).identity.first_packet, std::vector<std::uint64_t>{0});
  EXPECT_EQ(meter.take_ended(9).size(), 0U);
  EXPECT_EQ(meter.finish().identity.first_packet, (std::vector<std::uint64_t>{2, 3}));
}

TEST(StreamLive, TablesOfTheEndAreItsRows) {
  auto const whole = test::make_traffic({.packets = 3000, .keys = 300, .seed = 6});
  StreamMeter one(load_profile("nta"), options_of("nta"));
  StreamMeter other(load_profile("nta"), options_of("nta"));
  one.add(whole, test::traffic_links());
  other.add(whole, test::traffic_links());
  std::vector<std::string> rows;
  std::size_t tables = 0;
  other.finish(100, [&](FeatureTable&& table) {
    EXPECT_LE(table.size(), 100U);
    append(rows, lines(table));
    tables += 1;
  });
  EXPECT_TRUE(rows == lines(one.finish()));
  EXPECT_EQ(tables, (rows.size() + 99) / 100);
  other.finish(100, [&](FeatureTable&& table) {
    EXPECT_EQ(table.size(), 0U);
    EXPECT_GT(table.features.size(), 100U);
  });
  EXPECT_THROW(other.finish(0, [](FeatureTable&&) {}), Error);
}

/// Reasons of flows that ended by the clock set alike: "eof" is what a sweep cannot know.
std::vector<std::string> without_eof(FeatureTable table) {
  auto const idle = static_cast<std::uint8_t>(EndReason::idle);
  auto const eof = static_cast<std::uint8_t>(EndReason::eof);
  auto& reasons = table.identity.flow_end_reason;
  std::replace(reasons.begin(), reasons.end(), eof, idle);
  return lines(table);
}

/// Traffic whose clock never goes back.
PacketTable ordered_traffic(std::uint64_t seed) {
  auto whole = test::make_traffic({.packets = 6000, .keys = 80, .many_ends = true, .seed = seed});
  std::sort(whole.time_ns.begin(), whole.time_ns.end());
  return whole;
}

TEST(StreamLive, ASweepEndsWhatTheNextPacketWould) {
  auto const links = test::traffic_links();
  for (char const* profile : {"nta", "nfstream"}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      auto const whole = ordered_traffic(seed);
      StreamMeter offline(load_profile(profile), options_of("nta"));
      offline.add(whole, links);
      auto const expected = sorted(without_eof(offline.finish()));

      StreamMeter live(load_profile(profile), options_of("nta"));
      std::vector<std::string> rows;
      std::size_t swept = 0;
      for (auto const& table : cut(whole, 100)) {
        live.add(table, links);
        std::size_t const before = live.ended(), open = live.open();
        live.sweep();
        swept += live.ended() - before;
        EXPECT_EQ(open - live.open(), live.ended() - before);
        append(rows, without_eof(live.take_ended(SIZE_MAX)));
      }
      append(rows, without_eof(live.finish()));
      EXPECT_GT(swept, 20U) << profile;
      EXPECT_EQ(live.late_packets(), 0U);
      EXPECT_TRUE(sorted(rows) == expected) << profile << ", seed " << seed;
    }
  }
}

TEST(StreamLive, ASweepWaitsFiveSecondsMore) {
  StreamMeter meter(load_profile("nta"), {});
  auto const at = [&](std::uint8_t host, std::int64_t ns, std::uint8_t flags = kTcpAck) {
    TableMaker maker;
    maker.add(host_key(host, 1000), {.time_ns = ns, .flags = flags});
    meter.add(maker.table(), test::one_link());
    meter.sweep();
  };
  at(1, 0);
  at(2, 1, kTcpRst);
  at(3, 10 * kSecond + 1);
  EXPECT_EQ(meter.open(), 3U);  // the linger and 5 s, but not more
  at(3, 10 * kSecond + 2);
  EXPECT_EQ(meter.open(), 2U);
  at(3, 125 * kSecond - 1);
  EXPECT_EQ(meter.open(), 2U);
  at(3, 125 * kSecond);
  EXPECT_EQ(meter.open(), 1U);
  auto const rows = meter.take_ended(9);
  EXPECT_EQ(rows.identity.flow_end_reason,
            (std::vector<std::uint8_t>{static_cast<std::uint8_t>(EndReason::tcp_rst),
                                       static_cast<std::uint8_t>(EndReason::idle)}));
  EXPECT_EQ(meter.late_packets(), 0U);
  at(4, 120 * kSecond);
  EXPECT_EQ(meter.late_packets(), 0U);
  at(4, 120 * kSecond - 1);
  EXPECT_EQ(meter.late_packets(), 1U);
}

TEST(StreamLive, ASweepAtTheEndsOfTime) {
  for (std::int64_t const end : {-kMaxTime, kMaxTime}) {
    TableMaker maker;
    maker.add(host_key(1, 1000), {.time_ns = end});
    maker.add(host_key(2, 1000), {.time_ns = -end});
    StreamMeter meter(load_profile("nta"), {});
    meter.add(maker.table(), test::one_link());
    meter.sweep();
    EXPECT_EQ(meter.open(), 1U);
    EXPECT_EQ(meter.late_packets(), end > 0 ? 1U : 0U);
  }
}

TEST(StreamLive, NothingIsSweptThatCannotBeKnown) {
  Profile profile = load_profile("nta");
  profile.rules.order = PacketOrder::sorted;
  StreamMeter meter(profile, {});
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 0}).add(host_key(2, 1000), {.time_ns = 999 * kSecond});
  meter.add(maker.table(), test::one_link());
  meter.sweep();
  EXPECT_EQ(meter.ended(), 0U);
  EXPECT_EQ(meter.finish().size(), 2U);
}

/// Every table counts time from a second of its own.
PacketTable moved(PacketTable table, std::int64_t seconds) {
  table.time_base_s += seconds;
  for (auto& t : table.time_ns) {
    t -= seconds * kSecond;
  }
  return table;
}

/// Of all flows but those of other residues.
PacketTable some_of(PacketTable const& table, std::uint32_t residue) {
  PacketTable part = table;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part.keys[part.key[i]].addr_a[14] % 8 != residue) {
      part.status[i] = 5;
    }
  }
  return part;
}

/// More flows than there are slots for states, in turns, against eight meters that have room.
TEST(StreamLive, LosingASlotDoesNotShow) {
  for (Way const& way : kWays) {
    std::vector<PacketTable> tables;
    test::ManyFlows traffic(6000, 14);
    while (traffic.next()) {
      tables.push_back(
          moved(traffic.table(), tables.size() % 9 == 4 ? 77 : (tables.size() % 9 == 7 ? -30 : 0)));
    }
    StreamMeter all(load_profile(way.profile), options_of(way.set, 12));
    for (auto const& table : tables) {
      all.add(table, test::one_link());
    }
    auto const rows = lines(all.finish());
    std::vector<std::string> expected;
    for (std::uint32_t residue = 0; residue < 8; ++residue) {
      StreamMeter some(load_profile(way.profile), options_of(way.set, 12));
      for (auto const& table : tables) {
        some.add(some_of(table, residue), test::one_link());
      }
      append(expected, lines(some.finish()));
    }
    EXPECT_GE(rows.size(), 6000U);
    EXPECT_TRUE(sorted(rows) == sorted(expected)) << way.profile;
  }
}

}  // namespace
}  // namespace nta
