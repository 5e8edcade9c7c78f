// Preparation: the file gives the same object back, every changed byte is noticed, padding stays 0.
#include "trainers/datasets/preparation.hpp"

#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

Dataset small_set() {
  Dataset data;
  data.feature_names = {"a", "state"};
  data.feature_units = {"1", "code"};
  data.x = {4, 2, {0.1, 1, 0.2, 2, 1e300 / 3, 1, -0.0, 3}};
  data.sequence = {3,
                   2,
                   {"size", "gap_ns"},
                   {10, 0, 20, 5, 0, 0, 30, 0, 0, 0, 0, 0, 1, 0, 2, 9, 3, 9, 7, 0, 0, 0, 0, 0},
                   {2, 1, 3, 1}};
  data.part = {Part::train, Part::train, Part::train, Part::test};
  data.normal = {true, true, false, true};
  data.target = {0, 0, 1, 0};
  return data;
}

PreparationConfig config() {
  PreparationConfig config;
  config.log = {"gap_ns"};
  config.encode.columns = {"state"};
  return config;
}

TEST(Preparation, FileGivesTheSameObjectBack) {
  Dataset const data = small_set();
  Preparation const fitted = fit_preparation(config(), data, training_rows(data, false));
  EXPECT_EQ(parse_preparation(preparation_json(fitted)), fitted);
}

TEST(Preparation, EveryChangedCharacterIsNoticed) {
  Dataset const data = small_set();
  std::string const text =
      preparation_json(fit_preparation(config(), data, training_rows(data, false)));
  Preparation const right = parse_preparation(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    try {
      // White space may differ; a number may be spelt another way but must be the same number.
      EXPECT_EQ(parse_preparation(changed), right) << "byte " << i;
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
    }
  }
}

TEST(Preparation, PaddingOfSequencesStaysZeroAndIsNotFitted) {
  Dataset data = small_set();
  Preparation const fitted = fit_preparation(config(), data, training_rows(data, false));
  // Sizes of the six valid training steps: 10 20 30 1 2 3, mean 11.
  EXPECT_DOUBLE_EQ(fitted.fields[0].shift, 11);
  EXPECT_FALSE(fitted.fields[0].log);
  EXPECT_TRUE(fitted.fields[1].log);
  std::vector<float> const out = apply_preparation(fitted, data.sequence);
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t i = static_cast<std::size_t>(data.sequence.length[row]) * 2; i < 6; ++i) {
      EXPECT_EQ(out[row * 6 + i], 0.0F) << row << ' ' << i;
    }
  }
  data.sequence.values[4] = 1e9;  // padding of row 0
  EXPECT_EQ(fit_preparation(config(), data, training_rows(data, false)), fitted);
}

TEST(Preparation, AnomalyFitsNormalRowsButKnowsAllCategories) {
  Dataset data = small_set();
  data.x.row(2)[1] = 9;  // only the row that is not normal has code 9
  FitRows const rows = training_rows(data, true);
  EXPECT_EQ(rows.rows, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(rows.category_rows, (std::vector<std::size_t>{0, 1, 2}));
  Preparation const fitted = fit_preparation(config(), data, rows);
  std::vector<std::string> names;
  for (PreparedColumn const& column : fitted.columns) {
    names.push_back(column.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"a", "state=1", "state=2", "state=9", "state=unknown"}));
  EXPECT_EQ(fitted.columns[0].hi, INFINITY);  // outliers auto: nothing is clipped
}

TEST(Preparation, RowsOneByOneEqualTheMatrix) {
  Dataset const data = small_set();
  Preparation const fitted = fit_preparation(config(), data, training_rows(data, false));
  FloatMatrix const all = apply_preparation(fitted, data.x);
  std::vector<float> one(all.n_columns);
  for (std::size_t row = 0; row < 4; ++row) {
    apply_preparation_row(fitted, {data.x.row(row), 2}, one);
    for (std::size_t c = 0; c < one.size(); ++c) {
      EXPECT_EQ(one[c], all.values[row * all.n_columns + c]);
    }
  }
}

TEST(Preparation, RegressionTargetIsStandardisedOverTrainingRows) {
  Dataset data = small_set();
  data.target_value = {1, 3, 5, 1000};
  Preparation const fitted = fit_preparation(config(), data, training_rows(data, false));
  EXPECT_DOUBLE_EQ(fitted.target.shift, 3);
  EXPECT_DOUBLE_EQ(fitted.target.scale, std::sqrt(8.0 / 3));
}

TEST(Preparation, AnotherWidthIsRefused) {
  Dataset const data = small_set();
  Preparation const fitted = fit_preparation(config(), data, training_rows(data, false));
  EXPECT_THROW(apply_preparation(fitted, Matrix{1, 3, {1, 2, 3}}), Error);
}

}  // namespace
}  // namespace nta
