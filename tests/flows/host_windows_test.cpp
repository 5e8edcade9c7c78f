// Host windows: worked out by hand, then cut, merged, partitioned and ordered at will.
#include "libnta/flows/host_windows.hpp"

#include "libnta/core/error.hpp"
#include "tests/flows/metering.hpp"
#include "tests/flows/series_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nta {
namespace {

using test::cell;
using test::csv;
using test::host_key;
using test::key_text;
using test::kSecond;
using test::PacketList;
using test::Row;
using test::table_of;

FeatureTable flows_of(std::vector<PacketTable> const& tables) {
  MeterOptions options;
  options.features = host_window_features();
  return test::meter(tables, options);
}

HostWindows windows_of(std::vector<PacketTable> const& tables, HostWindowOptions options = {}) {
  HostWindows windows(load_profile("nta"), options);
  for (auto const& table : tables) {
    windows.add(table, test::one_link());
  }
  return windows;
}

SeriesTable whole(PacketList const& packets, HostWindowOptions options = {}) {
  std::vector<PacketTable> const tables{table_of(packets, 0, packets.size())};
  HostWindows windows = windows_of(tables, options);
  windows.add_flows(flows_of(tables));
  return windows.finish();
}

/// Window 0: 10.0.0.1 opens 443 (answered, 100 B more), tries 80 in vain, asks UDP 53 in vain; one
/// frame is skipped. Window 1: it goes on once; 10.0.0.2 is refused.
PacketList two_windows() {
  PacketKey const web = host_key(1, 1000);
  return {{web, {1 * kSecond, 0, kTcpSyn}},
          {web, {2 * kSecond, 1, kTcpSyn | kTcpAck}},
          {web, {3 * kSecond, 0, kTcpAck, 100}},
          {host_key(1, 1001, 6, 80), {4 * kSecond, 0, kTcpSyn}},
          {host_key(1, 2000, 17, 53), {5 * kSecond, 0, 0, 50}},
          {PacketKey{}, {.time_ns = 6 * kSecond, .status = 5}},
          {web, {60 * kSecond, 0, kTcpAck}},
          {host_key(2, 3000), {61 * kSecond, 0, kTcpSyn}},
          {host_key(2, 3000), {62 * kSecond, 1, kTcpRst}}};
}

TEST(HostWindows, FirstWindowByHand) {
  SeriesTable const table = whole(two_windows());
  ASSERT_EQ(table.size(), 5U);
  EXPECT_EQ(key_text(table, "host", 0), "\"10.0.0.1\"");
  EXPECT_EQ(key_text(table, "start_s", 0), "1600000020");
  EXPECT_EQ(cell(table, "packets_out", 0), 4);
  EXPECT_EQ(cell(table, "ip_bytes_out", 0), 40 + 140 + 40 + 78);
  EXPECT_EQ(cell(table, "packets_in", 0), 1);
  EXPECT_EQ(cell(table, "ip_bytes_in", 0), 40);
  EXPECT_EQ(cell(table, "flows_out", 0), 3);
  EXPECT_EQ(cell(table, "flows_in", 0), 0);
  EXPECT_EQ(cell(table, "peers_out", 0), 1);
  EXPECT_EQ(cell(table, "peers_in", 0), 0);
  EXPECT_EQ(cell(table, "dst_ports_out", 0), 3);
  EXPECT_EQ(cell(table, "failed_out", 0), 2);
  EXPECT_EQ(cell(table, "address_frequency", 0), 5.0 / 6);  // the skipped frame counts below
  EXPECT_EQ(cell(table, "packets_out_change", 0), 0);
  EXPECT_EQ(cell(table, "port_entropy", 0), 6807362105.0 / 4294967296.0);  // log2 3
  EXPECT_EQ(cell(table, "peer_entropy", 0), 0);
  EXPECT_EQ(key_text(table, "host", 1), "\"10.0.1.1\"");
  EXPECT_EQ(cell(table, "packets_out", 1), 1);
  EXPECT_EQ(cell(table, "packets_in", 1), 4);
  EXPECT_EQ(cell(table, "flows_in", 1), 3);
  EXPECT_EQ(cell(table, "peers_in", 1), 1);
}

TEST(HostWindows, SecondWindowByHand) {
  SeriesTable const table = whole(two_windows());
  ASSERT_EQ(table.size(), 5U);
  EXPECT_EQ(key_text(table, "host", 2), "\"10.0.0.1\"");
  EXPECT_EQ(key_text(table, "start_s", 2), "1600000080");
  EXPECT_EQ(cell(table, "flows_out", 2), 0);  // the flow started before
  EXPECT_EQ(cell(table, "packets_out_change", 2), (1.0 - 4) / 4);
  EXPECT_EQ(cell(table, "ip_bytes_out_change", 2), (40.0 - 298) / 298);
  EXPECT_EQ(cell(table, "flows_out_change", 2), -1);
  EXPECT_EQ(cell(table, "address_frequency", 2), 1.0 / 3);
  EXPECT_EQ(key_text(table, "host", 3), "\"10.0.0.2\"");
  EXPECT_EQ(cell(table, "failed_out", 3), 1);
  EXPECT_EQ(cell(table, "packets_out_change", 3), 1);  // it had none before
  EXPECT_EQ(cell(table, "ip_bytes_out_change", 3), 40);
  EXPECT_EQ(key_text(table, "host", 4), "\"10.0.1.1\"");
  EXPECT_EQ(cell(table, "packets_out_change", 4), 0);
  EXPECT_EQ(cell(table, "address_frequency", 4), 1);
}

TEST(HostWindows, EntropiesByPeer) {
  PacketList packets;
  for (std::uint8_t i = 0; i < 4; ++i) {  // 3 packets of 40 B to one peer, 1 of 1040 B to another
    PacketKey key = host_key(1, 1000);
    key.addr_b[15] = i < 3 ? 1 : 2;
    packets.push_back({key, {i * kSecond, 0, kTcpAck, i < 3 ? 0U : 1000U}});
  }
  SeriesTable const table = whole(packets);
  // K(1040) and K(120), K(1160) are those of log2_fixed_test's definition; counts 3 and 1 as there.
  EXPECT_EQ(cell(table, "peer_entropy", 0), 13937652053.0 / 17179869184.0);
  EXPECT_NEAR(cell(table, "byte_entropy", 0), 0.4798, 1e-4);  // of 120/1160 and 1040/1160
  EXPECT_EQ(cell(table, "peers_out", 0), 2);
}

TEST(HostWindows, AHostThatTalksToItselfSendsAndReceives) {
  PacketKey key = host_key(1, 1000);
  key.addr_b = key.addr_a;
  SeriesTable const table = whole({{key, {0, 0, kTcpSyn}}});
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(cell(table, "packets_out", 0), 1);
  EXPECT_EQ(cell(table, "packets_in", 0), 1);
  EXPECT_EQ(cell(table, "flows_out", 0), 1);
  EXPECT_EQ(cell(table, "flows_in", 0), 1);
  EXPECT_EQ(cell(table, "address_frequency", 0), 2);
}

TEST(HostWindows, CapturesAreApartUnlessJoined) {
  std::vector<CaptureLink> links(2);
  links[1].file = 1;
  for (auto& link : links) {
    link.link_type = 1;
  }
  PacketKey second = host_key(1, 1000);
  second.link = 1;
  PacketTable const table = table_of({{host_key(1, 1000), {0}}, {second, {kSecond}}}, 0, 2);
  for (bool const join : {false, true}) {
    HostWindows windows(load_profile("nta"), {.join_files = join});
    windows.add(table, links);
    SeriesTable const rows = windows.finish();
    ASSERT_EQ(rows.size(), join ? 2U : 4U);
    EXPECT_EQ(cell(rows, "packets_out", 0), join ? 2 : 1);
    EXPECT_EQ(key_text(rows, "capture", rows.size() - 1), join ? "0" : "1");
  }
}

TEST(HostWindows, TimesBeforeTheEpochAreFloored) {
  test::TableMaker maker(0);
  maker.add(host_key(1, 1000), {.time_ns = -1}).add(host_key(1, 1000), {.time_ns = 0});
  SeriesTable const rows = windows_of({maker.table()}).finish();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(key_text(rows, "start_s", 0), "-60");
  EXPECT_EQ(key_text(rows, "start_s", 2), "0");
}

TEST(HostWindows, WindowsShorterThanASecondStartAtNanoseconds) {
  test::TableMaker maker(10);
  maker.add(host_key(1, 1000), {.time_ns = 750'000'000});
  SeriesTable const rows = windows_of({maker.table()}, {.window_ns = 500'000'000}).finish();
  EXPECT_EQ(key_text(rows, "start_s", 0), "10");
  EXPECT_EQ(key_text(rows, "start_ns", 0), "500000000");
}

TEST(HostWindows, FarBaseSecondsDoNotWrap) {
  for (std::int64_t const base_s : {INT64_MIN, INT64_MAX, std::int64_t{4'700'000'000'000}}) {
    test::TableMaker maker(base_s);
    maker.add(host_key(1, 1000), {.time_ns = INT64_MAX}).add(host_key(1, 1000), {.time_ns = 0});
    EXPECT_EQ(windows_of({maker.table()}).finish().size(), 4U) << base_s;
  }
}

TEST(HostWindows, SumsOverHostsAreThePackets) {
  auto const packets = test::random_packets(5, 2000, false);
  SeriesTable const table = whole(packets);
  auto const used = std::count_if(packets.begin(), packets.end(),
                                  [](auto const& p) { return p.second.status == 0; });
  double out = 0;
  double in = 0;
  double flows = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    out += cell(table, "packets_out", row);
    in += cell(table, "packets_in", row);
    flows += cell(table, "flows_out", row) - cell(table, "flows_in", row);
  }
  EXPECT_EQ(out, static_cast<double>(used));
  EXPECT_EQ(in, static_cast<double>(used));
  EXPECT_EQ(flows, 0);
}

