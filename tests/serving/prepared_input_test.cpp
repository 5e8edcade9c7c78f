// The preparation as tensors equals the plain C++ preparation that training uses.
#include "trainers/serving/prepared_input.hpp"

#include "libnta/core/error.hpp"
#include "tests/serving/sample_models.hpp"
#include "trainers/serving/sample_rows.hpp"
#include "trainers/serving/scorer.hpp"

#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

// Both round float64 once to float32. log1p of two libraries may differ in the last of 53 bits,
// which can move that rounding by one float32 step.
void expect_one_step(float a, float b, std::size_t at) {
  float const step = std::nextafter(std::abs(a), INFINITY) - std::abs(a);
  EXPECT_NEAR(a, b, step) << at;
}

TEST(PreparedInput, RowsEqualThePlainPreparation) {
  Preparation const preparation = test::row_preparation();
  PreparedInput const input(preparation, false);
  for (Matrix const& raw : {sample_rows(preparation, 500, 3), hard_rows(3)}) {
    FloatMatrix const expected = apply_preparation(preparation, raw);
    at::Tensor const found = input.rows(view_of(raw)).contiguous();
    ASSERT_EQ(found.numel(), static_cast<std::int64_t>(expected.values.size()));
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      expect_one_step(expected.values[i], found.const_data_ptr<float>()[i], i);
    }
  }
}

TEST(PreparedInput, SequencesEqualThePlainPreparation) {
  Preparation const preparation = test::sequence_preparation();
  PreparedInput const input(preparation, true);
  for (SequenceBlock const& raw :
       {sample_sequences(preparation, 100, 9, 3), hard_sequences(preparation, 9)}) {
    std::vector<float> const expected = apply_preparation(preparation, raw);
    at::Tensor const found = input.sequences(view_of(raw), view_of(raw.length)).contiguous();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (std::isinf(expected[i])) {
        EXPECT_EQ(expected[i], found.const_data_ptr<float>()[i]);
      } else {
        expect_one_step(expected[i], found.const_data_ptr<float>()[i], i);
      }
    }
  }
}

TEST(PreparedInput, OneHotByHand) {
  PreparedInput const input(test::row_preparation(), false);
  Matrix const raw{3, 3, {0, 40, 2, 0, 40, 9, 0, 40, NAN}};
  at::Tensor const x = input.rows(view_of(raw));
  auto const value = [&](int i, int j) { return x[i][j].item<float>(); };
  EXPECT_EQ(value(0, 2), 1.5F);   // (1 - 0.25) / 0.5
  EXPECT_EQ(value(0, 3), -1.0F);  // (0 - 0.5) / 0.5
  EXPECT_EQ(value(0, 4), 0.0F);
  EXPECT_EQ(value(1, 2), -0.5F);
  EXPECT_EQ(value(1, 4), 1.0F);
  EXPECT_EQ(value(2, 4), 1.0F);  // a missing code is unknown
}

TEST(PreparedInput, RefusesAnotherWidth) {
  PreparedInput const input(test::row_preparation(), false);
  EXPECT_THROW(input.rows(view_of(Matrix{1, 2, {1, 2}})), Error);
}

}  // namespace
}  // namespace nta
