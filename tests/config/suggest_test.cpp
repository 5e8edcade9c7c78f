#include "libnta/config/suggest.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta {
namespace {

TEST(Suggest, DistanceCountsEditsAndSwaps) {
  EXPECT_EQ(edit_distance("epochs", "epochs"), 0U);
  EXPECT_EQ(edit_distance("epoch", "epochs"), 1U);
  EXPECT_EQ(edit_distance("epohcs", "epochs"), 1U);  // a swap of neighbours
  EXPECT_EQ(edit_distance("eqochz", "epochs"), 2U);
  EXPECT_EQ(edit_distance("", "ab"), 2U);
  EXPECT_EQ(edit_distance("abc", "xyz"), 3U);  // above the limit: limit + 1
  EXPECT_EQ(edit_distance("a", "abcdefgh"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);  // restricted: no edit inside a swap
}

TEST(Suggest, DistanceIsSymmetric) {
  std::vector<std::string> const words{"lr", "epochs", "epohcs", "", "kind", "knid", "batch_size"};
  for (std::string const& a : words) {
    for (std::string const& b : words) EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
  }
}

TEST(Suggest, NearestPrefersTheClosestThenTheFirst) {
  EXPECT_EQ(nearest("valu", {"rule", "value"}), "value");
  EXPECT_EQ(nearest("norn", {"norm", "normal"}), "norm");
  EXPECT_EQ(nearest("xa", {"aa", "ba"}), "aa");
  EXPECT_EQ(nearest("wd", {"lr", "eps"}), "");  // two of two letters differ: a guess, no hint
  EXPECT_EQ(nearest("zzz", {}), "");
}

TEST(Suggest, SynonymsComeBeforeNearness) {
  EXPECT_EQ(advise_key("learning_rate", {"kind", "lr"}, experiment_type()).hint,
            "did you mean \"lr\"?");
  EXPECT_EQ(advise_key("wd", {"lr", "weight_decay"}, experiment_type()).hint,
            "did you mean \"weight_decay\"?");
}

TEST(Suggest, EverySynonymStandsForAFieldOfAnExperiment) {
  std::vector<std::string> const paths = all_paths(experiment_type());
  for (char const* word : {"learning_rate", "wd", "batch", "optim", "scheduler", "warmup", "val",
                           "early_stopping", "max_norm", "bottleneck", "preprocessing"}) {
    std::string const ours(synonym_of(word));
    EXPECT_TRUE(std::any_of(
        paths.begin(), paths.end(),
        [&](std::string const& path) { return path == ours || path.ends_with("." + ours); }))
        << word << " -> " << ours;
  }
}

TEST(Suggest, AKeyThatExistsElsewhereIsNamedWithItsPlaces) {
  KeyAdvice const advice = advise_key("files", {"a_sibling"}, experiment_type());
  EXPECT_EQ(advice.message, "unknown key here");
  EXPECT_EQ(advice.hint, "it exists as /data/sources/*/files");
  EXPECT_EQ(advise_key("dropout", {"a_sibling"}, experiment_type()).hint,
            "it exists as /model/dropout");
}

TEST(Suggest, PathsCoverEveryKindOfModelOnce) {
  std::vector<std::string> const paths = all_paths(experiment_type());
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "model.hidden"), 1);
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "model.kind"), 1);
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "data.sources[i].files"), 1);
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "training.early_stop.patience"), 1);
}

}  // namespace
}  // namespace nta
