// A run takes no more device memory than device_bytes() and the rows at once say, whatever the
// flows are: counted by the emulated device.
#include "kernels/device_place.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/profile.hpp"
#include "tests/kernels/emulated_device.hpp"
#include "tests/kernels/whole_run.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

using Device = test::EmulatedDevice<false>;

struct Shape {
  std::size_t flows, rows;
};

/// B of a run over like flows; all rows are asked for in one table.
template <class Set>
std::size_t peak_of(Shape shape, std::size_t features) {
  std::vector<PackedPacket> packet(shape.flows * shape.rows);
  std::vector<std::uint32_t> id(packet.size());
  for (std::size_t i = 0; i < packet.size(); ++i) {
    packet[i].t = static_cast<std::int64_t>(i) * 1000;
    packet[i].protocol = kProtocolUdp;
    packet[i].ip_len = 128, packet[i].wire_len = 142, packet[i].header_bytes = 28;
    id[i] = static_cast<std::uint32_t>(i % shape.flows);
  }
  std::uint32_t const first_row = 0;
  std::int64_t const base_s = 0;
  test::MemoryUse use;
  DeviceRun<Device> run(load_profile("nta").rules, Device(nullptr, &use));
  test::run_whole<Set>(run,
                       {packet.data(),
                        id.data(),
                        packet.size(),
                        static_cast<std::uint32_t>(shape.flows),
                        {&first_row, &base_s, 1, 1}},
                       shape.flows, features);
  return use.peak;
}

TEST(DeviceMemory, IsBoundForEveryShapeOfFlows) {
  constexpr Shape kShapes[] = {{8192, 1}, {4096, 2}, {400, 20}, {64, 129}, {60, 257}, {1, 16384}};
  for (auto const& shape : kShapes) {
    // 6 B of each row are not cells: its flow, and a share of what describes the columns.
    auto const bound = [&](std::size_t features) {
      return device_bytes(shape.flows * shape.rows) + shape.flows * (8 * features + 6);
    };
    for (auto const features : {std::size_t{1}, std::size_t{NtaSet::Features::kCount}}) {
      EXPECT_LE(peak_of<NtaSet>(shape, features), bound(features)) << shape.flows;
    }
    EXPECT_LE(peak_of<Cic76Set>(shape, 1), bound(1)) << shape.flows;
    EXPECT_LE(peak_of<NfstreamSet>(shape, 1), bound(1)) << shape.flows;
  }
}

}  // namespace
}  // namespace nta
