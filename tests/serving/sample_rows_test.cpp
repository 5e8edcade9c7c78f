// Made-up inputs look like the data that the preparation was fitted on.
#include "trainers/serving/sample_rows.hpp"

#include "tests/serving/sample_models.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace nta {
namespace {

TEST(SampleRows, AreAFunctionOfTheSeed) {
  Preparation const preparation = test::row_preparation();
  EXPECT_EQ(sample_rows(preparation, 50, 1).values, sample_rows(preparation, 50, 1).values);
  EXPECT_NE(sample_rows(preparation, 50, 1).values, sample_rows(preparation, 50, 2).values);
}

TEST(SampleRows, CodesAreFittedCategoriesOrUnknown) {
  Matrix const rows = sample_rows(test::row_preparation(), 400, 1);
  std::set<double> codes;
  for (std::size_t i = 0; i < rows.n_rows; ++i) codes.insert(rows.row(i)[2]);
  EXPECT_EQ(codes, (std::set<double>{-1, 2, 3}));
}

TEST(SampleRows, PreparedNumbersLieWithinTwoScales) {
  Preparation preparation = test::row_preparation();
  preparation.columns.pop_back();  // a second reader of the same source would win
  FloatMatrix const prepared = apply_preparation(preparation, sample_rows(preparation, 200, 1));
  for (std::size_t i = 0; i < prepared.n_rows; ++i) {
    EXPECT_LE(std::abs(prepared.values[i * prepared.n_columns]),
              2.6F);  // clipped at 25 = 15 + 2.5 x 4
  }
}

TEST(SampleSequences, CoverLengthOneAndFullAndHideTheirPadding) {
  SequenceBlock const block = sample_sequences(test::sequence_preparation(), 30, 9, 1);
  EXPECT_EQ(block.length[0], 1);
  EXPECT_EQ(block.length[1], 9);
  for (std::size_t i = 0; i < 30; ++i) {
    ASSERT_GE(block.length[i], 1);
    ASSERT_LE(block.length[i], 9);
    for (std::size_t j = 0; j < 27; ++j) {
      bool const is_padding = j >= static_cast<std::size_t>(block.length[i]) * 3;
      EXPECT_EQ(std::isnan(block.values[i * 27 + j]), is_padding);
    }
  }
}

TEST(HardRows, HoldEveryHardValue) {
  Matrix const rows = hard_rows(3);
  EXPECT_EQ(rows.values.size(), rows.n_rows * 3);
  EXPECT_TRUE(std::isnan(rows.values.back()));
  EXPECT_EQ(rows.row(1)[2], 1e30);
}

}  // namespace
}  // namespace nta
