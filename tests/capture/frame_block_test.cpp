// Frames in blocks must be those that come one by one, whatever the buffer, the block and the
// file; what they borrow must stay until the block has been used.
#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/frame_intake.hpp"
#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nta::test {
namespace {

/// A frame with all that it borrows.
struct Seen {
  Bytes bytes;
  std::uint32_t wire_len;
  std::int64_t time_s;
  std::uint32_t time_ns;
  bool no_timestamp;
  std::uint32_t interface, link_type;
  bool operator==(Seen const&) const = default;
};

Seen seen(Frame const& frame) {
  bool const known = frame.interface != nullptr;
  Bytes bytes;
  bytes.assign(frame.data, frame.data + frame.cap_len);
  return {bytes,
          frame.wire_len,
          frame.time_s,
          frame.time_ns,
          frame.no_timestamp,
          known ? frame.interface->number : UINT32_MAX,
          known ? frame.interface->link_type : UINT32_MAX};
}

struct Outcome {
  std::vector<Seen> frames;
  FaultKind fault = FaultKind::none;
  std::uint64_t offset = 0;
  std::map<std::uint32_t, std::uint64_t> skipped;
  bool operator==(Outcome const&) const = default;
};

Outcome one_by_one(Bytes const& file) {
  CaptureFile capture(std::make_unique<MemorySource>(file), "memory");
  Outcome out;
  Frame frame;
  while (capture.next(frame) == ReadStatus::frame) out.frames.push_back(seen(frame));
  out.fault = capture.fault().kind;
  out.offset = capture.fault().offset;
  out.skipped = capture.skipped_blocks();
  return out;
}

Outcome in_blocks(Bytes const& file, std::size_t buffer_bytes, std::size_t block_frames) {
  CaptureFile capture(std::make_unique<MemorySource>(file), "memory", buffer_bytes);
  Outcome out;
  std::vector<Frame> frames(block_frames);
  while (std::size_t const n = capture.next_block(frames)) {
    EXPECT_LE(n, block_frames);
    for (std::size_t i = 0; i < n; ++i) out.frames.push_back(seen(frames[i]));
  }
  EXPECT_EQ(capture.next_block(frames), 0U);  // and stays so
  out.fault = capture.fault().kind;
  out.offset = capture.fault().offset;
  out.skipped = capture.skipped_blocks();
  return out;
}

void expect_same(Bytes const& file, char const* what) {
  Outcome const expected = one_by_one(file);
  for (std::size_t const buffer_bytes : {16U, 100U, 1000U, 5000U, 1U << 17}) {
    for (std::size_t const block_frames : {1U, 2U, 7U, 64U}) {
      EXPECT_TRUE(in_blocks(file, buffer_bytes, block_frames) == expected)
          << what << ", buffer " << buffer_bytes << ", block " << block_frames;
    }
  }
}

std::vector<Record> some_records(std::size_t n) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < n; ++i) {
    auto const size = random_bits(1, i) % 300;
    records.push_back({static_cast<std::uint32_t>(i), Bytes(size, static_cast<std::uint8_t>(i)),
                       static_cast<std::uint32_t>(size + i % 3), 100});
  }
  return records;
}

TEST(FrameBlocks, OfPcapFilesAreTheirFrames) {
  auto const records = some_records(200);
  ASSERT_EQ(one_by_one(pcap(records)).frames.size(), 200U);
  expect_same(pcap(records), "little");
  expect_same(pcap(records, {.big_endian = true, .nanoseconds = true}), "big");
  expect_same(pcap(records, {.minor = 2, .swapped_lengths = true}), "swapped");
  expect_same(pcap({}), "no records");
  Bytes torn = pcap(records);
  torn.resize(torn.size() - 1);
  expect_same(torn, "torn");
  Bytes damaged = pcap(some_records(20));
  damaged.le(1, 4).le(1, 4).le((16U << 20) + 1, 4).le(1, 4).zeros(100);
  expect_same(damaged, "too large");
}

