// Thresholds: alarm if score > threshold; ties go to the highest one; missing sides are refused.
#include "trainers/metrics/threshold.hpp"

#include "libnta/core/error.hpp"
#include "trainers/metrics/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace nta {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Threshold, TargetFprLeavesAtMostThatShareOfNormalsAbove) {
  std::vector<double> scores;
  for (int i = 1; i <= 100; ++i) {
    scores.push_back(i);
  }
  Bytes const positive(100, 0);
  // k = floor(0.29 * 100) = 29 although 0.29 * 100 < 29 in binary: the 30th largest is 71.
  auto const chosen = choose_threshold({ThresholdRule::target_fpr, 0.29}, scores, positive);
  EXPECT_EQ(chosen.value, 71);
  EXPECT_EQ(chosen.normal_rows, 100);
}

TEST(Threshold, TargetFprNeedsEnoughNormalRows) {
  std::vector<double> const scores(99, 1.0);
  Bytes const positive(99, 0);
  try {
    choose_threshold({ThresholdRule::target_fpr, 0.01}, scores, positive);
    FAIL() << "99 rows cannot show a rate of 0.01";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("needs at least 100"), std::string::npos);
  }
}

TEST(Threshold, RulesOverBothSidesRefuseAMissingOne) {
  std::vector<double> const scores{1, 2};
  for (auto const rule : {ThresholdRule::max_f1, ThresholdRule::youden}) {
    EXPECT_THROW(choose_threshold({rule, {}}, scores, Bytes{0, 0}), Error);
    EXPECT_THROW(choose_threshold({rule, {}}, scores, Bytes{1, 1}), Error);
  }
}

TEST(Threshold, TiesGoToTheHighest) {
  // F1: above 3 {4: tp}: 2/3; above 2 {4, 3: tp, fp}: 1/2; above 0 all: 2*2/(2+4) = 2/3.
  std::vector<double> const scores{4, 3, 2, 1};
  auto const chosen = choose_threshold({ThresholdRule::max_f1, {}}, scores, Bytes{1, 0, 0, 1});
  EXPECT_EQ(chosen.value, 3);
}

TEST(Threshold, NaNIsRefused) {
  std::vector<double> const scores{1, std::nan("")};
  EXPECT_THROW(choose_threshold({}, scores, Bytes{0, 0}), Error);
}

TEST(Threshold, AttackClassesCompeteOnlyAfterTheAlarm) {
  // normal .4, attacks .35 .25: arg max says normal, 1 - .4 = .6 > .5 says the first attack.
  std::vector<double> const p{0.4, 0.35, 0.25};
  Bytes const normal{1, 0, 0};
  ClassProbabilities const rows{p, normal};
  EXPECT_EQ(arg_max_classes(rows), std::vector<std::int32_t>{0});
  EXPECT_EQ(thresholded_classes(rows, 0.5), std::vector<std::int32_t>{1});
  EXPECT_EQ(thresholded_classes(rows, 0.7), std::vector<std::int32_t>{0});
}

TEST(Ranking, AucCountsTiesHalf) {
  // Pairs (positive, negative): 2>1 win, 2=2 half, 1<2 loss, 1=1 half -> 2 of 4.
  std::vector<double> const scores{2, 1, 1, 2};
  EXPECT_EQ(roc_auc(roc_curve(scores, Bytes{1, 0, 1, 0})), 0.5);
  EXPECT_FALSE(roc_auc(roc_curve(scores, Bytes{1, 1, 1, 1})));
}

}  // namespace
}  // namespace nta
