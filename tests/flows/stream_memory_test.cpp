// What the streaming meter promises to take: 300 B a flow of a flood, 700 B a mature flow of set
// nta. Its own account is held against the allocator's.
#include "libnta/capture/ingest.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/flow_bodies.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/many_flows.hpp"
#include "tests/flows/traffic.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <malloc.h>
#include <map>
#include <tuple>

namespace nta {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFloodBytes = 300, kMatureBytes = 700;

std::size_t allocated() {
  auto const info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct Held {
  std::size_t accounted = 0, allocated = 0, open = 0;
};

/// Flows of n packets each, all of them open at the end.
Held held_by(std::size_t flows, std::size_t packets, std::string const& set = "nta") {
  std::size_t const before = allocated();
  MeterOptions options;
  options.features.set = set;
  StreamMeter meter(load_profile("nta"), options);
  {
    test::ManyFlows traffic(flows, packets);
    while (traffic.next()) {
      meter.add(traffic.table(), test::one_link());
    }
  }
  return {meter.memory_bytes(), allocated() - before, meter.open()};
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKnowsAllocated = false;
#else
constexpr bool kKnowsAllocated = true;
#endif

void expect_true_account(Held const& held) {
  if (kKnowsAllocated) {
    EXPECT_NEAR(static_cast<double>(held.allocated), static_cast<double>(held.accounted),
                0.01 * static_cast<double>(held.accounted));
  }
}

TEST(StreamMemory, AFloodTakesAtMost300BytesAFlow) {
  Held const held = held_by(250'000, 1);
  EXPECT_EQ(held.open, 250'000U);
  EXPECT_LE(held.accounted, kFloodBytes * held.open);
  expect_true_account(held);
}

TEST(StreamMemory, AMatureFlowTakesAtMost700Bytes) {
  Held const held = held_by(50'000, 40);
  EXPECT_EQ(held.open, 50'000U);
  EXPECT_LE(held.accounted, kMatureBytes * held.open);
  expect_true_account(held);
}

/// Also while they grow, whatever their number of packets.
TEST(StreamMemory, NoAgeTakesMore) {
  for (std::size_t const packets : {2, 3, 5, 8, 9, 12, 20, 100}) {
    Held const held = held_by(5'000, packets);
    std::size_t const states = 2U << 20U;  // those that are not packed, parts of pages
    EXPECT_LE(held.accounted, kMatureBytes * held.open + states) << packets << " packets";
  }
}

TEST(StreamMemory, FlowsOfSetsWithLargerStatesArePackedToo) {
  EXPECT_LE(held_by(20'000, 40, "cic76").accounted, 20'000U * 800U);
  EXPECT_LE(held_by(20'000, 40, "nfstream").accounted, 20'000U * kMatureBytes);
}

/// What take_ended() and finish() give back is used again.
TEST(StreamMemory, EndedFlowsLeaveNothingBehind) {
  StreamMeter meter(load_profile("nta"), {});
  std::size_t first = 0;
  for (std::uint64_t round = 0; round < 12; ++round) {
    test::ManyFlows traffic(3'000, 12, round);
    while (traffic.next()) {
      meter.add(traffic.table(), test::one_link());
      meter.sweep();
      meter.take_ended(SIZE_MAX);
    }
    first = round == 1 ? meter.memory_bytes() : first;
  }
  EXPECT_LE(meter.memory_bytes(), first * 11 / 10);
  meter.finish();
  EXPECT_LT(meter.memory_bytes(), std::size_t{1} << 18U);
}

/// B of a flow with that packed state: record, four slots of the index, its block.
std::size_t bytes_of_flow(std::size_t packed) {
  BlockPool pool;
  return sizeof(FlowRecord) + 4 * sizeof(std::uint32_t) + 4 + pool.capacity(pool.take(packed, 0));
}

struct Mature {
  std::size_t flows = 0, bytes = 0, most = 0;
};

/// All packets of a key as one flow, whatever would have ended it: states are the larger for it.
void add_mature(std::string const& path, Mature& mature) {
  using Key = std::tuple<IpAddress, IpAddress, std::uint16_t, std::uint16_t, std::uint8_t>;
  std::map<Key, std::pair<std::uint32_t, std::size_t>> flows;  // slot, packets
  FlowStatesOf<NtaSet> states;
  Rules const rules = load_profile("nta").rules;
  ingest({.paths = {path}}, [&](PacketTable&& table) {
    RawRows const rows = raw(table.rows());
    for (std::size_t i = 0; i < table.size(); ++i) {
      PacketKey const& key = table.keys[rows.key[i]];
      if (rows.status[i] != 0) {
        continue;
      }
      auto const [flow, is_new] =
          flows.try_emplace({key.addr_a, key.addr_b, key.port_a, key.port_b, key.protocol},
                            static_cast<std::uint32_t>(flows.size()), 0);
      if (is_new) {
        states.start(flow->second.first, 0);
      }
      states.add(flow->second.first,
                 packet_at(rows, i, {key.protocol, key.ip_version, false}, rows.time_ns[i]), rules);
      flow->second.second += 1;
    }
  });
  for (auto const& [key, flow] : flows) {
    if (flow.second >= 32) {
      std::size_t const bytes = bytes_of_flow(states.pack(flow.first).size());
      mature.flows += 1;
      mature.bytes += bytes;
      mature.most = std::max(mature.most, bytes);
    }
  }
}

TEST(StreamMemory, MatureFlowsOfRealCaptures) {
  NTA_SHARED_OR_SKIP(folder, ".");
  Mature mature;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    auto const name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.find(".pcap") == std::string::npos) {
      continue;
    }
    try {
      add_mature(entry.path().string(), mature);
    } catch (Error const&) {  // no capture, or none that can be read: the ingest tests' business
    }
  }
  RecordProperty("flows", static_cast<int>(mature.flows));
  RecordProperty("mean", static_cast<int>(mature.bytes / std::max<std::size_t>(mature.flows, 1)));
  RecordProperty("most", static_cast<int>(mature.most));
  EXPECT_GT(mature.flows, 100U);
  EXPECT_LE(mature.most, kMatureBytes);
}

}  // namespace
}  // namespace nta