TEST(FrameBlocks, OfPcapngFilesKeepTheirInterfaces) {
  Pcapng file;
  file.section().interface(1).interface(101);
  for (unsigned i = 0; i < 50; ++i) {
    file.enhanced({i, Bytes(i * 7, 0x33)}, i % 3);
    if (i % 5 == 0) file.old_packet({i, Bytes(10, 0x44)});
    if (i % 7 == 0) file.simple(Bytes(20, 0x55), 20);
    if (i % 11 == 0) file.block(4, Bytes(40));
    if (i % 13 == 0) file.interface(113);  // may move what frames point to
    if (i % 17 == 0) file.section().interface(12);
  }
  EXPECT_GT(one_by_one(file.bytes).frames.size(), 60U);
  expect_same(file.bytes, "whole");
  Bytes torn = file.bytes;
  torn.resize(torn.size() - 5);
  expect_same(torn, "torn");
  expect_same(Bytes(file.bytes).le(6, 4).le(16, 4).zeros(4).le(20, 4), "bad block");
  expect_same(Bytes(file.bytes).le(6, 4).le(8, 4), "too short a block");
}

/// Plain packets, others and far times in any order, between two addresses or among many.
std::vector<Record> mixed_records(std::size_t n) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < n; ++i) {
    auto const random = random_bits(7, i);
    auto const host = static_cast<std::uint8_t>(random >> 20 & 7);
    Bytes const packets[] = {
        ethernet(0x0800, ipv4({.protocol = 6}, tcp({}, 40))),
        ethernet(0x0800, ipv4({.protocol = 17}, udp(53, 4000, 40))),
        ethernet(0x0800, ipv4({.protocol = 17}, udp(53, 4000, 1))), ethernet(0x0806, Bytes(46)),
        ethernet(0x0800, ipv4({.protocol = 4}, ipv4({.protocol = 6}, tcp({}, 40))))};
    Bytes bytes = packets[random % 16 < 13 ? random % 2 : 2 + random / 16 % 3];
    bytes[14 + 15] = host;  // the last byte of the source's address, or something of ARP
    auto const second = random >> 32 & 3;
    records.push_back({static_cast<std::uint32_t>(random >> 40 & 0xFF), bytes, 60,
                       static_cast<std::uint32_t>(second == 3 ? 4'200'000'000U : 100 + second)});
  }
  return records;
}

// Runs of plain frames count time and order in ways of their own.
TEST(FrameBlocks, GiveTheTablesOfFramesOneByOne) {
  TemporaryFolder const folder;
  for (std::size_t const n : {1U, 2U, 255U, 256U, 257U, 600U, 3000U}) {
    auto const records = mixed_records(n);
    auto const path = folder.file("a.pcap", pcap(records));
    std::uint64_t n_regressions = 0;
    for (std::size_t i = 1; i < n; ++i) {
      auto const time = [&](std::size_t k) {
        return std::pair(records[k].seconds, records[k].time_units);
      };
      n_regressions += time(i) < time(i - 1) ? 1 : 0;
    }
    for (std::uint32_t const rows : {1U, 5U, 256U, 300U, 10'000U}) {
      auto const all = ingest_all({.paths = {path}, .rows_per_table = rows});
      ASSERT_EQ(all.result.regressions, n_regressions) << n;
      std::vector<PacketTable> tables;
      PacketSink const sink = [&](PacketTable&& table) { tables.push_back(std::move(table)); };
      auto const intake =
          std::make_unique<FrameIntake>(IngestOptions{.paths = {}, .rows_per_table = rows}, sink);
      auto file = CaptureFile::open(path);
      Frame frame;
      while (file.next(frame) == ReadStatus::frame) intake->add(frame, 0);
      IngestResult one_by_one;
      one_by_one.inputs.emplace_back().packets = n;
      intake->finish(one_by_one);
      EXPECT_EQ(one_by_one.regressions, n_regressions);
      EXPECT_EQ(one_by_one.accounting.notes, all.result.accounting.notes);
      ASSERT_EQ(tables.size(), all.tables.size());
      for (std::size_t t = 0; t < tables.size(); ++t) {
        EXPECT_LE(tables[t].size(), std::max(rows, 2U));  // two layers of a record stay together
        EXPECT_EQ(tables[t].keys, all.tables[t].keys);
        EXPECT_EQ(tables[t].key, all.tables[t].key);
        EXPECT_EQ(tables[t].index, all.tables[t].index);
        EXPECT_EQ(tables[t].time_ns, all.tables[t].time_ns);
        EXPECT_EQ(tables[t].bits, all.tables[t].bits);
        EXPECT_EQ(tables[t].status, all.tables[t].status);
      }
    }
  }
}

}  // namespace
}  // namespace nta::test
