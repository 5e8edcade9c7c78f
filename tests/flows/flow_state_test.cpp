// Laws of the accumulators: split anywhere and merge = whole, also in many parts and folded in any
// nesting; moved in time, only times move.
#include "libnta/flows/flow_state.hpp"

#include "libnta/flows/features/feature_list.hpp"
#include "libnta/flows/table_rows.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta {
namespace {

using Packets = std::vector<FlowPacket>;

struct Spans {
  SeqSpan side[2];
};

/// Pass 1 of a fold in parts: what the later parts must know of packets [first, last).
Spans spans_of(Packets const& packets, std::size_t first, std::size_t last) {
  Rules const rules;  // sequence numbers follow no rule
  FlowState state;
  for (std::size_t i = first; i < last; ++i) {
    state.add(packets[i], rules);
  }
  return {{state.side[0].seq.span, state.side[1].seq.span}};
}

FlowState fold(Packets const& packets, std::size_t first, std::size_t last, Spans const& before,
               Rules const& rules) {
  FlowState state;
  state.enter(before.side[0], before.side[1]);
  for (std::size_t i = first; i < last; ++i) {
    state.add(packets[i], rules);
  }
  return state;
}

void join(Spans& left, Spans const& right) {
  for (int s = 0; s < 2; ++s) {
    left.side[s].merge(right.side[s]);
  }
}

TEST(FlowState, SplitAnywhereAndMergedIsTheWhole) {
  Rules const rules = test::nta_rules();
  for (std::size_t const n : {1, 2, 3, 31, 32, 33, 64}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      Packets const packets = test::random_flow(seed * 1000 + n, n);
      FlowState const whole = fold(packets, 0, n, {}, rules);
      for (std::size_t cut = 0; cut <= n; ++cut) {
        FlowState left = fold(packets, 0, cut, {}, rules);
        left.merge(fold(packets, cut, n, spans_of(packets, 0, cut), rules), rules);
        ASSERT_EQ(left, whole) << "n " << n << " cut " << cut << " seed " << seed;
      }
    }
  }
}

TEST(FlowState, ManyPartsMergeInAnyNesting) {
  Rules const rules = test::nta_rules();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Packets const packets = test::random_flow(seed, 257);
    test::Draw draw(seed + 77);
    std::vector<std::size_t> cuts{0};
    while (cuts.back() < packets.size()) {
      cuts.push_back(std::min(packets.size(), cuts.back() + 1 + draw.below(40)));
    }
    std::vector<FlowState> parts;
    Spans before;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      parts.push_back(fold(packets, cuts[i], cuts[i + 1], before, rules));
      join(before, spans_of(packets, cuts[i], cuts[i + 1]));
    }
    while (parts.size() > 1) {  // merge neighbours at random: the result must not depend on it
      std::size_t const i = draw.below(parts.size() - 1);
      parts[i].merge(parts[i + 1], rules);
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    ASSERT_EQ(parts[0], fold(packets, 0, packets.size(), {}, rules)) << "seed " << seed;
  }
}

TEST(FlowState, TheEmptyStateIsNeutral) {
  Rules const rules = test::nta_rules();
  FlowState state = fold(test::random_flow(3, 20), 0, 20, {}, rules);
  FlowState const before = state;
  state.merge(FlowState{}, rules);
  EXPECT_EQ(state, before);
  FlowState empty;
  empty.merge(before, rules);
  EXPECT_EQ(empty, before);
}

TEST(FlowState, TheDirectionIsTheLeftPartsAndTouchesNothingElse) {
  Rules const rules = test::nta_rules();
  Packets const packets = test::random_flow(5, 20);
  FlowState left;
  left.forward = 1;
  FlowState whole = fold(packets, 0, 20, {}, rules);
  left.merge(whole, rules);
  EXPECT_EQ(left.forward, 1);
  left.forward = 0;
  EXPECT_EQ(left, whole);
}

TEST(FlowState, ShiftedInTimeEveryFeatureStays) {
  Rules const rules = test::nta_rules();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Packets packets = test::random_flow(seed, 33);
    FlowState state = fold(packets, 0, 33, {}, rules);
    std::int64_t const away_s = 1000 + static_cast<std::int64_t>(seed);
    for (auto& p : packets) {
      p.t += away_s * test::kSecond;
    }
    FlowState const moved = fold(packets, 0, 33, {}, rules);
    FeatureCell here[kFeatureCount];
    FeatureCell there[kFeatureCount];
    FinishFlow{}(state, rules, here);
    FinishFlow{}(moved, rules, there);
    EXPECT_TRUE(std::equal(here, here + kFeatureCount, there)) << seed;
    state.rebase(time_shift(away_s, 0, 1));
    EXPECT_EQ(state, moved) << seed;
  }
}

TEST(FlowState, ABaseFarAwaySaturates) {
  TimeShift const shift = time_shift(0, 1LL << 40, 1);
  EXPECT_EQ(shifted(5, shift), -kMaxTime);
  EXPECT_EQ(shifted(5, time_shift(1LL << 40, 0, 1)), kMaxTime);
  EXPECT_EQ(shifted(kNoTime, shift), kNoTime);
  EXPECT_EQ(shifted(5, time_shift(1LL << 40, 0, 1'000'000)), kMaxTime / 1'000'000);
  EXPECT_EQ(shifted(7, time_shift(100, 98, 1000)), 2'000'007);
}

TEST(FlowState, BasesAtBothEndsOfTimeSaturateToo) {
  // Their distance does not fit an i64.
  EXPECT_EQ(shifted(5, time_shift(INT64_MAX, INT64_MIN, 1)), kMaxTime);
  EXPECT_EQ(shifted(5, time_shift(INT64_MIN, INT64_MAX, 1)), -kMaxTime);
  FlowOrigin origin;
  set_start(origin, INT64_MAX - 1, kMaxTime, 1);
  EXPECT_EQ(origin.start_s, INT64_MAX);
  set_start(origin, INT64_MIN + 1, -kMaxTime, 1);
  EXPECT_EQ(origin.start_s, INT64_MIN);
}

TEST(FlowState, TimesFloorToTheUnit) {
  EXPECT_EQ(to_unit(1'999'999, 1'000'000), 1);
  EXPECT_EQ(to_unit(-1, 1'000'000), -1);
  EXPECT_EQ(to_unit(-1'000'000, 1'000'000), -1);
  EXPECT_EQ(to_unit(INT64_MAX, 1), kMaxTime);
  EXPECT_EQ(to_unit(INT64_MIN, 1), -kMaxTime);
}

TEST(FlowState, GapsInCaptureOrderMayBeNegative) {
  Rules const rules = test::nta_rules();
  FlowState state;
  state.add(test::tcp_packet(10, 0, kTcpAck), rules);
  state.add(test::tcp_packet(4, 0, kTcpAck), rules);
  EXPECT_EQ(state.time.gap.min, -6);
  EXPECT_EQ(state.time.gap.squares, U128{36});
}

TEST(FlowState, SizesUpToThe32BitLimitStayExact) {
  Rules const rules = test::nta_rules();
  FlowState state;
  FlowPacket p = test::tcp_packet(0, 0, kTcpAck);
  p.ip_len = UINT32_MAX;
  for (int i = 0; i < 3; ++i) {
    state.add(p, rules);
  }
  EXPECT_EQ(state.side[0].ip_len.squares, U128{UINT32_MAX} * UINT32_MAX * 3);
  EXPECT_EQ(state.side[0].count.ip_bytes, 3ULL * UINT32_MAX);
}

}  // namespace
}  // namespace nta