TEST(HostWindows, CutAnywhereAndMergedInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto const packets = test::random_packets(seed, 700, false);
    std::string const expected = csv(whole(packets));
    test::Draw draw(seed + 100);
    std::size_t const cut = draw.below(packets.size());
    std::size_t const end = packets.size();
    HostWindows right = windows_of({table_of(packets, cut, end)});
    HostWindows left = windows_of({table_of(packets, 0, cut)});
    right.merge(std::move(left));
    right.add_flows(flows_of({table_of(packets, 0, end)}));
    EXPECT_EQ(csv(right.finish()), expected) << "seed " << seed << " cut " << cut;
  }
}

TEST(HostWindows, PartitionsInAnyOrderGiveTheSameRows) {
  auto const packets = test::random_packets(9, 900, false);
  std::string const expected = csv(whole(packets));
  for (bool const backwards : {false, true}) {
    HostWindows sum(load_profile("nta"), {});
    for (std::uint32_t k = 0; k < 4; ++k) {
      std::uint32_t const partition = backwards ? 3 - k : k;
      PacketList part;
      for (auto const& packet : packets) {
        if (partition_of(packet.first, 4) == partition) {
          part.push_back(packet);
        }
      }
      std::vector<PacketTable> const tables{table_of(part, 0, part.size())};
      HostWindows windows = windows_of(tables);
      windows.add_flows(flows_of(tables));
      sum.merge(std::move(windows));
    }
    EXPECT_EQ(csv(sum.finish()), expected);
  }
}

