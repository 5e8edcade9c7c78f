// Laws that the states of sets cic76 and nfstream share with FlowState: split anywhere and merged =
// whole, in any nesting; the empty state is neutral; moved in time, only times move.
#include "libnta/flows/flow_set.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta {
namespace {

using Packets = std::vector<FlowPacket>;

template <class State>
State fold(Packets const& packets, std::size_t first, std::size_t last, Rules const& rules) {
  State state;
  for (std::size_t i = first; i < last; ++i) {
    state.add(packets[i], rules);
  }
  return state;
}

/// Every rule that a state reads while packets come in, in each of its values.
std::vector<Rules> all_rules() {
  std::vector<Rules> all;
  for (BulkRule const bulk : {BulkRule::runs, BulkRule::runs_merged}) {
    for (SizeBasis const size : {SizeBasis::ip, SizeBasis::wire16, SizeBasis::payload}) {
      Rules rules = test::nta_rules();
      rules.bulk = bulk;
      rules.size = size;
      all.push_back(rules);
    }
  }
  return all;
}

/// A flow whose times may run back, as in capture order.
Packets shuffled_times(Packets packets, std::uint64_t seed) {
  test::Draw draw(seed);
  for (auto& p : packets) {
    p.t -= draw.one_in(6) ? static_cast<std::int64_t>(draw.below(20) * test::kSecond) : 0;
    p.l4_header_bytes = static_cast<std::uint8_t>(20 + 4 * draw.below(11));
  }
  return packets;
}

template <class Set>
class SetStates : public testing::Test {};
using Sets = testing::Types<Cic76Set, NfstreamSet>;
TYPED_TEST_SUITE(SetStates, Sets);

TYPED_TEST(SetStates, SplitAnywhereAndMergedIsTheWhole) {
  using State = typename TypeParam::State;
  for (Rules const& rules : all_rules()) {
    for (std::size_t const n : {1, 2, 3, 33, 64}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Packets const packets = shuffled_times(test::random_flow(seed * 1000 + n, n), seed);
        auto const whole = fold<State>(packets, 0, n, rules);
        for (std::size_t cut = 0; cut <= n; ++cut) {
          auto left = fold<State>(packets, 0, cut, rules);
          left.merge(fold<State>(packets, cut, n, rules), rules);
          ASSERT_EQ(left, whole) << "n " << n << " cut " << cut << " seed " << seed;
        }
      }
    }
  }
}

TYPED_TEST(SetStates, ManyPartsMergeInAnyNesting) {
  using State = typename TypeParam::State;
  for (Rules const& rules : all_rules()) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Packets const packets = shuffled_times(test::random_flow(seed, 257), seed);
      test::Draw draw(seed + 77);
      std::vector<State> parts;
      for (std::size_t first = 0; first < packets.size();) {
        std::size_t const last = std::min(packets.size(), first + 1 + draw.below(40));
        parts.push_back(fold<State>(packets, first, last, rules));
        first = last;
      }
      while (parts.size() > 1) {
        std::size_t const i = draw.below(parts.size() - 1);
        parts[i].merge(parts[i + 1], rules);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
      ASSERT_EQ(parts[0], fold<State>(packets, 0, packets.size(), rules)) << "seed " << seed;
    }
  }
}

TYPED_TEST(SetStates, TheEmptyStateIsNeutralAndKeepsTheLeftDirection) {
  using State = typename TypeParam::State;
  Rules const rules = test::nta_rules();
  auto state = fold<State>(test::random_flow(3, 20), 0, 20, rules);
  auto const before = state;
  EXPECT_FALSE(state.empty());
  state.merge(State{}, rules);
  EXPECT_EQ(state, before);
  State left;
  EXPECT_TRUE(left.empty());
  left.forward = 1;
  left.merge(before, rules);
  EXPECT_EQ(left.forward, 1);
  left.forward = 0;
  EXPECT_EQ(left, before);
}

TYPED_TEST(SetStates, ShiftedInTimeEveryFeatureStays) {
  using State = typename TypeParam::State;
  using Features = typename TypeParam::Features;
  Rules const rules = test::nta_rules();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Packets packets = test::random_flow(seed, 33);
    auto state = fold<State>(packets, 0, 33, rules);
    std::int64_t const away_s = 1000 + static_cast<std::int64_t>(seed);
    for (auto& p : packets) {
      p.t += away_s * test::kSecond;
    }
    auto const moved = fold<State>(packets, 0, 33, rules);
    FeatureCell here[Features::kCount];
    FeatureCell there[Features::kCount];
    Features::finish(state, rules, here);
    Features::finish(moved, rules, there);
    EXPECT_TRUE(std::equal(here, here + Features::kCount, there)) << seed;
    state.rebase(time_shift(away_s, 0, 1));
    EXPECT_EQ(state, moved) << seed;
  }
}

TYPED_TEST(SetStates, TheDirectionSwapsForwardAndBackward) {
  // One packet of side b: whole in the one direction or in the other.
  using State = typename TypeParam::State;
  using Features = typename TypeParam::Features;
  Rules const rules = test::nta_rules();
  auto state = fold<State>({test::tcp_packet(0, 1, kTcpAck, 10)}, 0, 1, rules);
  auto const packets_of = [&](std::uint8_t forward, std::string_view name) {
    state.forward = forward;
    FeatureCell cells[Features::kCount];
    Features::finish(state, rules, cells);
    auto const all = describe_features<Features>();
    auto const at = std::find_if(all.begin(), all.end(), [&](auto& f) { return f.name == name; });
    return cells[at - all.begin()];
  };
  bool const cic = std::is_same_v<TypeParam, Cic76Set>;
  std::string_view const fwd = cic ? "Total Fwd Packet" : "src2dst_packets";
  std::string_view const bwd = cic ? "Total Bwd packets" : "dst2src_packets";
  EXPECT_EQ(packets_of(1, fwd), 1U);
  EXPECT_EQ(packets_of(1, bwd), 0U);
  EXPECT_EQ(packets_of(0, fwd), 0U);
  EXPECT_EQ(packets_of(0, bwd), 1U);
}

TEST(SetStates, SizesUpToThe32BitLimitAndCountsBeyondItStayExact) {
  Rules rules = test::nta_rules();
  rules.size = SizeBasis::payload;
  FlowPacket p = test::tcp_packet(0, 0, kTcpAck, UINT32_MAX);
  CicState cic;
  NfstreamState nfstream;
  cic.add(p, rules);
  nfstream.add(p, rules);
  for (int doubling = 0; doubling < 31; ++doubling) {  // 2^31 packets
    cic.merge(CicState(cic), rules);
    nfstream.merge(NfstreamState(nfstream), rules);
  }
  EXPECT_EQ(cic.side[0].packets, 1ULL << 31);
  EXPECT_EQ(nfstream.side[0].packets, 1ULL << 31);
  EXPECT_EQ(cic.side[0].payload_len.squares, U128{UINT32_MAX} * UINT32_MAX << 31);
  FeatureCell cells[CicFeatures::kCount];
  CicFeatures::finish(cic, rules, cells);
  double const no_spread = 0;
  std::uint64_t bits = 1;
  memcpy(&bits, &no_spread, sizeof bits);
  EXPECT_EQ(cells[8], bits);  // Fwd Packet Length Std
}

}  // namespace
}  // namespace nta
