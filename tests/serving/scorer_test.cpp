// Scores by hand: probabilities, thresholds, units, blocks, and what is refused.
#include "trainers/serving/scorer.hpp"

#include "libnta/core/error.hpp"
#include "tests/serving/sample_models.hpp"
#include "trainers/serving/sample_rows.hpp"

#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

LoadedModel loaded(test::Sample const& sample) {
  ModelMeta meta = test::meta_of(sample);
  auto model = test::model_of(sample);
  meta.architecture = model->graph();
  PreparedInput input(meta.preparation, sample.n_steps > 0);
  return {meta, std::move(model), {}, input};
}

TEST(Scorer, ProbabilitiesAddUpAndTheThresholdActsOnOneMinusNormal) {
  LoadedModel model = loaded({"mlp", MlpConfig{.hidden = {4}}, 3, 0, true, false});
  Matrix const rows = sample_rows(model.meta.preparation, 300, 2);
  // A line through the middle of the scores, so that both verdicts occur.
  model.meta.threshold->value = 2;
  std::vector<double> sorted = score_rows(model, rows).score;
  std::ranges::sort(sorted);
  model.meta.threshold->value = sorted[150];
  Scores const scores = score_rows(model, rows);
  int n_alarms = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    double const* const p = scores.probability.data() + 3 * i;
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 3 * 1.2e-7);
    EXPECT_EQ(scores.score[i], 1 - p[0]);
    bool const alarm = 1 - p[0] > sorted[150];
    EXPECT_EQ(scores.alarm[i], alarm);
    EXPECT_EQ(scores.class_id[i], alarm ? (p[2] > p[1] ? 2 : 1) : 0);
    n_alarms += alarm;
  }
  EXPECT_EQ(n_alarms, 149);
}

TEST(Scorer, WithoutThresholdTheLargestProbabilityWins) {
  LoadedModel model = loaded({"mlp", MlpConfig{.hidden = {4}}, 3, 0, false, false});
  Scores const scores = score_rows(model, sample_rows(model.meta.preparation, 50, 2));
  EXPECT_TRUE(scores.alarm.empty());
  for (std::size_t i = 0; i < 50; ++i) {
    auto const row = std::span(scores.probability).subspan(3 * i, 3);
    EXPECT_EQ(scores.class_id[i], std::ranges::max_element(row) - row.begin());
  }
}

TEST(Scorer, ReconstructionScoreIsTheMeanSquaredError) {
  LoadedModel model =
      loaded({"autoencoder", AutoencoderConfig{.hidden = {4}, .code = 2}, 0, 0, true, false});
  Matrix const rows = sample_rows(model.meta.preparation, 20, 2);
  Scores const scores = score_rows(model, rows);
  at::Tensor const x = model.input.rows(view_of(rows));
  at::Tensor const y = model.model->forward(x, {}, false).detach();
  for (int i = 0; i < 20; ++i) {
    double sum = 0;
    for (int f = 0; f < 6; ++f) {
      sum += std::pow(y[i][f].item<double>() - x[i][f].item<double>(), 2);
    }
    double const score = scores.score[static_cast<std::size_t>(i)];
    EXPECT_NEAR(score, sum / 6, 8 * 1.2e-7 * sum);
    EXPECT_EQ(scores.alarm[static_cast<std::size_t>(i)], score > 0.6);
  }
}

TEST(Scorer, RegressionGivesTheTargetsUnit) {
  LoadedModel model = loaded({"value", LinearConfig{}, 0, 0, false, false});
  Matrix const rows = sample_rows(model.meta.preparation, 5, 2);
  at::Tensor const output = native_output(model, view_of(rows), {});
  Scores const scores = score_rows(model, rows);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(scores.score[static_cast<std::size_t>(i)], output[i].item<double>() * 7 + 100);
  }
}

TEST(Scorer, BlocksDoNotShow) {
  LoadedModel model = loaded({"mlp", MlpConfig{.hidden = {4}}, 3, 0, true, false});
  Matrix const rows = sample_rows(model.meta.preparation, 8192 + 5, 2);
  Scores const all = score_rows(model, rows);
  ASSERT_EQ(all.score.size(), 8197U);
  Matrix const tail{5, 3, {rows.values.end() - 15, rows.values.end()}};
  Scores const last = score_rows(model, tail);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(all.score[8192 + i], last.score[i]);
  EXPECT_EQ(score_rows(model, Matrix{0, 3, {}}).n_rows, 0U);
}

TEST(Scorer, RefusesTheWrongUnitAndLengths) {
  LoadedModel rows = loaded(test::samples()[0]);
  LoadedModel sequences = loaded(test::samples()[3]);
  SequenceBlock block = sample_sequences(sequences.meta.preparation, 4, 9, 1);
  EXPECT_NO_THROW(score_rows(sequences, block));
  EXPECT_THROW(score_rows(rows, block), Error);
  EXPECT_THROW(score_rows(sequences, Matrix{1, 3, {1, 2, 3}}), Error);
  block.length[2] = 0;
  EXPECT_THROW(score_rows(sequences, block), Error);
}

TEST(MatchColumns, FindsColumnsByNameAndRefusesOthers) {
  ModelMeta const meta = test::meta_of(test::samples()[0]);
  EXPECT_EQ(match_columns(meta, "p-hash", {"tcp_state", "x", "duration_ns", "wire_bytes"}),
            (std::vector<std::size_t>{2, 3, 0}));
  auto const message = [&](std::string_view profile, std::vector<std::string> const& columns) {
    try {
      match_columns(meta, profile, columns);
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(message("other", {}).find("p-hash"), std::string::npos);
  std::string const missing = message("p-hash", {"duration_ns", "tcp_state"});
  EXPECT_NE(missing.find("needs column wire_bytes"), std::string::npos);
  EXPECT_NE(missing.find("there are: duration_ns tcp_state"), std::string::npos);
}

}  // namespace
}  // namespace nta