TEST(HostWindows, ClosingWindowsOnTheWayChangesNoBit) {
  auto const packets = test::random_packets(11, 1500, true);
  std::string const expected = csv(whole(packets));
  HostWindows windows(load_profile("nta"), {.in_time_order = true});
  std::vector<PacketTable> tables;
  for (std::size_t at = 0; at < packets.size(); at += 100) {
    tables.push_back(table_of(packets, at, std::min(at + 100, packets.size())));
    windows.add(tables.back(), test::one_link());
  }
  windows.add_flows(flows_of(tables));
  EXPECT_EQ(csv(windows.finish()), expected);
}

TEST(HostWindows, AWindowThatWasClosedTakesNoPacket) {
  HostWindows windows(load_profile("nta"), {.in_time_order = true});
  PacketList const packets{
      {host_key(1, 1), {0}}, {host_key(1, 1), {100 * kSecond}}, {host_key(1, 1), {1}}};
  windows.add(table_of(packets, 0, 1), test::one_link());
  windows.add(table_of(packets, 1, 2), test::one_link());
  EXPECT_THROW(windows.add(table_of(packets, 2, 3), test::one_link()), Error);
}

TEST(HostWindows, LengthsOutsideTheRangeAreRefused) {
  EXPECT_THROW(HostWindows(load_profile("nta"), {.window_ns = 0}), Error);
  EXPECT_THROW(HostWindows(load_profile("nta"), {.window_ns = 86'400'000'000'001}), Error);
}

TEST(HostWindows, EveryColumnHasOneDefinitionAndTheHashOfThem) {
  auto const columns = host_window_columns();
  SeriesTable const table = HostWindows(load_profile("nta"), {}).finish();
  ASSERT_EQ(table.columns.size(), columns.size());
  EXPECT_EQ(columns.size(), 17U);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(table.columns[i].name, columns[i].name);
    EXPECT_FALSE(columns[i].text.empty());
  }
  EXPECT_EQ(table.set_sha256, series_sha256(columns));
  std::vector<SeriesColumnInfo> changed(columns.begin(), columns.end());
  changed[3].version = 2;
  EXPECT_NE(series_sha256(changed), table.set_sha256);
}

}  // namespace
}  // namespace nta
