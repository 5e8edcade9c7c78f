#include "libnta/capture/pcap_file.hpp"

#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

TEST(PcapFile, ReadsBothByteOrdersInMicroAndNanoseconds) {
  for (bool const big : {false, true}) {
    for (bool const ns : {false, true}) {
      auto const read = read_capture(
          pcap({{250, tcp_packet(), 1500, 1'600'000'000}}, {.big_endian = big, .nanoseconds = ns}));
      ASSERT_EQ(read.frames.size(), 1U) << big << ns;
      EXPECT_EQ(read.frames[0].time_s, 1'600'000'000);
      EXPECT_EQ(read.frames[0].time_ns, ns ? 250U : 250'000U);
      EXPECT_EQ(read.frames[0].wire_len, 1500U);
      EXPECT_EQ(read.bytes[0], tcp_packet());
      EXPECT_EQ(read.fault.kind, FaultKind::none);
    }
  }
}

TEST(PcapFile, TakesSecondsAsUnsigned) {
  auto const read = read_capture(pcap({{0, tcp_packet(), 0, 0xF0000000}}));
  EXPECT_EQ(read.frames.at(0).time_s, 0xF0000000);
}

TEST(PcapFile, CarriesAFractionOfMoreThanASecond) {
  auto const read = read_capture(pcap({{2'500'000, tcp_packet(), 0, 10}}));
  EXPECT_EQ(read.frames.at(0).time_s, 12);
  EXPECT_EQ(read.frames.at(0).time_ns, 500'000'000U);
}

TEST(PcapFile, SwapsLengthsBackInOldVersions) {
  Record const record{0, tcp_packet(), 1500};
  auto const n = static_cast<std::uint32_t>(tcp_packet().size());
  for (unsigned const minor : {2U, 3U}) {
    auto const read = read_capture(pcap({record}, {.minor = minor, .swapped_lengths = true}));
    ASSERT_EQ(read.frames.size(), 1U) << minor;
    EXPECT_EQ(read.frames[0].cap_len, n);
    EXPECT_EQ(read.frames[0].wire_len, 1500U);
  }
  auto const kept = read_capture(pcap({record}, {.minor = 3}));
  EXPECT_EQ(kept.frames.at(0).cap_len, n);
  EXPECT_EQ(kept.frames.at(0).wire_len, 1500U);
}

TEST(PcapFile, TakesTheLinkTypeFromTheLowHalf) {
  TemporaryFolder const folder;
  auto const path = folder.file("x.pcap", pcap({{0, tcp_packet()}}, {.link_type = 0x14000001}));
  EXPECT_EQ(ingest_all({.paths = {path}}).result.links.at(0).link_type, 1U);
}

TEST(PcapFile, AcceptsRecordsBeyondTheSnapshotLength) {
  auto const read = read_capture(pcap({{0, tcp_packet(100)}}, {.snaplen = 64}));
  EXPECT_EQ(read.frames.size(), 1U);
  EXPECT_EQ(read.fault.kind, FaultKind::none);
}

TEST(PcapFile, CutAnywhereGivesTheWholeRecordsAndTheOffsetOfTheTornOne) {
  auto const whole = pcap({{1, tcp_packet()}, {2, tcp_packet(7)}});
  std::size_t const second_at = 24 + 16 + tcp_packet().size();
  for (std::size_t n = 4; n < whole.size(); ++n) {
    auto const read = read_capture({whole.begin(), whole.begin() + static_cast<long>(n)}, 32);
    bool const at_border = n == 24 || n == second_at;
    EXPECT_EQ(read.frames.size(), n >= second_at ? 1U : 0U) << n;
    EXPECT_EQ(read.fault.kind, at_border ? FaultKind::none : FaultKind::torn_record) << n;
    if (!at_border) {
      EXPECT_EQ(read.fault.offset, n < 24 ? 0 : n < second_at ? 24 : second_at) << n;
    }
  }
}

TEST(PcapFile, StopsAtARecordOfMoreThan16MiB) {
  auto bytes = pcap({{1, tcp_packet()}});
  bytes.le(1, 4).le(1, 4).le((16U << 20) + 1, 4).le((16U << 20) + 1, 4).zeros(100);
  auto const read = read_capture(bytes);
  EXPECT_EQ(read.frames.size(), 1U);
  EXPECT_EQ(read.fault.kind, FaultKind::record_too_large);
  EXPECT_EQ(read.fault.offset, 24 + 16 + tcp_packet().size());
}

TEST(PcapFile, ReadsARecordLargerThanTheBuffer) {
  Record const large{1, Bytes(3'000'000, 0x42)};
  auto const read = read_capture(pcap({large, {2, tcp_packet()}}));
  ASSERT_EQ(read.frames.size(), 2U);
  EXPECT_TRUE(read.bytes[0] == large.bytes);
  EXPECT_EQ(read.bytes[1], tcp_packet());
}

}  // namespace
}  // namespace nta::test
