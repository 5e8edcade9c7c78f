#include "libnta/capture/ingest.hpp"

#include "libnta/core/error.hpp"
#include "tests/capture/compression.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

namespace nta::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Counts = std::map<std::string, std::uint64_t>;

std::vector<Record> numbered(std::uint32_t first_second, std::size_t n) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < n; ++i) {
    records.push_back({0, tcp_packet(i), 0, first_second + static_cast<std::uint32_t>(i)});
  }
  return records;
}
std::vector<std::uint32_t> wire_lengths(Ingested const& all) {
  std::vector<std::uint32_t> lengths;
  for (auto const& table : all.tables) {
    lengths.insert(lengths.end(), table.wire_len.begin(), table.wire_len.end());
  }
  return lengths;
}

TEST(Ingest, GivesARowPerPacketWithTimesSinceTheFirstSecond) {
  TemporaryFolder const folder;
  auto const path =
      folder.file("a.pcap", pcap({{500, tcp_packet(5), 1500, 100}, {250, tcp_packet(), 0, 102}}));
  auto const all = ingest_all({.paths = {path}});
  ASSERT_EQ(all.tables.size(), 1U);
  PacketTable const& table = all.tables[0];
  EXPECT_EQ(table.time_base_s, 100);
  EXPECT_THAT(table.time_ns, ElementsAre(500'000, 2'000'250'000));
  EXPECT_THAT(table.index, ElementsAre(0, 1));
  EXPECT_THAT(table.wire_len, ElementsAre(1500, 54));
  EXPECT_THAT(table.cap_len, ElementsAre(59, 54));
  EXPECT_THAT(table.ip_len, ElementsAre(45, 40));
  EXPECT_THAT(table.key, ElementsAre(0, 0));
  EXPECT_THAT(table.status, ElementsAre(0, 0));
  EXPECT_THAT(table.ip_hdr, ElementsAre(5, 5));
  ASSERT_EQ(table.keys.size(), 1U);
  EXPECT_EQ(all.result.inputs.at(0).packets, 2U);
  EXPECT_EQ(all.result.links.at(0).resolution, "1e-6");
}

TEST(Ingest, ASkippedPacketHasARowWithItsReasonAndItsLinkOnly) {
  TemporaryFolder const folder;
  auto const path =
      folder.file("a.pcap", pcap({{0, ethernet(0x0806, Bytes(28))},
                                  {0, {}, 60},
                                  {0, ethernet(0x8100, tag(5, 0x88CC, Bytes(40)))},
                                  {0, tcp_packet()},
                                  {0, ethernet(40, Bytes{}.be(0x424203, 3).zeros(37))}}));
  auto const all = ingest_all({.paths = {path}});
  PacketTable const& table = all.tables.at(0);
  EXPECT_THAT(table.status, ElementsAre(5, 1, 6, 0, 6));
  EXPECT_THAT(table.key, ElementsAre(0, 0, 0, 1, 0));
  EXPECT_EQ(table.keys[0], PacketKey{});
  EXPECT_EQ(table.bits[0], kRowPrimary);
  EXPECT_EQ(table.ip_len[2], 0U);
  Accounting const& accounting = all.result.accounting;
  EXPECT_EQ(accounting.read, 5U);
  EXPECT_EQ(accounting.used, 1U);
  EXPECT_EQ(accounting.skipped, (Counts{{"arp", 1}, {"empty_record", 1}, {"non_ip", 2}}));
  EXPECT_EQ(accounting.ethertypes, (Counts{{"0x88cc", 1}, {"llc 0x42", 1}}));
}

TEST(Ingest, TablesHoldAtMostSoManyRowsAndEachHasKeysOfItsOwn) {
  TemporaryFolder const folder;
  auto const path = folder.file("a.pcap", pcap(numbered(100, 10)));
  for (std::uint32_t const rows : {1U, 3U, 10U, 1000U}) {
    auto const all = ingest_all({.paths = {path}, .rows_per_table = rows});
    std::uint64_t next_index = 0;
    for (auto const& table : all.tables) {
      EXPECT_LE(table.size(), rows);
      EXPECT_EQ(table.first_index, next_index);
      EXPECT_EQ(table.time_base_s, 100);
      EXPECT_EQ(table.keys.size(), 1U);
      next_index += table.size();
    }
    EXPECT_EQ(next_index, 10U) << rows;
  }
}

