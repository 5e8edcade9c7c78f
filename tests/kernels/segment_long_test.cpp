// A long run, walked from event to event, is marked bit for bit as when it is walked packet by
// packet: for all rules that profiles can combine, for seeded packets with few and with many
// events.
#include "kernels/segment_long.hpp"

#include "kernels/parts.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/flows/profile.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <tuple>
#include <vector>

namespace nta {
namespace {

/// Packets of one key.
struct Run {
  std::vector<PackedPacket> packet;
  std::vector<std::uint32_t> row;
  std::vector<std::uint8_t> mark;

  GroupedRows rows() { return {{packet.data(), row.data()}, row.size()}; }
};

struct Mixture {
  unsigned events_in;  // one packet in so many
  bool one_sided;
  std::uint8_t protocol;
};

Run make_run(std::size_t n, Mixture const& mixture, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto const one_in = [&](std::uint64_t of) { return random() % of == 0; };
  Run run;
  std::int64_t now = 1000;
  for (std::size_t i = 0; i < n; ++i) {
    FlowPacket p;
    now += static_cast<std::int64_t>(random() % 20);
    p.tcp_flags = 16;
    if (one_in(mixture.events_in)) {
      switch (random() % 6) {
        case 0:
          now += 100 + static_cast<std::int64_t>(random() % 300);
          break;
        case 1:
          now -= static_cast<std::int64_t>(random() % 50);
          break;
        default:
          p.tcp_flags = static_cast<std::uint8_t>(random() % 32);
      }
    }
    p.t = now;
    p.protocol = mixture.protocol;
    p.icmp = mixture.protocol == kProtocolIcmp ? static_cast<std::int32_t>(random() % 3 * 257) : -1;
    p.side = static_cast<std::uint8_t>(random() % 2);
    p.one_sided = mixture.one_sided;
    run.packet.push_back(pack(p));
  }
  run.row.resize(n);
  std::iota(run.row.begin(), run.row.end(), 0U);
  run.mark.assign(n, 0xA5);
  return run;
}

constexpr std::uint32_t kRunFirst = 0;
std::int64_t const kBase = 0;

SegmentRun walk_of(Run& run, Rules const& rules) {
  return {run.rows(), &kRunFirst, 1, run.packet.size(), run.mark.data(), {&kRunFirst, &kBase, 1, 1},
          rules};
}

void segment_in_parts(Run& run, Rules const& rules, std::uint32_t part_rows) {
  FlowParts parts;
  parts.add_flow(0, static_cast<std::uint32_t>(run.packet.size()), part_rows);
  auto const n_parts = parts.part.size();
  bool const monotone = rules.order == PacketOrder::monotone_key;
  std::vector<std::int64_t> clock(n_parts);
  std::vector<std::uint32_t> event(n_parts * part_rows), n_events(n_parts);
  if (monotone) {
    for (auto k = n_parts; k-- > 0;) {
      ClockOfPart{run.rows(), parts.part.data(), clock.data()}(k);
    }
    ScanClocks{parts.first.data(), clock.data()}(0);
  }
  for (auto k = n_parts; k-- > 0;) {
    FindEvents<GroupedRows, std::uint8_t*>{
        run.rows(), rules,           parts.part.data(), monotone ? clock.data() : nullptr,
        part_rows,  run.mark.data(), event.data(),      n_events.data()}(k);
  }
  SegmentLongRun<GroupedRows, std::uint8_t*>{walk_of(run, rules), parts.part.data(),
                                             parts.first.data(),  part_rows,
                                             event.data(),        n_events.data()}(0);
}

/// The first difference; < 0: none.
std::ptrdiff_t difference(Run const& a, Run const& b) {
  for (std::size_t i = 0; i < a.packet.size(); ++i) {
    auto const p = unpack(a.packet[i]), q = unpack(b.packet[i]);
    bool const equal = std::tie(p.t, p.side) == std::tie(q.t, q.side) && p.left_out == q.left_out &&
                       a.mark[i] == b.mark[i];
    if (!equal) {
      return static_cast<std::ptrdiff_t>(i);
    }
  }
  return -1;
}

std::vector<Rules> all_rules() {
  std::vector<Rules> out;
  for (auto const end : {TcpEndRule::none, TcpEndRule::close_linger, TcpEndRule::cic_fixed,
                         TcpEndRule::cic_original}) {
    for (auto const order : {PacketOrder::capture, PacketOrder::monotone_key}) {
      for (auto const continuation :
           {Continuation::packet, Continuation::inherit, Continuation::inherit_first_forward}) {
        for (auto const singles : {Singles::keep, Singles::drop}) {
          for (unsigned limits = 0; limits < 4; ++limits) {
            Rules rules = load_profile("nta").rules;
            rules.tcp_end = end, rules.order = order, rules.continuation = continuation;
            rules.singles = singles, rules.linger = 60;
            rules.direction =
                limits % 2 == 0 ? DirectionRule::synack_swap : DirectionRule::first_packet;
            rules.idle = {.limit = 150, .on = (limits & 1) != 0, .strict = limits == 3};
            rules.active = {.limit = 700, .on = (limits & 2) != 0, .strict = limits == 2};
            out.push_back(rules);
          }
        }
      }
    }
  }
  return out;
}

TEST(SegmentLongRun, EqualsTheWalkPacketByPacket) {
  constexpr std::size_t kRows = 1500;
  constexpr Mixture kMixtures[] = {
      {400, false, 6}, {30, false, 6}, {4, false, 6}, {100, true, 6}, {100, false, kProtocolIcmp}};
  std::uint64_t seed = 1;
  std::size_t starts = 0;
  for (auto const& rules : all_rules()) {
    for (auto const& mixture : kMixtures) {
      auto const made = make_run(kRows, mixture, seed++);
      auto expected = made;
      walk_of(expected, rules)(0);
      for (std::uint32_t const part_rows : {1U, 64U, 1000U}) {
        auto run = made;
        segment_in_parts(run, rules, part_rows);
        ASSERT_EQ(difference(expected, run), -1)
            << "seed " << seed - 1 << ", parts of " << part_rows << ", tcp_end "
            << static_cast<int>(rules.tcp_end);
      }
      for (auto const mark : expected.mark) {
        starts += mark & kMarkStart;
      }
    }
  }
  EXPECT_GT(starts, all_rules().size() * std::size(kMixtures) * 3);  // there was something to find
}

/// What the scheme is for: in a run without ends few packets are looked at.
TEST(SegmentLongRun, EventsAreFew) {
  auto const profile = load_profile("nta");
  auto run = make_run(100'000, {1U << 30U, false, 6}, 5);
  FlowParts parts;
  parts.add_flow(0, 100'000, 1000);
  std::vector<std::uint32_t> event(100'000), n_events(100);
  for (std::size_t k = 0; k < 100; ++k) {
    FindEvents<GroupedRows, std::uint8_t*>{run.rows(),   profile.rules,  parts.part.data(),
                                           nullptr,      1000,           run.mark.data(),
                                           event.data(), n_events.data()}(k);
  }
  EXPECT_EQ(std::accumulate(n_events.begin(), n_events.end(), 0U), 1U);
}

}  // namespace
}  // namespace nta
