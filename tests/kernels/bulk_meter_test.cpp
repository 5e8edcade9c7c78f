// The bulk meter equals the streaming meter bit for bit, on every device, for any thread count and
// cutting of the input.
#include "kernels/bulk_meter.hpp"

#include "libnta/core/error.hpp"
#include "tests/kernels/meter_cases.hpp"
#include "tests/kernels/same_table.hpp"
#include "tests/kernels/traffic.hpp"
#include "tests/support/on_each_device.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

using test::cut_evenly;
using test::difference;
using test::make_traffic;
using test::with_sequence;
class BulkMeterOn : public test::OnEachDevice {};
using test::TrafficShape;

template <class Meter>
FeatureTable run(Meter meter, std::vector<PacketTable> const& tables) {
  for (auto const& table : tables) {
    meter.add(table, test::traffic_links());
  }
  return meter.finish();
}

/// Both meters over `tables`; "" if they agree.
std::string compare(Profile const& profile, MeterOptions const& options, Exec const& exec,
                    std::vector<PacketTable> const& whole, std::vector<PacketTable> const& cut) {
  StreamMeter stream(profile, options);
  BulkMeter bulk(profile, options, exec);
  for (auto const& table : whole) {
    stream.add(table, test::traffic_links());
  }
  for (auto const& table : cut) {
    bulk.add(table, test::traffic_links());
  }
  auto text = difference(stream.finish(), bulk.finish());
  if (text.empty() && stream.use().rows != bulk.use().rows) {
    text = "use counts";
  }
  return text;
}

TEST_P(BulkMeterOn, BulkEqualsStreamForEverySize) {
  auto const profile = load_profile("nta");
  for (std::size_t const n : {0, 1, 2, 31, 32, 33, 255, 256, 257, 5000, 100000}) {
    for (std::size_t const keys :
         {std::size_t{1}, std::size_t{7}, std::max<std::size_t>(n / 10, 1)}) {
      auto const table = make_traffic({.packets = n, .keys = keys, .seed = n + keys});
      EXPECT_EQ(compare(profile, with_sequence(5), exec(), {table}, {table}), "")
          << n << " packets, " << keys << " keys";
    }
  }
}

TEST_P(BulkMeterOn, OneFlowOnePerPacketElephant) {
  auto const profile = load_profile("nta");
  auto const check = [&](TrafficShape const& shape, char const* name) {
    auto const table = make_traffic(shape);
    EXPECT_EQ(compare(profile, with_sequence(3), exec(), {table}, {table}), "") << name;
  };
  check({.packets = 20000, .keys = 1, .mean_gap_ns = 1000, .seed = 1}, "one key");
  check({.packets = 20000, .one_each = true, .seed = 2}, "one per packet");
  check({.packets = 400000, .keys = 300, .mean_gap_ns = 500, .elephant = true, .seed = 3},
        "elephant");
}

/// Floods of a few kinds of packets, and of more than are kept at a time, under every set.
TEST_P(BulkMeterOn, FlowsOfOnePacketThatAreAlike) {
  auto const original = make_traffic({.packets = 20000, .one_each = true, .seed = 31});
  for (std::size_t const kinds : {1, 5, 700}) {
    auto table = original;
    for (std::size_t i = 0; i < table.size(); ++i) {
      auto const kind = i * i % kinds;
      table.ip_len[i] = static_cast<std::uint32_t>(40 + kind);
      table.wire_len[i] = table.ip_len[i] + 14;
      table.ttl[i] = 64, table.window[i] = 1000;
      table.bits[i] &= kRowPrimary | kRowSide;
    }
    for (auto const* const set : {"nta", "cic76", "nfstream"}) {
      auto options = with_sequence(2);
      options.features.set = set;
      for (auto const* const name : {"nta", "nfstream", "cic-fixed", "cic-original"}) {
        for (int const threads : {1, 3}) {
          EXPECT_EQ(compare(load_profile(name), options, exec(threads), {table}, {table}), "")
              << kinds << " kinds, set " << set << ", profile " << name;
        }
      }
    }
  }
}

/// A flow that nothing ends, longer than a part: exercises the fold by parts and its merge.
TEST_P(BulkMeterOn, LongFlowIsFoldedInParts) {
  auto const profile = load_profile("nta");
  for (std::size_t const n : {65536, 65537, 300000}) {
    auto const table = test::one_endless_flow(n);
    EXPECT_EQ(compare(profile, with_sequence(2), exec(), {table}, {table}), "") << n;
  }
}

