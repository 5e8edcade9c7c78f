// The formula of traffic_model.hpp equals what pointers that count have counted, stage by stage,
// for every family of feature sets; what it predicts is within the budget. Staging takes turns.
#include "kernels/traffic_model.hpp"

#include "kernels/staged_upload.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/profile.hpp"
#include "tests/kernels/emulated_device.hpp"
#include "tests/kernels/whole_run.hpp"

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

namespace nta {
namespace {

using Device = test::EmulatedDevice<true>;

/// Flows one after the other in turns, so that a flow's packets lie apart.
struct EvenTraffic {
  std::vector<PackedPacket> packet;
  std::vector<std::uint32_t> id;
  std::uint32_t first_row = 0;
  std::int64_t base_s = 0;

  explicit EvenTraffic(TrafficShapeOf const& shape) {
    for (std::size_t i = 0; i < shape.packets(); ++i) {
      FlowPacket p;
      p.t = static_cast<std::int64_t>(i) * 1000;
      p.protocol = kProtocolUdp;
      p.ip_len = 128, p.wire_len = 142, p.header_bytes = 28, p.payload_bytes = 100;
      packet.push_back(pack(p));
      id.push_back(static_cast<std::uint32_t>(i % shape.flows));
    }
  }
  SelectedPackets selected(std::uint32_t n_keys) {
    return {packet.data(), id.data(), packet.size(), n_keys, {&first_row, &base_s, 1, 1}};
  }
};

template <class Set>
Device::Tally counted(TrafficShapeOf const& shape) {
  EvenTraffic traffic(shape);
  Device::Tally tally{};
  DeviceRun<Device> run(load_profile("nta").rules, Device(&tally));
  test::run_whole<Set>(run, traffic.selected(static_cast<std::uint32_t>(shape.flows)), shape.flows,
                       shape.features);
  return tally;
}

template <class Set>
void expect_equal(std::size_t flows, std::size_t rows, int id_bits, std::size_t features) {
  TrafficShapeOf const shape{flows, rows, id_bits, features};
  auto const tally = counted<Set>(shape);
  for (int s = 0; s < kStages; ++s) {
    auto const stage = static_cast<Stage>(s);
    auto const predicted = moved(stage, shape);
    EXPECT_EQ(predicted.read, tally[static_cast<std::size_t>(s)].read) << kStageNames[s];
    EXPECT_EQ(predicted.written, tally[static_cast<std::size_t>(s)].written) << kStageNames[s];
  }
}

TEST(TrafficModel, CountedBytesAreTheFormulas) {
  expect_equal<NtaSet>(512, 20, 9, NtaSet::Features::kCount);
  expect_equal<Cic76Set>(512, 20, 9, Cic76Set::Features::kCount);
  expect_equal<NfstreamSet>(128, 8, 7, NfstreamSet::Features::kCount);
  expect_equal<NtaSet>(256, 32, 8, 5);
}

/// 20 packets a flow, 16.7 M flows, all features.
TEST(TrafficModel, BudgetsHold) {
  for (auto const features :
       {NtaSet::Features::kCount, Cic76Set::Features::kCount, NfstreamSet::Features::kCount}) {
    TrafficShapeOf const shape{std::size_t{1} << 24, 20, 24, static_cast<std::size_t>(features)};
    EXPECT_LE(bytes_per_packet(shape), 220);
    auto const h100 = predicted_packets_per_second(shape, kCards[1].bandwidth);
    EXPECT_GE(h100, 5e9);
    RecordProperty("bytes_per_packet_" + std::to_string(features),
                   std::to_string(bytes_per_packet(shape)));
    RecordProperty("predicted_h100_" + std::to_string(features), std::to_string(h100));
  }
}

TEST(TrafficModel, ReadmeShowsIt) {
  std::ifstream file(std::string(NTA_SOURCE_DIR) + "/kernels/README.md");
  std::string const text((std::istreambuf_iterator<char>(file)), {});
  TrafficShapeOf const shape{std::size_t{1} << 24, 20, 24, NtaSet::Features::kCount};
  auto const n = static_cast<double>(shape.packets());
  for (int s = 0; s < kStages; ++s) {
    auto const one = moved(static_cast<Stage>(s), shape);
    auto const cells = fmt::format(" | {:.1f} | {:.1f} | ", static_cast<double>(one.read) / n,
                                   static_cast<double>(one.written) / n);
    auto const line = text.find(fmt::format("\n| {} | ", kStageNames[s]));
    ASSERT_NE(line, std::string::npos) << kStageNames[s];
    EXPECT_NE(text.substr(line + 1, text.find('\n', line + 1) - line).find(cells),
              std::string::npos)
        << kStageNames[s] << cells;
  }
  auto const sum = fmt::format("Together {:.1f} B, so {:.2e} packets/s **predicted** on an H100",
                               bytes_per_packet(shape),
                               predicted_packets_per_second(shape, kCards[1].bandwidth));
  EXPECT_NE(text.find(sum), std::string::npos) << sum;
}

TEST(PackedPacket, NothingIsLost) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (std::uint8_t const protocol : {std::uint8_t{1}, std::uint8_t{6}, std::uint8_t{17}}) {
      FlowPacket p;
      p.t = -5 - std::int64_t{bits};
      p.wire_len = UINT32_MAX, p.ip_len = UINT32_MAX - 1, p.header_bytes = 1275;
      p.payload_bytes = p.ip_len - 1275;
      p.window = UINT16_MAX, p.ttl = 255, p.tcp_flags = 254, p.l4_header_bytes = 255;
      p.protocol = protocol;
      p.seq = protocol == 1 ? 0 : UINT32_MAX - bits;
      p.icmp = protocol == 1 && (bits & 1) != 0 ? 0xFFFF : -1;
      p.tcp_header = protocol == 6 && (bits & 1) != 0;
      p.side = (bits & 2) != 0 ? 1 : 0;
      p.fragment = (bits & 4) != 0;
      p.one_sided = (bits & 8) != 0;
      p.ipv6 = (bits & 16) != 0;
      p.left_out = (bits & 32) != 0;
      auto const q = unpack(pack(p));
      EXPECT_EQ(std::tie(p.t, p.wire_len, p.ip_len, p.payload_bytes, p.seq, p.header_bytes,
                         p.window, p.icmp, p.side, p.protocol, p.tcp_flags, p.ttl,
                         p.l4_header_bytes, p.fragment, p.tcp_header),
                std::tie(q.t, q.wire_len, q.ip_len, q.payload_bytes, q.seq, q.header_bytes,
                         q.window, q.icmp, q.side, q.protocol, q.tcp_flags, q.ttl,
                         q.l4_header_bytes, q.fragment, q.tcp_header));
      EXPECT_EQ(p.one_sided, q.one_sided);
      EXPECT_EQ(p.ipv6, q.ipv6);
      EXPECT_EQ(p.left_out, q.left_out);
    }
  }
}

/// A copy engine that is one chunk behind: a slot may be filled again only when its copy is over.
struct SlowCopies {
  std::vector<int> arrived, slot[2];
  std::size_t first_of[2] = {0, 0};
  bool busy[2] = {false, false};
  void wait(std::size_t s) {
    if (busy[s]) {
      std::copy(slot[s].begin(), slot[s].end(),
                arrived.begin() + static_cast<std::ptrdiff_t>(first_of[s]));
    }
    busy[s] = false;
  }
  void fill(std::size_t s, std::size_t first, std::size_t n) {
    EXPECT_FALSE(busy[s]);
    slot[s].assign(n, 0);
    std::iota(slot[s].begin(), slot[s].end(), static_cast<int>(first));
  }
  void send(std::size_t s, std::size_t first, std::size_t) { busy[s] = true, first_of[s] = first; }
};

TEST(StagedUpload, EverythingArrivesOnce) {
  for (std::size_t const n : {0, 1, 9, 10, 11, 35}) {
    SlowCopies copies;
    copies.arrived.assign(n, -1);
    staged_upload(n, 10, copies);
    copies.wait(0), copies.wait(1);
    std::vector<int> all(n);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(copies.arrived, all);
  }
}

}  // namespace
}  // namespace nta
