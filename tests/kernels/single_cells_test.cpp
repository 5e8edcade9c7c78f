// Cells of flows of one packet that are given out again are those that fold + finish give, however
// many packets want the same place; tiles of rows reach their columns.
#include "kernels/single_cells.hpp"

#include "kernels/row_tile.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/flows/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta {
namespace {

template <class Set>
std::vector<FeatureCell> plain(FlowPacket const& p, std::uint8_t forward, Rules const& rules) {
  typename Set::State state;
  state.add(p, rules);
  state.forward = forward;
  std::vector<FeatureCell> cells(Set::Features::kCount);
  Set::Features::finish(state, rules, cells.data());
  return cells;
}

/// One of `kinds` packets, at another time each.
FlowPacket packet(std::uint64_t i, std::uint64_t kinds) {
  auto const kind = random_bits(1, i) % kinds;
  FlowPacket p;
  p.t = static_cast<std::int64_t>(i) * 1000;
  p.seq = static_cast<std::uint32_t>(random_bits(2, i));
  p.payload_bytes = static_cast<std::uint32_t>(kind / 4);
  p.ip_len = 40 + p.payload_bytes;
  p.wire_len = 54 + p.payload_bytes;
  p.header_bytes = 40;
  p.window = static_cast<std::uint16_t>(kind % 2);
  p.side = static_cast<std::uint8_t>(kind / 2 % 2);
  p.protocol = kProtocolTcp;
  p.tcp_flags = kTcpSyn;
  p.tcp_header = true;
  return p;
}

template <class Set>
class SingleCellsOf : public testing::Test {};
using Sets = testing::Types<NtaSet, Cic76Set, NfstreamSet>;
TYPED_TEST_SUITE(SingleCellsOf, Sets);

/// Whatever is given out between two releases stays what it was.
TYPED_TEST(SingleCellsOf, PacketsThatWantTheSamePlaceGetTheirOwnCells) {
  auto const rules = load_profile("nta").rules;
  for (std::uint64_t const kinds : {1, 3, 8, 40, 5000}) {
    SingleCells<TypeParam, 8> singles(rules);
    std::uint64_t refused = 0;
    for (std::uint64_t turn = 0; turn < 60; ++turn) {
      singles.release();
      std::vector<FeatureCell const*> given;
      for (std::uint64_t i = turn * 16; i < turn * 16 + 16; ++i) {
        given.push_back(singles.find(packet(i, kinds), i % 3 == 0));
      }
      for (std::uint64_t k = 0; k < given.size(); ++k) {
        if (given[k] == nullptr) {
          ++refused;
          continue;
        }
        auto const i = turn * 16 + k;
        auto const expected = plain<TypeParam>(packet(i, kinds), i % 3 == 0, rules);
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), given[k])) << kinds << " " << i;
      }
    }
    if (kinds > 8) {  // of 16 packets some must share 8 places
      EXPECT_GT(refused, 0U) << kinds;
    }
  }
}

TYPED_TEST(SingleCellsOf, TheSamePacketIsFoldedOnceAndAPlaceIsFreeAgainAfterRelease) {
  auto const rules = load_profile("nta").rules;
  SingleCells<TypeParam, 1> singles(rules);
  auto const a = packet(0, 1);
  auto later = a;
  later.t += 12345, later.seq += 99;
  auto other = a;
  other.payload_bytes = 7;
  auto const* const cells = singles.find(a, 0);
  ASSERT_NE(cells, nullptr);
  EXPECT_EQ(singles.find(later, 0), cells);
  EXPECT_EQ(singles.find(other, 0), nullptr);
  EXPECT_EQ(singles.find(a, 1), nullptr);
  singles.release();
  EXPECT_EQ(singles.find(other, 0), cells);
  EXPECT_EQ(singles.find(a, 0), nullptr);
  singles.release();
  EXPECT_EQ(singles.find(a, 1), cells);
  auto const expected = plain<TypeParam>(a, 1, rules);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), cells));
}

TEST(RowTile, RowsReachTheirColumnsAlikeOrNot) {
  constexpr std::size_t kCells = 5, kRow = 3;
  FeatureCell source[kColumnTileRows][kCells];
  for (std::size_t i = 0; i < kColumnTileRows; ++i) {
    for (std::size_t k = 0; k < kCells; ++k) {
      source[i][k] = 100 * i + k;
    }
  }
  std::vector<int> const ids{4, 0, 2};
  for (std::size_t const n : {std::size_t{1}, std::size_t{15}, kColumnTileRows}) {
    for (std::size_t const kinds : {std::size_t{1}, std::size_t{2}, kColumnTileRows}) {
      std::vector<std::vector<FeatureCell>> got(ids.size(), std::vector<FeatureCell>(24, 7));
      auto expected = got;
      RowTile tile{{}, kRow, n};
      for (std::size_t i = 0; i < n; ++i) {
        tile.cells[i] = source[(n - 1 - i) % kinds];
        for (std::size_t k = 0; k < ids.size(); ++k) {
          expected[k][kRow + i] = 100 * ((n - 1 - i) % kinds) + static_cast<std::size_t>(ids[k]);
        }
      }
      std::vector<FeatureCell*> const columns{got[0].data(), got[1].data(), got[2].data()};
      tile.write(ids, columns);
      EXPECT_EQ(got, expected) << n << " rows of " << kinds << " kinds";
    }
  }
}

}  // namespace
}  // namespace nta
