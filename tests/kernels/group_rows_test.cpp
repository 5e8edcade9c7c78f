#include "kernels/group_rows.hpp"

#include "kernels/segment.hpp"
#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace nta {
namespace {

constexpr auto kInOrder = [](std::size_t n_blocks, auto const& f) {
  for (std::size_t block = 0; block < n_blocks; ++block) {
    f(block);
  }
};

/// Ids of `n` packets; every third key has none.
std::vector<std::uint32_t> some_ids(std::size_t n, std::uint32_t n_keys) {
  auto const rng = stream_key(n, "group", n_keys);
  std::vector<std::uint32_t> ids(n);
  for (std::size_t i = 0; i < n; ++i) {
    ids[i] = static_cast<std::uint32_t>(random_bits(rng, i) % n_keys);
    ids[i] -= ids[i] % 3 == 2 ? 1 : 0;
  }
  return ids;
}

void expect_stably_grouped(std::size_t n, std::uint32_t n_keys, std::size_t n_blocks) {
  auto const ids = some_ids(n, n_keys);
  std::vector<std::uint32_t> rows(n), expected(n);
  SelectedPackets selected;
  selected.id = ids.data();
  selected.n = n;
  selected.n_keys = n_keys;
  auto const first = group_by_key(selected, rows.data(), n_blocks, kInOrder);
  std::iota(expected.begin(), expected.end(), 0U);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](auto x, auto y) { return ids[x] < ids[y]; });
  ASSERT_EQ(rows, expected) << n << " packets, " << n_keys << " keys, " << n_blocks << " blocks";
  for (std::uint32_t id = 0; id <= n_keys; ++id) {
    auto const begins = std::count_if(ids.begin(), ids.end(), [&](auto of) { return of < id; });
    ASSERT_EQ(first[id], begins) << "key " << id;
  }
}

TEST(GroupRows, EqualsAStableSortById) {
  for (std::size_t const n : {1, 2, 33, 1000}) {
    for (std::uint32_t const n_keys : {1U, 2U, 50U, 3000U}) {
      for (std::size_t const n_blocks : {1, 2, 5}) {
        expect_stably_grouped(n, n_keys, n_blocks);
      }
    }
  }
}

TEST(GroupRows, FlowsStartWhereTheMarksSay) {
  for (std::size_t const n : {1, 7, 8, 9, 65535, 65536, 65537, 200003}) {
    auto const rng = stream_key(n, "marks");
    std::vector<std::uint8_t> marks(n);
    std::vector<std::uint32_t> expected;
    StartsFlow const starts{marks.data()};
    for (std::size_t i = 0; i < n; ++i) {
      marks[i] = static_cast<std::uint8_t>(random_bits(rng, i));
      if (starts(static_cast<std::uint32_t>(i))) {
        expected.push_back(static_cast<std::uint32_t>(i));
      }
    }
    expected.push_back(static_cast<std::uint32_t>(n));
    FlowStarts found(marks.data(), n, kInOrder);
    ASSERT_EQ(found.size() + 1, expected.size()) << n;
    auto const first = found.take();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), first.get())) << n;
  }
}

}  // namespace
}  // namespace nta
