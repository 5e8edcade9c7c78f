// Link load: worked out by hand, then cut and merged at will; times that jump.
#include "libnta/flows/link_load.hpp"

#include "libnta/core/error.hpp"
#include "tests/flows/series_support.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

using test::cell;
using test::csv;
using test::host_key;
using test::key_text;
using test::kSecond;
using test::PacketList;
using test::table_of;

NamedPrefix prefix(std::string name, std::array<std::uint8_t, 4> ipv4, int length) {
  NamedPrefix made{std::move(name), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255}, 96 + length};
  std::copy(ipv4.begin(), ipv4.end(), made.address.begin() + 12);
  return made;
}

SeriesTable load(PacketList const& packets, LinkLoadOptions options = {}) {
  LinkLoad load(std::move(options));
  load.add(table_of(packets, 0, packets.size()));
  return load.finish(test::one_link());
}

/// The row of a unit's interval that starts `second` s after the table's base.
std::size_t row_of(SeriesTable const& table, std::string const& unit, std::string const& direction,
                   int second) {
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (key_text(table, "unit", row) == '"' + unit + '"' &&
        key_text(table, "direction", row) == '"' + direction + '"' &&
        key_text(table, "start_s", row) == std::to_string(1'600'000'020 + second)) {
      return row;
    }
  }
  throw std::out_of_range("no row " + unit + " " + direction);
}

/// 10.0.0.1 sends 154 B in second 0 and gets 54 B; silence in 1; a skipped frame of 42 B in 2.
PacketList three_seconds() {
  return {{host_key(1, 1000), {0, 0, kTcpAck, 100}},
          {host_key(1, 1000), {kSecond - 1, 1, kTcpAck}},
          {PacketKey{}, {.time_ns = 2 * kSecond, .status = 5}}};
}

TEST(LinkLoad, ByHand) {
  SeriesTable const table = load(three_seconds());
  ASSERT_EQ(table.size(), 6U);  // capture and link:0, three seconds each
  EXPECT_EQ(csv(table),
            "capture,unit,direction,start_s,start_ns,packets,wire_bytes,bits_per_s\n"
            "0,capture,both,1600000020,0,2,208,1664\n"
            "0,capture,both,1600000021,0,0,0,0\n"
            "0,capture,both,1600000022,0,1,42,336\n"
            "0,link:0,both,1600000020,0,2,208,1664\n"
            "0,link:0,both,1600000021,0,0,0,0\n"
            "0,link:0,both,1600000022,0,1,42,336\n");
}

TEST(LinkLoad, RateOfOtherIntervals) {
  SeriesTable const table = load(three_seconds(), {.interval_ns = 3 * kSecond});
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(cell(table, "bits_per_s", 0), 8 * 250 * 1e9 / 3e9);
}

TEST(LinkLoad, PrefixesSeeBothDirections) {
  PacketList packets = three_seconds();
  PacketKey inside = host_key(1, 1000);  // 10.0.0.1 -> 10.0.0.9: in and out of both prefixes
  inside.addr_b[14] = 0;
  inside.addr_b[15] = 9;
  packets.push_back({inside, {2 * kSecond, 0, kTcpAck}});
  SeriesTable const table = load(
      packets, {.prefixes = {prefix("lan", {10, 0, 0, 0}, 24), prefix("one", {10, 0, 0, 1}, 32)}});
  ASSERT_EQ(table.size(), 18U);
  EXPECT_EQ(cell(table, "wire_bytes", row_of(table, "lan", "out", 0)), 154);
  EXPECT_EQ(cell(table, "wire_bytes", row_of(table, "lan", "in", 0)), 54);
  EXPECT_EQ(cell(table, "packets", row_of(table, "lan", "in", 1)), 0);
  EXPECT_EQ(cell(table, "packets", row_of(table, "lan", "in", 2)), 1);
  EXPECT_EQ(cell(table, "packets", row_of(table, "lan", "out", 2)), 1);
  EXPECT_EQ(cell(table, "packets", row_of(table, "one", "out", 2)), 1);
  EXPECT_EQ(cell(table, "packets", row_of(table, "one", "in", 2)), 0);
}

