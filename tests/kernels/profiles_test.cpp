// Under every built-in profile, and with rules mixed at will, the bulk meter equals the streaming
// meter bit for bit: left-out packets, dropped flows and forced directions among them.
#include "kernels/bulk_meter.hpp"
#include "tests/kernels/same_table.hpp"
#include "tests/kernels/traffic.hpp"
#include "tests/support/on_each_device.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace nta {
namespace {

using test::cut_table;
using test::difference;
using test::make_traffic;
using test::TrafficShape;
class ProfilesOn : public test::OnEachDevice {};

struct Metered {
  FeatureTable table;
  UseCounts use;
};

template <class Meter>
Metered run(Meter meter, PacketTable const& whole, std::size_t rows) {
  for (std::size_t first = 0; first < whole.size(); first += rows) {
    meter.add(cut_table(whole, first, std::min(whole.size(), first + rows)), test::traffic_links());
  }
  Metered result;
  result.table = meter.finish();
  result.use = meter.use();
  return result;
}

MeterOptions options() {
  MeterOptions with_sequence;
  with_sequence.sequence.n = 4;
  return with_sequence;
}

std::string compare(Metered const& stream, Metered const& bulk) {
  auto text = difference(stream.table, bulk.table);
  return text.empty() && stream.use.rows != bulk.use.rows ? "use counts" : text;
}

/// Rows in another order; the numbers of the records stay.
PacketTable reordered(PacketTable const& t, std::vector<std::size_t> const& order) {
  PacketTable out = t;
  auto const take = [&](auto const& from, auto& to) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      to[i] = from[order[i]];
    }
  };
  take(t.key, out.key), take(t.index, out.index), take(t.time_ns, out.time_ns);
  take(t.wire_len, out.wire_len), take(t.cap_len, out.cap_len), take(t.ip_len, out.ip_len);
  take(t.ip_hdr, out.ip_hdr), take(t.l4_hdr, out.l4_hdr), take(t.tcp_flags, out.tcp_flags);
  take(t.ttl, out.ttl), take(t.window, out.window), take(t.icmp, out.icmp);
  take(t.seq, out.seq), take(t.status, out.status), take(t.bits, out.bits);
  return out;
}

TEST_P(ProfilesOn, BulkEqualsStreamUnderEveryBuiltInProfile) {
  TrafficShape const shapes[] = {{.packets = 300, .keys = 1, .many_ends = true, .seed = 31},
                                 {.packets = 20000, .keys = 3, .many_ends = true, .seed = 32},
                                 {.packets = 20000, .keys = 400, .many_ends = true, .seed = 33},
                                 {.packets = 20000, .keys = 9000, .seed = 34}};
  for (auto const& name : built_in_profile_names()) {
    auto const profile = load_profile(name);
    UseCounts seen;
    for (auto const& shape : shapes) {
      auto const table = make_traffic(shape);
      auto const stream = run(StreamMeter(profile, options()), table, table.size());
      seen.add(stream.use);
      for (int const threads : {1, 2}) {
        for (std::size_t const rows : {std::size_t{97}, std::size_t{4096}, table.size()}) {
          EXPECT_EQ(compare(stream, run(BulkMeter(profile, options(), exec(threads)), table, rows)),
                    "")
              << name << ", " << shape.keys << " keys, " << threads << " threads, tables of "
              << rows;
        }
      }
    }
    EXPECT_GT(seen[RowUse::in_flow], 1000U) << name;
    EXPECT_EQ(seen[RowUse::late_fin] > 0, name == "cic-original") << name;
    EXPECT_EQ(seen[RowUse::single_packet_flow] > 0, name == "cic-original") << name;
  }
}

TEST_P(ProfilesOn, RulesMixAsOneLikes) {
  auto const table = make_traffic({.packets = 8000, .keys = 150, .many_ends = true, .seed = 41});
  for (int variant = 0; variant < 96; ++variant) {
    auto profile = load_profile("nta");
    auto& rules = profile.rules;
    rules.tcp_end = static_cast<TcpEndRule>(variant % 4);
    rules.continuation = static_cast<Continuation>(variant / 4 % 3);
    rules.singles = static_cast<Singles>(variant / 12 % 2);
    rules.compare = static_cast<CompareRule>(variant / 24 % 2);
    rules.order = variant / 48 % 2 == 0 ? PacketOrder::sorted : PacketOrder::capture;
    rules.idle.on = variant % 5 != 0;
    rules.active.limit = rules.idle.limit;
    auto const stream = run(StreamMeter(profile, options()), table, table.size());
    EXPECT_EQ(compare(stream, run(BulkMeter(profile, options(), exec(2)), table, 1000)), "")
        << "variant " << variant;
  }
}

/// Longer than a part, with late FINs in every stretch of it: a part may have few packets or none.
TEST_P(ProfilesOn, LongFlowsWithLeftOutPackets) {
  auto const profile = load_profile("cic-original");
  auto table = make_traffic(
      {.packets = 200000, .keys = 1, .mean_gap_ns = 500, .skipped = false, .seed = 51});
  auto& key = table.keys[0];
  key = PacketKey{};
  key.addr_a[15] = 1, key.addr_b[15] = 2;
  key.protocol = 6, key.port_a = 5, key.port_b = 6, key.ip_version = 4;
  for (std::size_t i = 0; i < table.size(); ++i) {
    table.time_ns[i] = static_cast<std::int64_t>(i) * 700;
    table.tcp_flags[i] = kTcpAck;
    table.l4_hdr[i] = 20;
    table.bits[i] &= kRowSide;
    bool const late = i > 10 && (i % 7 == 0 || (i > 66000 && i < 140000));
    if (late || i == 10) {
      table.tcp_flags[i] = kTcpFin;
      table.bits[i] = 0;
    }
  }
  table.bits[0] = 0;
  auto const stream = run(StreamMeter(profile, options()), table, table.size());
  EXPECT_EQ(stream.table.size(), 1U);
  EXPECT_GT(stream.use[RowUse::late_fin], 70000U);
  for (int const threads : {1, 2}) {
    EXPECT_EQ(
        compare(stream, run(BulkMeter(profile, options(), exec(threads)), table, table.size())),
        "");
  }
}

TEST_P(ProfilesOn, TheGlobalClockRunsInCaptureOrderThoughRowsComeByPartition) {
  auto const profile = load_profile("nfstream");
  auto const table = make_traffic({.packets = 6000, .keys = 90, .seed = 61});
  std::vector<std::size_t> order(table.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return table.key[x] % 4 < table.key[y] % 4;
  });
  auto const stream = run(StreamMeter(profile, options()), table, table.size());
  BulkMeter bulk(profile, options(), exec(2));
  bulk.add(reordered(table, order), test::traffic_links());
  EXPECT_EQ(difference(stream.table, bulk.finish()), "");
}

NTA_ON_EACH_DEVICE(ProfilesOn);

}  // namespace
}  // namespace nta