TEST(Ingest, ARecordsRowsStayTogether) {
  TemporaryFolder const folder;
  auto const tunnelled = ethernet(0x0800, ipv4({.protocol = 4}, ipv4({}, tcp({}))));
  auto const path =
      folder.file("a.pcap", pcap({{0, tcp_packet()}, {0, tunnelled}, {0, tunnelled}}));
  auto const all = ingest_all({.paths = {path}, .rows_per_table = 4});
  ASSERT_EQ(all.tables.size(), 2U);
  EXPECT_THAT(all.tables[0].index, ElementsAre(0, 1, 1));
  EXPECT_THAT(all.tables[1].index, ElementsAre(0, 0));
  EXPECT_EQ(all.tables[1].first_index, 2U);
  EXPECT_EQ(ingest_all({.paths = {path}, .rows_per_table = 1}).tables.size(), 3U);
}

TEST(Ingest, ASinkThatLeavesTheTableGetsTheSameRows) {
  TemporaryFolder const folder;
  auto const path = folder.file("a.pcap", pcap(numbered(100, 100)));
  std::vector<std::uint32_t> lengths;
  ingest({.paths = {path}, .rows_per_table = 7}, [&](PacketTable&& table) {
    ASSERT_EQ(table.rows().bits.size(), table.size());
    lengths.insert(lengths.end(), table.wire_len.begin(), table.wire_len.end());
  });
  EXPECT_EQ(lengths, wire_lengths(ingest_all({.paths = {path}})));
}