TEST(LinkLoad, EverythingPrefixTakesAddressesOnly) {
  SeriesTable const table = load(three_seconds(), {.prefixes = {{"all", {}, 0}}});
  EXPECT_EQ(cell(table, "packets", row_of(table, "all", "in", 0)), 2);
  EXPECT_EQ(cell(table, "packets", row_of(table, "all", "in", 2)), 0);  // a frame without addresses
}

TEST(LinkLoad, PrefixesCutInsideBytes) {
  NamedPrefix const odd = prefix("odd", {10, 0, 0, 128}, 25);
  IpAddress address = odd.address;
  address[15] = 255;
  EXPECT_TRUE(odd.contains(address));
  address[15] = 127;
  EXPECT_FALSE(odd.contains(address));
}

TEST(LinkLoad, CapturesHaveTheirOwnIntervals) {
  std::vector<CaptureLink> links(3);
  links[1].file = links[2].file = 1;
  PacketKey second = host_key(1, 1000);
  second.link = 1;
  PacketTable const table = table_of(
      {{host_key(1, 1000), {0}}, {second, {50 * kSecond}}, {second, {51 * kSecond}}}, 0, 3);
  LinkLoad apart({.join_files = false});
  apart.add(table);
  // capture 0: capture, link:0 for 1 s; capture 1: capture, link:1, link:2 (idle) for 2 s
  EXPECT_EQ(apart.finish(links).size(), 2U + 6U);
  LinkLoad joined({.join_files = true});
  joined.add(table);
  EXPECT_EQ(joined.finish(links).size(), 4U * 52U);
}

TEST(LinkLoad, InnerRowsOfATunnelAreTheSamePacket) {
  PacketTable table = table_of(three_seconds(), 0, 3);
  table.bits[1] = static_cast<std::uint16_t>(table.bits[1] & ~kRowPrimary);
  LinkLoad load({});
  load.add(table);
  EXPECT_EQ(cell(load.finish(test::one_link()), "packets", 0), 1);
}

TEST(LinkLoad, NoPacketsNoRows) {
  EXPECT_EQ(LinkLoad({}).finish(test::one_link()).size(), 0U);
  EXPECT_EQ(LinkLoad({}).finish({}).size(), 0U);
}

TEST(LinkLoad, CutAnywhereAndMergedInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto const packets = test::random_packets(seed, 500, false);
    LinkLoadOptions const options{.prefixes = {prefix("p", {10, 0, 0, 0}, 30)}};
    std::size_t const cut = test::Draw(seed).below(packets.size());
    LinkLoad left(options);
    LinkLoad right(options);
    left.add(table_of(packets, 0, cut));
    right.add(table_of(packets, cut, packets.size()));
    right.merge(left);
    EXPECT_EQ(csv(right.finish(test::one_link())), csv(load(packets, options)))
        << "seed " << seed << " cut " << cut;
  }
}

TEST(LinkLoad, ATimeThatJumpsIsAnErrorThatSaysWhatToDo) {
  PacketList packets = three_seconds();
  packets[2].second.time_ns = 50LL * 365 * 86400 * kSecond;
  LinkLoad load({});
  load.add(table_of(packets, 0, 3));
  try {
    load.finish(test::one_link());
    FAIL() << "50 years of seconds";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(std::string(error.what()).find("longer intervals"), std::string::npos);
  }
  LinkLoad days({.interval_ns = 86'400 * kSecond});
  days.add(table_of(packets, 0, 3));
  EXPECT_EQ(days.finish(test::one_link()).size(), 2U * (50 * 365 + 1));
}

TEST(LinkLoad, NamesAndLengthsAreChecked) {
  EXPECT_THROW(LinkLoad({.interval_ns = 0}), Error);
  EXPECT_THROW(LinkLoad({.prefixes = {prefix("capture", {10, 0, 0, 0}, 8)}}), Error);
  EXPECT_THROW(LinkLoad({.prefixes = {prefix("a,b", {10, 0, 0, 0}, 8)}}), Error);
  EXPECT_THROW(LinkLoad({.prefixes = {prefix("", {10, 0, 0, 0}, 8)}}), Error);
  EXPECT_THROW(
      LinkLoad({.prefixes = {prefix("x", {10, 0, 0, 0}, 8), prefix("x", {11, 0, 0, 0}, 8)}}),
      Error);
  LinkLoad load({});
  load.add(table_of(three_seconds(), 0, 3));
  EXPECT_THROW(load.finish({}), Error);  // link 0 is not there
}

}  // namespace
}  // namespace nta
