// kSinglesAreTimeless of every set: the cells of a flow of one packet are the same bits for any
// time and sequence number, under every built-in profile and with the rules that formulas read
// mixed.
#include "libnta/flows/flow_set.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace nta {
namespace {

template <class Set>
using Cells = std::array<FeatureCell, Set::Features::kCount>;

template <class Set>
Cells<Set> cells_of(FlowPacket const& p, std::uint8_t forward, Rules const& rules) {
  typename Set::State state;
  state.add(p, rules);
  state.forward = forward;
  Cells<Set> cells;
  Set::Features::finish(state, rules, cells.data());
  return cells;
}

std::vector<Rules> all_rules() {
  std::vector<Rules> all;
  for (auto const* const name : {"nta", "nfstream", "cic-fixed", "cic-original"}) {
    auto const built_in = load_profile(name).rules;
    for (auto const unit_ns : {std::int64_t{1}, std::int64_t{1000}, std::int64_t{1'000'000}}) {
      for (auto const at_zero : {RateAtZero::zero, RateAtZero::minus_one, RateAtZero::inf_nan}) {
        for (std::uint32_t const ddof : {0U, 1U}) {
          auto rules = built_in;
          rules.unit_ns = unit_ns;
          rules.rate_at_zero = at_zero;
          rules.ddof = ddof;
          rules.active_last = ddof == 0;
          rules.bulk_min_packets = ddof;  // 0 and 1: one packet is a bulk
          rules.size = static_cast<SizeBasis>(all.size() % 5);
          rules.bulk = static_cast<BulkRule>(all.size() % 2);
          all.push_back(rules);
        }
      }
    }
  }
  return all;
}

FlowPacket random_packet(test::Draw& draw) {
  auto p = test::random_flow(draw.below(UINT32_MAX), 1)[0];
  if (draw.one_in(3)) {
    static constexpr std::uint8_t kProtocols[] = {kProtocolIcmp, kProtocolIcmp6, kProtocolUdp, 47};
    p.protocol = kProtocols[draw.below(4)];
    p.tcp_flags = 0, p.tcp_header = false;
    p.icmp = is_icmp(p.protocol) ? static_cast<std::int32_t>(draw.below(65536)) : -1;
  }
  p.l4_header_bytes = static_cast<std::uint8_t>(8 + 4 * draw.below(14));
  p.one_sided = draw.one_in(4);
  p.ipv6 = draw.one_in(2);
  return p;
}

template <class Set>
class SingleFlow : public testing::Test {};
using Sets = testing::Types<NtaSet, Cic76Set, NfstreamSet>;
TYPED_TEST_SUITE(SingleFlow, Sets);

TYPED_TEST(SingleFlow, TimeAndSequenceNumberDoNotShow) {
  static_assert(TypeParam::kSinglesAreTimeless);
  for (auto const& rules : all_rules()) {
    test::Draw draw(rules.ddof + 17);
    for (int i = 0; i < 200; ++i) {
      auto p = random_packet(draw);
      auto const forward = static_cast<std::uint8_t>(draw.below(2));
      auto const expected = cells_of<TypeParam>(timeless(p), forward, rules);
      auto const limit = kMaxTime / rules.unit_ns;
      auto const some = static_cast<std::int64_t>(draw.below(static_cast<std::uint64_t>(limit)));
      for (auto const t : {p.t, some, -some, limit, -limit, std::int64_t{-1}}) {
        p.t = t;
        p.seq = static_cast<std::uint32_t>(draw.below(1ULL << 32));
        ASSERT_EQ(cells_of<TypeParam>(p, forward, rules), expected) << "packet " << i << " t " << t;
      }
    }
  }
}

/// Everything else may show: so nothing else may be left out of what a packet is known by.
TYPED_TEST(SingleFlow, NothingElseIsTimeless) {
  auto p = test::tcp_packet(5, 1, kTcpSyn, 3, 77, 900);
  p.icmp = 8, p.l4_header_bytes = 20, p.fragment = p.one_sided = p.ipv6 = true;
  auto expected = p;
  expected.t = 0, expected.seq = 0;
  auto const rest = timeless(p);
  EXPECT_EQ(std::memcmp(&rest, &expected, sizeof rest), 0);
}

}  // namespace
}  // namespace nta
