// Several devices share the queue of partitions: which ones work, what a broken one leaves behind,
// how much of its memory each takes. Devices are emulated (tests/kernels/emulated_machine.hpp).
#include "kernels/bulk_meter.hpp"
#include "libnta/core/error.hpp"
#include "tests/datasets/flow_stream_fixture.hpp"
#include "tests/kernels/emulated_machine.hpp"
#include "tests/support/packet_builder.hpp"
#include "trainers/datasets/partition_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace nta {
namespace {

using test::difference;
using test::emulated_machine;
using test::TableSink;
using test::WithDevices;

constexpr std::size_t kPlenty = std::size_t{1} << 30U;

class EmulatedDevices : public test::FlowStreamOf<testing::Test> {
 protected:
  static FlowRequest on_devices(int threads, int index = -1) {
    auto out = request("nta", "nta");
    out.exec = {.device = Exec::Device::cuda, .threads = threads, .index = index};
    return out;
  }
  static std::vector<int> sorted_places() {
    auto places = emulated_machine().places;
    std::sort(places.begin(), places.end());
    return places;
  }
  PacketTable const table_ = test::make_traffic({.packets = 6000, .keys = 300, .seed = 7});
};

TEST_F(EmulatedDevices, EachHasTwoWorkersWithOnePlaceEach) {
  WithDevices const machine({kPlenty, kPlenty, kPlenty});
  auto const shards = shards_of(table_, 16, 1000);
  TableSink sink;
  stream_flows_of_shards(shards, on_devices(8), bounded(0), sink);
  EXPECT_EQ(difference(expected(table_, on_devices(8)), sink.table()), "");
  EXPECT_EQ(sorted_places(), (std::vector<int>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(emulated_machine().runs.size(), 16U);
  EXPECT_EQ(emulated_machine().live_places, 0);
}

TEST_F(EmulatedDevices, MoreDevicesThanPartitions) {
  WithDevices const machine({kPlenty, kPlenty, kPlenty, kPlenty, kPlenty});
  auto const shards = shards_of(table_, 2, 1000);
  TableSink sink;
  stream_flows_of_shards(shards, on_devices(8), bounded(0), sink);
  EXPECT_EQ(difference(expected(table_, on_devices(8)), sink.table()), "");
  EXPECT_EQ(sorted_places(), (std::vector<int>{0, 1}));
}

TEST_F(EmulatedDevices, OneCanBeNamed) {
  WithDevices const machine({kPlenty, kPlenty, kPlenty});
  auto const shards = shards_of(table_, 4, 1000);
  TableSink sink;
  stream_flows_of_shards(shards, on_devices(8, 1), bounded(0), sink);
  EXPECT_EQ(difference(expected(table_, on_devices(8)), sink.table()), "");
  EXPECT_EQ(sorted_places(), (std::vector<int>{1, 1}));
}

TEST_F(EmulatedDevices, ABrokenOneEndsAll) {
  WithDevices const machine({kPlenty, kPlenty}, 1);
  auto const shards = shards_of(table_, 16, 1000);
  for (std::size_t const memory : {std::size_t{0}, std::size_t{2'000'000}}) {
    emulated_machine().places.clear();
    TableSink sink;
    try {
      stream_flows_of_shards(shards, on_devices(8, memory == 0 ? 1 : -1), bounded(memory), sink);
      // The healthy one may have been faster than the broken one was started.
      EXPECT_EQ(difference(expected(table_, on_devices(8)), sink.table()), "");
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::device);
      EXPECT_NE(std::string(error.what()).find("device 1 is broken"), std::string::npos);
      EXPECT_EQ(sink.blocks(), 0U);
    }
    EXPECT_EQ(emulated_machine().live_places, 0);
    EXPECT_FALSE(emulated_machine().places.empty());
  }
}

/// A quarter of the packets fits a worker's share: partitions go in slices, within it.
TEST_F(EmulatedDevices, PartitionsThatDoNotFitGoInSlices) {
  constexpr std::size_t kPackets = 20'000, kFree = 3 << 19U;
  WithDevices const machine({kFree});
  auto const table = test::make_traffic({.packets = kPackets, .keys = 1500, .seed = 11});
  ASSERT_GT(device_bytes(kPackets), kFree / 10 * 9 / 4 * 3);
  auto const shards = shards_of(table, 1, 2000);
  TableSink sink;
  stream_flows_of_shards(shards, on_devices(2), bounded(0), sink);
  EXPECT_EQ(difference(expected(table, on_devices(2)), sink.table()), "");
  EXPECT_GT(emulated_machine().runs.size(), 1U);
  EXPECT_LE(emulated_machine().most_bytes, kFree / 10 * 9);
}

TEST_F(EmulatedDevices, AKeyThatDoesNotFitIsRefused) {
  WithDevices const machine({2 << 20U});
  auto const table = test::make_traffic({.packets = 40'000, .keys = 1, .seed = 11});
  auto const shards = shards_of(table, 1, 4000);
  TableSink sink;
  try {
    stream_flows_of_shards(shards, on_devices(2), bounded(0), sink);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("--device cpu"), std::string::npos);
  }
}

/// Captures that are given directly: what fits goes at once, what does not through shards, and the
/// rows of either are those of cores.
TEST_F(EmulatedDevices, CapturesWithinMemoryAndDevice) {
  constexpr std::uint32_t kPackets = 16'000, kKeys = 120;
  std::vector<test::Record> records;
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    auto const segment = test::tcp({.source = 1024 + i * 7 % kKeys}, i % 100);
    records.push_back({i % 1000 * 1000, test::ethernet(0x0800, test::ipv4({}, segment)), 0,
                       1'700'000'000 + i / 1000});
  }
  auto const path = folder_ / "made.pcap";
  auto const bytes = test::pcap(records);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<char const*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  IngestOptions input;
  input.paths = {path.string()};
  input.rows_per_table = 1000;
  TableSink cores;
  stream_flows_of_captures(input, request("nta", "nta"), bounded(0), cores);
  auto const whole = cores.table();
  ASSERT_EQ(whole.size(), kKeys);
  struct Limits {
    std::size_t memory, device;
    bool at_once;
  };
  auto const tight = device_bytes(kPackets);
  auto const little = kPackets * BulkMeter::kPacketBytes * 5 / 2;  // 3/8 of it at most is packets'
  for (auto const& [memory, device, at_once] :
       {Limits{0, kPlenty, true}, Limits{std::size_t{1} << 30U, kPlenty, true},
        Limits{little, kPlenty, false}, Limits{0, tight, false}}) {
    WithDevices const machine({device, device});
    TableSink sink;
    auto const result = stream_flows_of_captures(input, on_devices(4), bounded(memory), sink);
    EXPECT_EQ(difference(whole, sink.table()), "") << memory << ", " << device;
    EXPECT_EQ(result.flows, whole.size());
    EXPECT_EQ(emulated_machine().runs.size() == 1, at_once) << memory << ", " << device;
    EXPECT_EQ(emulated_machine().live_places, 0);
  }
}

}  // namespace
}  // namespace nta