TEST(Ingest, NumbersRecordsOnOverFilesInArgumentOrder) {
  TemporaryFolder const folder;
  auto const b = folder.file("b.pcap", pcap(numbered(300, 2)));
  auto const a = folder.file("a.pcap", pcap(numbered(100, 3)));
  auto const all = ingest_all({.paths = {b, a}});
  EXPECT_THAT(all.tables.at(0).index, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(all.tables[0].time_ns.back(), -198'000'000'000);
  EXPECT_EQ(all.result.regressions, 1U);
  EXPECT_EQ(all.result.inputs.at(1).first_index, 2U);
  EXPECT_EQ(all.result.inputs.at(1).packets, 3U);
}

TEST(Ingest, MergesFilesByTimeWithTiesInArgumentOrder) {
  TemporaryFolder const folder;
  auto const record = [](std::uint32_t second, std::uint32_t wire_len) {
    return Record{0, tcp_packet(), wire_len, second};
  };
  auto const a = folder.file("a.pcap", pcap({record(2, 102), record(5, 105), record(6, 106)}));
  auto const b = folder.file("b.pcap.gz", gzip(pcap({record(1, 201), record(5, 205)})));
  auto const c = folder.file("c.pcap", pcap({}));
  auto const all = ingest_all({.paths = {a, b, c}, .file_order = IngestOptions::FileOrder::time});
  EXPECT_THAT(wire_lengths(all), ElementsAre(201, 102, 105, 205, 106));
  EXPECT_EQ(all.tables.at(0).time_base_s, 1);
  EXPECT_EQ(all.result.regressions, 0U);
  EXPECT_EQ(all.result.inputs[2].packets, 0U);
}

TEST(Ingest, TheFileIsPartOfTheKeyUnlessJoined) {
  TemporaryFolder const folder;
  auto const a = folder.file("a.pcap", pcap(numbered(100, 1)));
  auto const b = folder.file("b.pcap", pcap(numbered(200, 1)));
  auto const apart = ingest_all({.paths = {a, b}});
  EXPECT_THAT(apart.tables.at(0).key, ElementsAre(0, 1));
  EXPECT_EQ(apart.result.links.size(), 2U);
  auto const joined = ingest_all({.paths = {a, b}, .join = true});
  EXPECT_THAT(joined.tables.at(0).key, ElementsAre(0, 0));
  EXPECT_EQ(joined.result.links.size(), 1U);
}

TEST(Ingest, FragmentsFindTheirPortsWithinAFileAndOverJoinedFiles) {
  TemporaryFolder const folder;
  auto const part = [](unsigned fragment) {
    return ethernet(0x0800, ipv4({.protocol = 17, .fragment = fragment}, udp(4000, 53, 40)));
  };
  auto const a = folder.file("a.pcap", pcap({{0, part(0x2000)}, {1, part(6)}}));
  auto const b = folder.file("b.pcap", pcap({{2, part(12)}}));
  auto const apart = ingest_all({.paths = {a, b}});
  EXPECT_THAT(apart.tables.at(0).key, ElementsAre(0, 0, 1));
  EXPECT_EQ(apart.result.accounting.notes,
            (Counts{{"fragment_first", 1}, {"fragment_later", 2}, {"frag_unresolved", 1}}));
  auto const joined = ingest_all({.paths = {a, b}, .join = true});
  EXPECT_THAT(joined.tables.at(0).key, ElementsAre(0, 0, 0));
}

TEST(Ingest, UnknownInterfacesAreSkippedAndCounted) {
  TemporaryFolder const folder;
  Pcapng file;
  file.section().interface(1, 0, file.option(2, {'e', 't', 'h', '0'}));
  file.enhanced({1, tcp_packet()}).enhanced({2, tcp_packet()}, 9).block(0x0BAD, Bytes(4));
  auto const all = ingest_all({.paths = {folder.file("a.pcapng", file.bytes)}});
  EXPECT_THAT(all.tables.at(0).status, ElementsAre(0, 13));
  EXPECT_EQ(all.result.accounting.skipped, (Counts{{"unknown_interface", 1}}));
  EXPECT_EQ(all.result.accounting.blocks, (Counts{{"0x00000bad", 1}}));
  EXPECT_EQ(all.result.links.at(0).name, "eth0");
}

TEST(Ingest, InterfacesGiveLinksOfTheirOwn) {
  TemporaryFolder const folder;
  Pcapng file;
  file.section().interface().interface(101);
  file.enhanced({1, ipv4({}, tcp({}))}, 1).enhanced({2, tcp_packet()}, 0);
  auto const all = ingest_all({.paths = {folder.file("a.pcapng", file.bytes)}});
  EXPECT_THAT(all.tables.at(0).status, ElementsAre(0, 0));
  ASSERT_EQ(all.result.links.size(), 2U);
  EXPECT_EQ(all.result.links[0].interface, 1U);
  EXPECT_EQ(all.result.links[0].link_type, 101U);
}

/// A packet at this many seconds.
Pcapng& at(Pcapng& file, std::uint64_t second) {
  return file.enhanced({second, tcp_packet()});
}

TEST(Ingest, ATimeTooFarFromTheBaseStartsATableWithItsOwnUpTo16Times) {
  TemporaryFolder const folder;
  Pcapng file;
  file.section().interface(1, 0, file.option(9, Bytes{}.u8(0)));
  at(at(file, 1000), 4'611'686'018 + 1000);  // 2^62 ns is 4,611,686,018.4 s
  for (std::uint64_t i = 0; i < 18; ++i) at(file, i % 2 == 0 ? 9'000'000'000 : 1000);
  at(file, UINT64_MAX);
  auto const all = ingest_all({.paths = {folder.file("a.pcapng", file.bytes)}});
  ASSERT_EQ(all.tables.size(), 17U);
  EXPECT_EQ(all.tables[0].size(), 2U);
  EXPECT_EQ(all.tables[1].time_base_s, 9'000'000'000);
  EXPECT_EQ(all.tables[1].time_ns.at(0), 0);
  // Bases 2 to 17 are those of i = 0..15; i = 16 is too far from 1000, i = 17 is at it.
  EXPECT_THAT(all.tables[16].status, ElementsAre(0, 14, 0, 14));
  EXPECT_EQ(all.result.accounting.skipped, (Counts{{"time_out_of_range", 2}}));
}

TEST(Ingest, ATornFileIsUsedToTheTearAndSaysWhere) {
  TemporaryFolder const folder;
  auto torn = pcap(numbered(100, 3));
  torn.resize(torn.size() - 1);
  auto const a = folder.file("a.pcap", torn);
  auto const b = folder.file("b.pcap", pcap(numbered(200, 1)));
  auto const all = ingest_all({.paths = {a, b}});
  EXPECT_EQ(all.result.accounting.read, 3U);
  ASSERT_EQ(all.result.inputs[0].faults.size(), 1U);
  FileFault const& fault = all.result.inputs[0].faults[0];
  EXPECT_EQ(fault.name, "torn_record");
  EXPECT_EQ(fault.offset, 24U + (16 + 54) + (16 + 55));
  EXPECT_EQ(fault.packets_before, 2U);
  EXPECT_EQ(fault.text, a + ": ends in the middle of a record at byte 165; the 2 packets before it "
                            "are used");
  EXPECT_EQ(all.result.inputs[0].bytes, torn.size());
}

TEST(Ingest, AWrongFileAmongManyFailsBeforeAnyTable) {
  TemporaryFolder const folder;
  auto const good = folder.file("a.pcap", pcap(numbered(100, 3)));
  for (auto const order : {IngestOptions::FileOrder::argument, IngestOptions::FileOrder::time}) {
    for (std::string const& bad : {folder.file("b.pcap", Bytes(100, 'x')),
                                   folder.file("empty.pcap", {}), folder.path() + "/absent.pcap"}) {
      int n_tables = 0;
      try {
        ingest({.paths = {good, bad}, .file_order = order}, [&](PacketTable&&) { ++n_tables; });
        FAIL() << bad;
      } catch (Error const& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_THAT(error.what(), HasSubstr(bad));
      }
      EXPECT_EQ(n_tables, 0);
    }
  }
}

TEST(Ingest, WhatTheSinkThrowsPassesThrough) {
  TemporaryFolder const folder;
  auto const path = folder.file("a.pcap", pcap(numbered(100, 3)));
  EXPECT_THROW(ingest({.paths = {path}},
                      [](PacketTable&&) { fail(ErrorKind::storage, "the disk is full"); }),
               Error);
}

/// A pipe that holds these bytes and has no writer any more; the descriptor of its end to read.
int pipe_with(Bytes const& bytes) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  return ends[0];
}

TEST(Ingest, ReadsStandardInputAndPipesThoughTheyCanBeReadOnlyOnce) {
  int const saved = ::dup(STDIN_FILENO);
  for (auto const order : {IngestOptions::FileOrder::argument, IngestOptions::FileOrder::time}) {
    int const input = pipe_with(pcap(numbered(100, 2)));
    ASSERT_EQ(::dup2(input, STDIN_FILENO), STDIN_FILENO);
    int const other = pipe_with(pcap(numbered(200, 3)));
    auto const all =
        ingest_all({.paths = {"-", "/dev/fd/" + std::to_string(other)}, .file_order = order});
    EXPECT_THAT(wire_lengths(all), ElementsAre(54, 55, 54, 55, 56));
    EXPECT_EQ(all.result.inputs.at(0).bytes, pcap(numbered(100, 2)).size());
    ::close(input);
    ::close(other);
  }
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

TEST(Ingest, MergesMoreFilesThanAProcessMayHoldOpen) {
  TemporaryFolder const folder;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  for (std::uint32_t i = 0; i < 100; ++i) {
    folder.file("f" + std::to_string(i) + ".pcap", pcap(numbered(1000 - 5 * i, 2)));
  }
  rlimit few = limit;
  few.rlim_cur = 40;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  auto const all =
      ingest_all({.paths = {folder.path()}, .file_order = IngestOptions::FileOrder::time});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(all.result.accounting.used, 200U);
  EXPECT_EQ(all.result.regressions, 0U);
}

TEST(Ingest, ACaptureWithoutPacketsGivesNoTable) {
  TemporaryFolder const folder;
  auto const all = ingest_all({.paths = {folder.file("a.pcap", pcap({}))}});
  EXPECT_TRUE(all.tables.empty());
  EXPECT_EQ(all.result.accounting.read, 0U);
}

}  // namespace
}  // namespace nta::test