/// Of few keys, so that threads and devices share their segmentation (segment_long.hpp).
TEST_P(BulkMeterOn, LongRunsAreCutInParts) {
  for (auto const* const name : {"nta", "nfstream", "cic-fixed", "cic-original"}) {
    auto const table =
        make_traffic({.packets = 200'000, .keys = 2, .mean_gap_ns = 20'000'000, .seed = 21});
    EXPECT_EQ(compare(load_profile(name), with_sequence(2), exec(2), {table}, {table}), "") << name;
  }
}

TEST_P(BulkMeterOn, ThreadsAndCutsDoNotShow) {
  auto const profile = load_profile("nta");
  auto const table = make_traffic({.packets = 30000, .keys = 800, .seed = 9});
  for (int const threads : {1, 2, 3}) {
    for (std::size_t const rows : {std::size_t{7}, std::size_t{1000}, table.size()}) {
      EXPECT_EQ(compare(profile, with_sequence(8, SequenceFilter::payload), exec(threads), {table},
                        cut_evenly(table, rows)),
                "")
          << threads << " threads, tables of " << rows;
    }
  }
}

TEST_P(BulkMeterOn, OrdersTunnelsAndFilesAsTheProfileSays) {
  auto const table = make_traffic({.packets = 20000, .keys = 300, .seed = 21});
  test::for_each_order_tunnels_and_files([&](Profile const& profile, MeterOptions const& options) {
    EXPECT_EQ(compare(profile, options, exec(2), {table}, cut_evenly(table, 3000)), "");
  });
}

TEST_P(BulkMeterOn, BasesOfTimeMayChange) {
  auto const profile = load_profile("nta");
  auto const table = make_traffic({.packets = 6000, .keys = 20, .mean_gap_ns = 100000, .seed = 4});
  auto parts = cut_evenly(table, 1000);
  // Near, far ahead, beyond +2^62 ns, far behind, and back.
  std::int64_t const shift_s[] = {0, 100, 4'000'000'000'000, -5'000'000'000, 0, 3};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].time_base_s += shift_s[i];
    if (i == 1) {
      for (auto& t : parts[i].time_ns) {
        t -= 100'000'000'000;
      }
    }
  }
  EXPECT_EQ(compare(profile, with_sequence(6), exec(2), parts, parts), "");
}

TEST_P(BulkMeterOn, PacketNumbersMayLieFarApart) {
  auto const table = make_traffic({.packets = 6000, .keys = 20, .seed = 14});
  auto parts = cut_evenly(table, 1000);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].first_index += (std::uint64_t{i} << 32) * 3 / 4;  // some less, some more than 2^32
  }
  for (auto const order : {PacketOrder::capture, PacketOrder::sorted}) {
    auto profile = load_profile("nta");
    profile.rules.order = order;
    EXPECT_EQ(compare(profile, with_sequence(3), exec(), parts, parts), "");
  }
}

TEST_P(BulkMeterOn, OnlySelectedFeaturesAreThere) {
  auto const table = make_traffic({.packets = 3000, .keys = 40, .seed = 5});
  MeterOptions options;
  options.features.include = {"iat_*", "fwd_packets"};
  EXPECT_EQ(compare(load_profile("nta"), options, exec(), {table}, {table}), "");
}

TEST_P(BulkMeterOn, MeterCanBeUsedAgain) {
  auto const table = make_traffic({.packets = 3000, .keys = 40, .seed = 6});
  BulkMeter meter(load_profile("nta"), {}, exec());
  meter.add(table, test::traffic_links());
  auto const first = meter.finish();
  EXPECT_EQ(meter.finish().size(), 0U);
  meter.add(table, test::traffic_links());
  EXPECT_EQ(difference(first, meter.finish()), "");
}

NTA_ON_EACH_DEVICE(BulkMeterOn);

TEST(BulkMeter, RefusesWhatItCannotDo) {
  auto const profile = load_profile("nta");
  EXPECT_THROW(BulkMeter(profile, with_sequence(256), Exec{}), Error);
  EXPECT_THROW(BulkMeter(profile, {}, Exec{.threads = 0}), Error);
  auto table = make_traffic({.packets = 10, .keys = 1, .seed = 1});
  table.keys[0].link = 2;
  BulkMeter meter(profile, {}, Exec{});
  EXPECT_THROW(meter.add(table, test::traffic_links()), Error);
}

TEST(BulkMeter, CudaWithoutADeviceIsADeviceError) {
  if (cuda_available()) {
    GTEST_SKIP() << "a CUDA device is there";
  }
  try {
    BulkMeter const meter(load_profile("nta"), {}, Exec{.device = Exec::Device::cuda});
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
  }
}

}  // namespace
}  // namespace nta
