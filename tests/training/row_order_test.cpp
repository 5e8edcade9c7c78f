#include "trainers/training/row_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace nta {
namespace {

std::vector<std::int64_t> whole(RowOrder const& order, std::uint64_t epoch, std::int64_t batch) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(order.n_rows()));
  for (std::int64_t first = 0; first < order.n_rows(); first += batch) {
    auto const n = std::min(batch, order.n_rows() - first);
    order.fill(
        epoch, first,
        std::span(out).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)));
  }
  return out;
}

TEST(RowOrder, ShuffleTakesEachRowOnceWhateverTheBatchSize) {
  for (std::int64_t const n : {1, 2, 31, 32, 33, 1000}) {
    RowOrder const order(Sampler::shuffle, 7, n, {});
    auto const rows = whole(order, 3, n);
    EXPECT_EQ(rows, whole(order, 3, 7));
    auto sorted = rows;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::int64_t> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(sorted, all);
  }
  RowOrder const order(Sampler::shuffle, 7, 1000, {});
  EXPECT_NE(whole(order, 3, 10), whole(order, 4, 10));
}

TEST(RowOrder, SequentialKeepsTheOrder) {
  RowOrder const order(Sampler::sequential, 7, 5, {});
  EXPECT_EQ(whole(order, 9, 2), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(RowOrder, BalancedDrawsClassesAlikeAndRowsInsideThem) {
  std::vector<std::int64_t> classes(9000, 0);
  for (std::size_t i = 0; i < 900; ++i) {
    classes[i * 10] = 2;
  }  // class 1 has no row
  RowOrder const order(Sampler::balanced, 7, 9000, classes);
  auto const rows = whole(order, 0, 100);
  EXPECT_EQ(rows, whole(order, 0, 33));
  auto const rare = std::count_if(rows.begin(), rows.end(), [&](std::int64_t row) {
    return classes[static_cast<std::size_t>(row)] == 2;
  });
  // 9000 fair coins: standard deviation 47; five of them.
  EXPECT_NEAR(static_cast<double>(rare), 4500, 240);
  EXPECT_NE(rows, whole(order, 1, 100));
}

}  // namespace
}  // namespace nta
