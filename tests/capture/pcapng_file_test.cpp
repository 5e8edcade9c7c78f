#include "libnta/capture/pcapng_file.hpp"

#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

Bytes with_resolution(Pcapng const& file, unsigned resolution, std::uint64_t offset_s = 0) {
  return file.option(9, Bytes{}.u8(resolution))
      .add(file.option(14, Bytes{}.number(offset_s, 8, file.big)))
      .add(file.option(0, {}));
}

TEST(PcapngFile, ReadsBothByteOrdersAndAllThreePacketBlocks) {
  for (bool const big : {false, true}) {
    Pcapng file{big, {}};
    file.section().interface();
    file.enhanced({1'600'000'000'000'001, tcp_packet(), 1500});
    file.old_packet({1'600'000'000'000'002, tcp_packet(3)});
    file.simple(tcp_packet(1), static_cast<std::uint32_t>(tcp_packet(1).size()));
    auto const read = read_capture(file.bytes);
    ASSERT_EQ(read.frames.size(), 3U) << big;
    EXPECT_EQ(read.frames[0].time_s, 1'600'000'000);
    EXPECT_EQ(read.frames[0].time_ns, 1000U);
    EXPECT_EQ(read.frames[0].wire_len, 1500U);
    EXPECT_EQ(read.bytes[0], tcp_packet());
    EXPECT_EQ(read.bytes[1], tcp_packet(3));
    EXPECT_EQ(read.bytes[2], tcp_packet(1));
    EXPECT_TRUE(read.frames[2].no_timestamp);
    EXPECT_EQ(read.frames[2].time_ns, 2000U);  // that of the packet before
    EXPECT_EQ(read.fault.kind, FaultKind::none);
  }
}

TEST(PcapngFile, CutsASimplePacketAtTheInterfacesSnapshotLength) {
  Pcapng file;
  Bytes const captured(64, 0x11);
  file.section().interface(1, 64).simple(captured, 1500);
  auto const read = read_capture(file.bytes);
  EXPECT_EQ(read.frames.at(0).cap_len, 64U);
  EXPECT_EQ(read.frames.at(0).wire_len, 1500U);
}

TEST(PcapngFile, CountsTimeAsEachInterfaceSays) {
  Pcapng file;
  file.section().interface(1, 0, with_resolution(file, 9));
  file.interface(1, 0, with_resolution(file, 0x80 | 10, 100));
  file.interface(1, 0, with_resolution(file, 6, static_cast<std::uint64_t>(-5)));
  file.enhanced({2'000'000'001, tcp_packet()}, 0);
  file.enhanced({1536, tcp_packet()}, 1);
  file.enhanced({1'500'000, tcp_packet()}, 2);
  auto const read = read_capture(file.bytes);
  ASSERT_EQ(read.frames.size(), 3U);
  EXPECT_EQ(read.frames[0].time_s, 2);
  EXPECT_EQ(read.frames[0].time_ns, 1U);
  EXPECT_EQ(read.frames[1].time_s, 101);
  EXPECT_EQ(read.frames[1].time_ns, 500'000'000U);
  EXPECT_EQ(read.frames[2].time_s, -4);
  EXPECT_EQ(read.frames[2].time_ns, 500'000'000U);
}

TEST(PcapngFile, StartsInterfacesAndByteOrderAnewInEachSection) {
  Pcapng little;
  little.section().interface(1, 0, with_resolution(little, 9)).enhanced({7, tcp_packet()});
  Pcapng big{true, {}};
  big.section().interface().enhanced({7, tcp_packet()}).enhanced({8, tcp_packet()}, 1);
  auto const read = read_capture(Bytes(little.bytes).add(big.bytes));
  ASSERT_EQ(read.frames.size(), 3U);
  EXPECT_EQ(read.frames[0].time_ns, 7U);
  EXPECT_EQ(read.frames[1].time_ns, 7000U);
  EXPECT_NE(read.frames[1].interface, nullptr);
  EXPECT_EQ(read.frames[2].interface, nullptr);  // not described in this section
}

TEST(PcapngFile, CountsOtherBlocksByType) {
  Pcapng file;
  file.section().interface().block(4, Bytes(8)).block(5, Bytes(2'000'000)).block(4, Bytes(4));
  file.enhanced({1, tcp_packet()});
  CaptureFile capture(std::make_unique<MemorySource>(file.bytes), "memory");
  Frame frame;
  EXPECT_EQ(capture.next(frame), ReadStatus::frame);
  EXPECT_EQ(capture.next(frame), ReadStatus::end);
  EXPECT_EQ(capture.skipped_blocks(), (std::map<std::uint32_t, std::uint64_t>{{4, 2}, {5, 1}}));
}

/// Section, interface and a good packet, then the given bytes.
ReadFile behind_a_packet(Bytes const& bad, std::uint64_t& bad_at) {
  Pcapng file;
  file.section().interface().enhanced({1, tcp_packet()});
  bad_at = file.bytes.size();
  return read_capture(file.bytes.add(bad));
}

TEST(PcapngFile, StopsAtABadBlockWithItsOffset) {
  std::vector<Bytes> const bad{
      Bytes{}.le(4, 4).le(8, 4).le(8, 4),              // shorter than its frame
      Bytes{}.le(4, 4).le(14, 4).zeros(2).le(14, 4),   // no multiple of 4
      Bytes{}.le(4, 4).le(16, 4).zeros(4).le(20, 4),   // unlike its trailer
      Bytes{}.le(6, 4).le(16, 4).zeros(4).le(20, 4),   // the same for a packet
      Bytes{}.le(6, 4).le(20, 4).zeros(8).le(20, 4),   // no room for its fields
      Bytes{}.le(3, 4).le(12, 4).le(12, 4),            // the same
      Bytes{}.le(3, 4).le(16, 4).le(60, 4).le(16, 4),  // simple packet of 60, 0 there
      Bytes{}.le(1, 4).le(16, 4).zeros(4).le(16, 4),   // interface without fields
      Bytes{}.le(6, 4).le(32, 4).zeros(12).le(4, 4).le(4, 4).le(32, 4),  // captured 4, 0 there
      Bytes{}.be32(0x0A0D0D0A).le(28, 4).le(0x12345678, 4).zeros(12).le(28, 4),
      Bytes{}.be32(0x0A0D0D0A).le(28, 4).le(0x1A2B3C4D, 4).le(9, 2).zeros(10).le(28, 4)};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    std::uint64_t bad_at = 0;
    auto const read = behind_a_packet(bad[i], bad_at);
    EXPECT_EQ(read.frames.size(), 1U) << i;
    EXPECT_EQ(read.fault.kind, FaultKind::bad_block) << i;
    EXPECT_EQ(read.fault.offset, bad_at) << i;
  }
}

TEST(PcapngFile, StopsAtARecordOfMoreThan16MiB) {
  std::uint64_t bad_at = 0;
  auto const read =
      behind_a_packet(Bytes{}.le(6, 4).le(64U << 20, 4).zeros(12).le(60U << 20, 4), bad_at);
  EXPECT_EQ(read.frames.size(), 1U);
  EXPECT_EQ(read.fault.kind, FaultKind::record_too_large);
  EXPECT_EQ(read.fault.offset, bad_at);
}

TEST(PcapngFile, CutAnywhereGivesTheWholePacketsAndATornRecord) {
  Pcapng file;
  file.section().interface();
  std::size_t const packet_at = file.bytes.size();
  file.enhanced({1, tcp_packet()});
  std::size_t const other_at = file.bytes.size();
  file.block(4, Bytes(40));
  for (std::size_t n = 12; n < file.bytes.size(); ++n) {
    auto const read =
        read_capture({file.bytes.begin(), file.bytes.begin() + static_cast<long>(n)}, 24);
    bool const at_border = n == 28 || n == packet_at || n == other_at;
    EXPECT_EQ(read.frames.size(), n >= other_at ? 1U : 0U) << n;
    EXPECT_EQ(read.fault.kind, at_border ? FaultKind::none : FaultKind::torn_record) << n;
    if (!at_border) {
      EXPECT_EQ(read.fault.offset, n < 28          ? 0
                                   : n < packet_at ? 28
                                   : n < other_at  ? packet_at
                                                   : other_at)
          << n;
    }
  }
}

TEST(PcapngFile, SurvivesOptionsThatLie) {
  Pcapng file;
  Bytes lying;
  lying.le(9, 2).le(60'000, 2).u8(9);  // claims more than the block has
  file.section().interface(1, 0, lying).enhanced({1, tcp_packet()});
  auto const read = read_capture(file.bytes);
  EXPECT_EQ(read.frames.at(0).time_ns, 1000U);  // the default resolution
}

}  // namespace
}  // namespace nta::test
