// The meter end to end on made-up tables: rules, identity, accounting, sequences, and the laws that
// chunks, time bases and other flows' packets cannot show.
#include "libnta/flows/stream_meter.hpp"

#include "libnta/core/error.hpp"
#include "tests/flows/metering.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace nta {
namespace {

using test::csv;
using test::host_key;
using test::kSecond;
using test::meter;
using test::number;
using test::Row;
using test::TableMaker;
using test::with_sequence;
using testing::ElementsAre;

/// Rows [first, last) as a table with keys and time base of its own.
PacketTable slice(PacketTable const& whole, std::size_t first, std::size_t last,
                  std::int64_t base_shift_s) {
  TableMaker maker(whole.time_base_s + base_shift_s, whole.first_index + whole.index[first]);
  for (std::size_t i = last; i > first; --i) {  // keys in another order
    maker.add(whole.keys[whole.key[i - 1]], {});
  }
  PacketTable part = maker.table();
  std::vector<PacketKey> const keys = part.keys;
  part = whole;
  auto const cut = [&](auto& column) {
    using Column = std::remove_reference_t<decltype(column)>;
    auto const at = [&](std::size_t i) { return column.begin() + static_cast<std::ptrdiff_t>(i); };
    column = Column(at(first), at(last));
  };
  cut(part.key), cut(part.index), cut(part.time_ns), cut(part.wire_len), cut(part.cap_len);
  cut(part.ip_len), cut(part.ip_hdr), cut(part.l4_hdr), cut(part.tcp_flags), cut(part.ttl);
  cut(part.tos), cut(part.window), cut(part.icmp), cut(part.seq), cut(part.ack);
  cut(part.status), cut(part.bits);
  part.first_index = whole.first_index + part.index[0];
  part.time_base_s = whole.time_base_s + base_shift_s;
  std::uint32_t const index_0 = part.index[0];
  for (std::size_t i = 0; i < part.size(); ++i) {
    part.index[i] -= index_0;
    part.time_ns[i] -= base_shift_s * kSecond;
    PacketKey const& key = whole.keys[part.key[i]];
    part.key[i] =
        static_cast<std::uint32_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
  }
  part.keys = keys;
  return part;
}

std::vector<PacketTable> slices(PacketTable const& whole, std::size_t rows, bool own_bases) {
  std::vector<PacketTable> parts;
  for (std::size_t first = 0; first < whole.size(); first += rows) {
    std::int64_t const shift =
        own_bases ? static_cast<std::int64_t>(parts.size() % 5) * 77 - 90 : 0;
    parts.push_back(slice(whole, first, std::min(whole.size(), first + rows), shift));
  }
  return parts;
}

/// n rows of a few keys, with clocks that sometimes run back and pauses beyond every time-out.
PacketTable random_table(std::uint64_t seed, std::size_t n) {
  test::Draw draw(seed);
  TableMaker maker;
  std::int64_t t = 0;
  for (std::size_t i = 0; i < n; ++i) {
    t += draw.one_in(30) ? static_cast<std::int64_t>(draw.below(400)) * kSecond
                         : test::random_gap(draw) / 4;
    auto const host = static_cast<std::uint8_t>(1 + draw.below(5));
    std::uint8_t const protocol = host == 5 ? 17 : 6;
    Row row;
    row.time_ns = draw.one_in(10) ? t - static_cast<std::int64_t>(draw.below(3'000'000'000)) : t;
    row.side = static_cast<std::uint8_t>(draw.below(2));
    row.flags = static_cast<std::uint8_t>(draw.one_in(3) ? draw.below(32) : std::uint64_t{kTcpAck});
    row.payload = static_cast<std::uint32_t>(draw.one_in(2) ? 0 : draw.below(1400));
    row.seq = static_cast<std::uint32_t>(draw.below(10'000));
    row.status = draw.one_in(25) ? 5 : 0;
    maker.add(host_key(host, 1000, protocol), row);
  }
  return maker.table();
}

TEST(StreamMeter, ChunksAndTimeBasesDoNotShow) {
  for (std::size_t const n : test::odd_sizes()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      PacketTable const whole = random_table(seed + n, n);
      std::string const expected = csv(meter({whole}, with_sequence(5)));
      for (std::size_t const rows : {1, 7, 1000}) {
        EXPECT_EQ(csv(meter(slices(whole, rows, false), with_sequence(5))), expected)
            << n << " rows in chunks of " << rows << ", seed " << seed;
        EXPECT_EQ(csv(meter(slices(whole, rows, true), with_sequence(5))), expected)
            << n << " rows, other bases, chunks of " << rows << ", seed " << seed;
      }
    }
  }
}

TEST(StreamMeter, EveryUsedRowIsInAFlowAndRowsAscend) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    PacketTable const whole = random_table(seed, 500);
    StreamMeter meter(load_profile("nta"), {});
    meter.add(whole, test::one_link());
    FeatureTable const table = meter.finish();
    auto const used = static_cast<std::uint64_t>(
        std::count(whole.status.begin(), whole.status.end(), std::uint8_t{0}));
    EXPECT_EQ(meter.use()[RowUse::in_flow], used);
    double packets = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      packets += number(table, "packets", i);
    }
    EXPECT_EQ(packets, static_cast<double>(used));
    EXPECT_TRUE(
        std::is_sorted(table.identity.first_packet.begin(), table.identity.first_packet.end()));
    EXPECT_GT(table.size(), 5U);
  }
}

TEST(StreamMeter, AMeterIsEmptyAfterFinish) {
  StreamMeter meter(load_profile("nta"), {});
  meter.add(random_table(1, 50), test::one_link());
  EXPECT_GT(meter.finish().size(), 0U);
  EXPECT_EQ(meter.finish().size(), 0U);
}

TEST(StreamMeter, OtherFlowsPacketsDoNotChangeAFlow) {
  PacketTable const mixed = random_table(9, 300);
  FeatureTable const all = meter({mixed});
  for (auto const& key : mixed.keys) {
    TableMaker alone;
    for (std::size_t i = 0; i < mixed.size(); ++i) {
      Row row{mixed.time_ns[i], static_cast<std::uint8_t>(mixed.bits[i] & 1), mixed.tcp_flags[i],
              mixed.ip_len[i] - 4U * mixed.ip_hdr[i] - mixed.l4_hdr[i], mixed.seq[i]};
      row.status = mixed.keys[mixed.key[i]] == key ? mixed.status[i] : std::uint8_t{1};
      alone.add(key, row);  // status 1: not used, but the record keeps its number
    }
    std::string const text = csv(meter({alone.table()}));
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    std::string const whole = csv(all);
    while (std::getline(lines, line)) {
      EXPECT_NE(whole.find("\n" + line + "\n"), std::string::npos);
    }
  }
}

TEST(StreamMeter, IdentityNamesTheForwardSideAsSource) {
  TableMaker maker(1'600'000'000, 40);
  maker.add(host_key(1, 1000), {.time_ns = 250, .side = 0, .flags = kTcpSyn | kTcpAck});
  maker.add(host_key(1, 1000), {.time_ns = 300, .side = 1, .flags = kTcpAck, .payload = 5});
  FeatureTable const table = meter({maker.table()});
  FlowIdentity const& id = table.identity;
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(id.src_ip[0][15], 1);  // 10.0.1.1: the SYN+ACK went there
  EXPECT_EQ(id.src_ip[0][14], 1);
  EXPECT_EQ(id.src_port[0], 443);
  EXPECT_EQ(id.dst_port[0], 1000);
  EXPECT_EQ(id.src_mac[0], 0x020000000100ULL);
  EXPECT_EQ(id.first_packet[0], 40U);
  EXPECT_EQ(id.last_packet[0], 41U);
  EXPECT_EQ(id.start_s[0], 1'600'000'000);
  EXPECT_EQ(id.start_ns[0], 250U);
  EXPECT_EQ(id.protocol[0], 6);
  EXPECT_EQ(id.ip_version[0], 4);
  EXPECT_EQ(id.flow_end_reason[0], 5);
  EXPECT_EQ(id.continuation_of[0], -1);
  EXPECT_EQ(number(table, "fwd_payload_bytes"), 5);
}

TEST(StreamMeter, TwoHoursOfUdpAreAChainWithOneSource) {
  TableMaker maker;
  PacketKey const key = host_key(1, 1000, 17);
  for (int i = 0; i < 80; ++i) {  // every 100 s, answers only from packet 5 on
    maker.add(key, {.time_ns = i * 100 * kSecond, .side = static_cast<std::uint8_t>(i > 4)});
  }
  FlowIdentity const id = meter({maker.table()}).identity;
  EXPECT_THAT(id.first_packet, ElementsAre(0, 18, 36, 54, 72));
  EXPECT_THAT(id.continuation_of, ElementsAre(-1, 0, 18, 36, 54));
  EXPECT_THAT(id.flow_end_reason, ElementsAre(2, 2, 2, 2, 5));
  for (auto const port : id.src_port) {
    EXPECT_EQ(port, 1000);
  }
}

TEST(StreamMeter, AClockThatRunsBackStandsStillWithinItsKey) {
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 10 * kSecond});
  maker.add(host_key(2, 1000), {.time_ns = 4 * kSecond});  // another key: its own clock
  maker.add(host_key(1, 1000), {.time_ns = 4 * kSecond});  // counts as 10 s
  maker.add(host_key(1, 1000), {.time_ns = 11 * kSecond});
  FeatureTable const table = meter({maker.table()});
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(number(table, "duration_ns", 0), 1e9);
  EXPECT_EQ(number(table, "iat_min_ns", 0), 0);
  EXPECT_EQ(table.identity.start_s[1], 1'600'000'004);
}

TEST(StreamMeter, OnePacketDated2100ChangesItsFlowOnly) {
  PacketTable table = random_table(4, 200);
  std::size_t odd = 100;
  while (table.status[odd] != 0) {
    ++odd;
  }
  PacketKey const key = table.keys[table.key[odd]];
  FeatureTable const before = meter({table});
  table.time_ns[odd] += 80LL * 365 * 86400 * kSecond;
  FeatureTable const after = meter({table});
  auto const others = [&](FeatureTable const& flows) {
    std::vector<std::pair<std::uint64_t, double>> result;
    for (std::size_t i = 0; i < flows.size(); ++i) {
      bool const same =
          flows.identity.src_ip[i] == key.addr_a || flows.identity.dst_ip[i] == key.addr_a;
      if (!same) {
        result.emplace_back(flows.identity.first_packet[i], number(flows, "iat_std_ns", i));
      }
    }
    return result;
  };
  EXPECT_EQ(others(before), others(after));
  EXPECT_NE(csv(before), csv(after));
}

TEST(StreamMeter, APacketBeyondTheTimeRangeCutsItsFlowAndNoOther) {
  std::int64_t const far_s = 6'000'000'000;  // more than 2^62 ns away
  TableMaker near_times(1'600'000'000, 0);
  near_times.add(host_key(1, 1000), {.time_ns = 0}).add(host_key(2, 1000), {.time_ns = 5});
  TableMaker far_times(1'600'000'000 + far_s, 2);
  far_times.add(host_key(1, 1000), {.time_ns = 3});
  TableMaker near_again(1'600'000'000, 3);
  near_again.add(host_key(2, 1000), {.time_ns = 9});
  FeatureTable const table = meter({near_times.table(), far_times.table(), near_again.table()});
  EXPECT_THAT(table.identity.first_packet, ElementsAre(0, 1, 2));
  EXPECT_THAT(table.identity.flow_end_reason, ElementsAre(1, 5, 5));
  EXPECT_THAT(table.identity.start_s,
              ElementsAre(1'600'000'000, 1'600'000'000, 1'600'000'000 + far_s));
  EXPECT_EQ(number(table, "duration_ns", 1), 4);
}

TEST(StreamMeter, ASynFloodHasAsManyFlowsAsPackets) {
  TableMaker maker;
  for (std::uint16_t port = 1; port <= 300; ++port) {
    maker.add(host_key(1, port), {.time_ns = port, .flags = kTcpSyn});
  }
  FeatureTable const table = meter({maker.table()});
  EXPECT_EQ(table.size(), 300U);
  EXPECT_EQ(number(table, "tcp_state", 299), 1);
}

TEST(StreamMeter, PingAndReplyAreOneFlow) {
  PacketKey key = host_key(1, 0, 1, 0);
  key.icmp_class = 8 << 8;
  TableMaker maker;
  maker.add(key, {.side = 0, .payload = 56, .icmp = 8 << 8});
  maker.add(key, {.time_ns = 9, .side = 1, .payload = 56, .icmp = 0});
  FeatureTable const table = meter({maker.table()});
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(number(table, "icmp_type"), 8);
  EXPECT_EQ(number(table, "first_reply_ns"), 9);
  EXPECT_EQ(number(table, "tcp_state"), 0);
}

TEST(StreamMeter, TheFileIsPartOfTheKeyUnlessFilesAreJoined) {
  std::vector<CaptureLink> links = test::one_link();
  links.push_back(links[0]);
  links[1].file = 1;
  PacketKey key = host_key(1, 1000, 17);
  TableMaker maker;
  maker.add(key, {});
  key.link = 1;
  maker.add(key, {.time_ns = 5});
  for (bool const join : {true, false}) {
    MeterOptions options;
    options.join_files = join;
    StreamMeter meter(load_profile("nta"), options);
    meter.add(maker.table(), links);
    FeatureTable const table = meter.finish();
    EXPECT_EQ(table.size(), join ? 1U : 2U);
    EXPECT_EQ(table.identity.capture.back(), join ? 0U : 1U);
  }
}

TEST(StreamMeter, RowsOutsideTheProfileAreCountedByReason) {
  Profile profile = load_profile("nta");
  profile.rules.drop = static_cast<std::uint16_t>(1U << static_cast<unsigned>(RowUse::short_frame));
  profile.rules.protocols_ipv4 = ProtocolSet{};
  profile.rules.protocols_ipv4.word[0] = 1ULL << 6;
  PacketKey tunnel = host_key(1, 1000);
  tunnel.path = 4;
  TableMaker maker;
  maker.add(host_key(1, 1000), {});
  maker.add(host_key(1, 1000), {.cap_len = 20});
  maker.add(host_key(1, 1000, 17), {});
  maker.add(host_key(1, 1000, 6), {.bits = 4 << kRowNextShift});  // its inner row counts
  maker.add(tunnel, {});
  maker.add(tunnel, {.status = 4});
  StreamMeter meter(profile, {});
  meter.add(maker.table(), test::one_link());
  EXPECT_EQ(meter.use()[RowUse::in_flow], 2U);
  EXPECT_EQ(meter.use()[RowUse::short_frame], 1U);
  EXPECT_EQ(meter.use()[RowUse::not_in_profile], 1U);
  EXPECT_EQ(meter.use()[RowUse::other_layer], 1U);
  FeatureTable const table = meter.finish();
  EXPECT_THAT(table.identity.tunnel, ElementsAre(0, 4));
}

TEST(StreamMeter, BothLayersOfAFrameInLayerOrder) {
  Profile profile = load_profile("nta");
  profile.rules.tunnels = Tunnels::both;
  PacketKey inner = host_key(2, 1000, 17);
  inner.path = 4;
  TableMaker maker;
  maker.add(host_key(1, 1000, 17), {.bits = 4 << kRowNextShift}).add(inner, {});
  PacketTable table = maker.table();
  table.index = {0, 0};  // two rows of one record
  FeatureTable const flows = meter({table}, {}, profile);
  EXPECT_THAT(flows.identity.tunnel, ElementsAre(0, 4));
  EXPECT_THAT(flows.identity.first_packet, ElementsAre(0, 0));
}

TEST(StreamMeter, OrdersOfTheProfile) {
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 10});
  maker.add(host_key(2, 1000), {.time_ns = 30});
  maker.add(host_key(1, 1000), {.time_ns = 7});
  Profile profile = load_profile("nta");
  profile.rules.order = PacketOrder::capture;
  EXPECT_EQ(number(meter({maker.table()}, {}, profile), "iat_min_ns"), -3);
  profile.rules.order = PacketOrder::monotone;
  EXPECT_EQ(number(meter({maker.table()}, {}, profile), "iat_min_ns"), 20);
  profile.rules.order = PacketOrder::monotone_key;
  EXPECT_EQ(number(meter({maker.table()}, {}, profile), "iat_min_ns"), 0);
  PacketTable by_partition = maker.table();
  std::swap(by_partition.index[0], by_partition.index[2]);
  profile.rules.order = PacketOrder::monotone;
  EXPECT_THROW(meter({by_partition}, {}, profile), Error);
}

TEST(StreamMeter, WhatCannotBeMeteredIsRefused) {
  EXPECT_THROW(StreamMeter(load_profile("nta"), with_sequence(256)), Error);
  EXPECT_THROW(StreamMeter(load_profile("nta"), with_sequence(-1)), Error);
  StreamMeter meter(load_profile("nta"), {});
  EXPECT_THROW(meter.add(random_table(1, 3), {}), Error);  // no links
}

TEST(StreamMeter, ProvenanceNamesProfileAndSet) {
  MeterOptions options;
  options.features.include = {"*packets"};
  FeatureTable const table = meter({random_table(1, 10)}, options);
  EXPECT_EQ(table.provenance.profile_sha256, load_profile("nta").sha256);
  EXPECT_EQ(table.provenance.set_name, "nta");
  EXPECT_EQ(table.provenance.set_sha256, select_features(options.features).sha256);
  EXPECT_EQ(table.features.size(), select_features(options.features).size());
}

}  // namespace
}  // namespace nta
