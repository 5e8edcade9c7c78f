#include "kernels/key_index.hpp"

#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <span>

namespace nta {
namespace {

/// All keys fall on two hashes: only the full comparison tells them apart.
struct OneBitHash {
  std::uint64_t operator()(FlowKey const& key) const { return key.port_a & 1U; }
};

FlowKey key_of(std::uint64_t bits) {
  FlowKey key;
  key.addr_a[0] = bits >> 40;
  key.port_a = static_cast<std::uint16_t>(bits);
  key.vlan_last = static_cast<std::uint16_t>(bits >> 16);
  return key;
}

template <class Hash>
void expect_numbers_by_first_appearance(std::size_t n, std::uint64_t distinct) {
  KeyIndex<Hash> index;
  std::map<std::uint64_t, std::uint32_t> expected;
  auto const rng = stream_key(n, "keys");
  for (std::size_t round = 0; round < 3; ++round) {
    std::vector<FlowKey> keys;
    std::vector<std::uint32_t> wanted;
    for (std::size_t i = 0; i < n; ++i) {
      auto const bits = random_bits(1, random_bits(rng, round * n + i) % distinct);
      keys.push_back(key_of(bits));
      wanted.push_back(
          expected.try_emplace(bits, static_cast<std::uint32_t>(expected.size())).first->second);
    }
    std::vector<std::uint32_t> ids(n);
    index.reserve(n);
    for (std::size_t first = 0; first < n; first += KeyIndex<Hash>::kBlock) {
      auto const block =
          std::span(keys).subspan(first, std::min(KeyIndex<Hash>::kBlock, n - first));
      index.number_block(block, [&](std::size_t i, std::uint32_t id) { ids[first + i] = id; });
    }
    EXPECT_EQ(ids, wanted) << round;
  }
  EXPECT_EQ(index.size(), expected.size());
}

TEST(KeyIndex, NumbersKeysByFirstAppearance) {
  for (std::size_t const n : {1, 31, 33, 257, 20000}) {
    expect_numbers_by_first_appearance<HashFlowKey>(n, n);
  }
}

TEST(KeyIndex, TakesNoHashForEquality) {
  expect_numbers_by_first_appearance<OneBitHash>(1000, 300);
}

}  // namespace
}  // namespace nta
