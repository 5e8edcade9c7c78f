// Packet sequences: which packets, which size, padding, and fields left out.
#include "libnta/flows/sequence.hpp"

#include "tests/flows/metering.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta {
namespace {

using test::host_key;
using test::meter;
using test::TableMaker;
using test::with_sequence;
using testing::ElementsAre;

TEST(Sequence, OfAllPackets) {
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 5, .side = 1, .flags = kTcpSyn, .window = 9});
  maker.add(host_key(1, 1000), {.time_ns = 8, .side = 0, .payload = 100});
  FeatureTable const table = meter({maker.table()}, with_sequence(3));
  SequenceColumns const& s = table.sequence;
  EXPECT_EQ(s.n, 3);
  EXPECT_EQ(s.packets, "all");
  EXPECT_EQ(s.size_basis, "ip");
  EXPECT_THAT(s.count, ElementsAre(2));
  EXPECT_THAT(s.direction, ElementsAre(0, 1, -1));
  EXPECT_THAT(s.size, ElementsAre(40, 140, -1));
  EXPECT_THAT(s.gap_ns, ElementsAre(0, 3, -1));
  EXPECT_THAT(s.flags, ElementsAre(kTcpSyn, kTcpAck, 0));
  EXPECT_THAT(s.window, ElementsAre(9, 1000, 0));
}

TEST(Sequence, OfPayloadPacketsAndChosenFields) {
  TableMaker maker;
  maker.add(host_key(1, 1000), {.time_ns = 5});
  maker.add(host_key(1, 1000), {.time_ns = 8, .payload = 100});
  maker.add(host_key(1, 1000), {.time_ns = 9});
  maker.add(host_key(1, 1000), {.time_ns = 20, .payload = 50});
  maker.add(host_key(1, 1000), {.time_ns = 21, .payload = 60});
  MeterOptions options = with_sequence(2);
  options.sequence.packets = SequenceFilter::payload;
  options.sequence.size = SequenceBasis::payload;
  options.sequence.has_flags = options.sequence.has_window = false;
  SequenceColumns const s = meter({maker.table()}, options).sequence;
  EXPECT_THAT(s.count, ElementsAre(2));
  EXPECT_THAT(s.size, ElementsAre(100, 50));
  EXPECT_THAT(s.gap_ns, ElementsAre(0, 12));  // to the previous payload packet
  EXPECT_TRUE(s.flags.empty());
  EXPECT_TRUE(s.window.empty());
  options.sequence.size = SequenceBasis::wire;
  EXPECT_THAT(meter({maker.table()}, options).sequence.size, ElementsAre(154, 104));
}

TEST(Sequence, LongerFlowsAreCutAndLaterFlowsStartAnew) {
  TableMaker maker;
  for (int i = 0; i < 6; ++i) {
    maker.add(host_key(1, 1000, 17), {.time_ns = i * 40 * test::kSecond});
  }
  maker.add(host_key(1, 1000, 17), {.time_ns = 900 * test::kSecond, .side = 1});
  SequenceColumns const s = meter({maker.table()}, with_sequence(2)).sequence;
  EXPECT_THAT(s.count, ElementsAre(2, 1));
  EXPECT_THAT(s.gap_ns, ElementsAre(0, 40 * test::kSecond, 0, -1));
  EXPECT_THAT(s.direction, ElementsAre(0, 0, 0, -1));
}

}  // namespace
}  // namespace nta
