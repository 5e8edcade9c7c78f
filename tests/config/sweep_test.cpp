// Sweep files into the struct, and the experiment under their "set".
#include "config_support.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta::test {
namespace {

using testing::HasSubstr;

TEST(Sweep, FileAndExperimentArriveInTheirStructs) {
  LoadedSweep const loaded = load_sweep("sweep.json", below(golden_folder() / "good"));
  SweepConfig const& sweep = loaded.sweep;
  EXPECT_EQ(sweep.name, "sweep");
  EXPECT_EQ(sweep.objective.metric, "validation/macro_f1");
  EXPECT_EQ(sweep.objective.direction, ObjectiveDirection::maximize);
  EXPECT_EQ(sweep.trials_total, 4);
  ASSERT_EQ(sweep.space.size(), 3U);
  DimensionConfig const& lr = sweep.space.at("training.optimizer.lr");
  EXPECT_EQ(lr.type, DimensionType::real);
  EXPECT_EQ(lr.low, 1e-4);
  EXPECT_TRUE(lr.log);
  EXPECT_EQ(sweep.space.at("model.hidden").choices->at(1), Json({16, 8}));
  EXPECT_EQ(loaded.base.experiment.training.epochs, 3);  // by "set"
  EXPECT_EQ(loaded.base.experiment.name, "small");
}

std::string told(std::string const& sweep, std::string const& experiment = kSmall) {
  try {
    load_sweep("s.json", in_memory({{"s.json", sweep}, {"a.json", experiment}}));
  } catch (ConfigErrors const& errors) {
    return errors.what();
  }
  return "";
}

std::string with_space(std::string const& space) {
  return R"({"nta_sweep": 1, "experiment": "a.json",
    "objective": {"metric": "train/loss", "direction": "minimize"}, "space": {)" +
         space + "}}";
}

TEST(Sweep, ErrorsOfTheExperimentAreShownInItsOwnFile) {
  EXPECT_THAT(told(with_space(R"("training.epochs": {"type": "int", "low": 1, "high": 2})"),
                   R"({"nta_experiment": 1, "task": "classification", "model": {"kind": "mlp"},
                       "data": {"sources": [{"files": ["a"]}]}, "sed": 1})"),
              HasSubstr("a.json:2:65: error: /sed: unknown key; did you mean \"seed\"?"));
}

TEST(Sweep, AMissingExperimentIsShownAtItsName) {
  EXPECT_THAT(told(R"({"nta_sweep": 1, "experiment": "gone.json", "space": {"training.epochs":
    {"type": "int", "low": 1, "high": 2}}, "objective": {"metric": "train/loss", "direction": "minimize"}})"),
              HasSubstr("s.json:1:32: error: /experiment: no file gone.json"));
}

TEST(Sweep, SpaceIsCheckedAgainstTheKindThatTheExperimentHas) {
  EXPECT_EQ(told(with_space(R"("model.dropout": {"type": "float", "low": 0, "high": 0.5})")), "");
  EXPECT_THAT(told(with_space(R"("model.code": {"type": "int", "low": 1, "high": 5})")),
              HasSubstr("/space/model.code: no field of the experiment"));
}

TEST(Sweep, NumbersOfAnIntMustBeIntegersAndFitTheField) {
  std::string const text = told(with_space(
      R"("training.batch_size": {"type": "int", "low": 1.5, "high": 1e9, "choices": [1]})"));
  EXPECT_THAT(text, HasSubstr("/low: 1.5 is not an integer"));
  EXPECT_THAT(text, HasSubstr("/high: 1000000000 is outside the field's range [1, 16777216]"));
  EXPECT_THAT(text, HasSubstr("/choices: is for categorical; remove it"));
}

TEST(Sweep, WhatIsTheSameForAllTrialsCannotVary) {
  for (char const* path : {"name", "task", "seed", "device", "features.min_packets"}) {
    EXPECT_THAT(
        told(with_space("\"" + std::string(path) + R"(": {"type": "int", "low": 1, "high": 2})")),
        HasSubstr(std::string("/space/") + path + ": cannot vary"));
  }
}

TEST(Sweep, OverridesChangeTheSweepFile) {
  LoadOptions options = below(golden_folder() / "good");
  options.overrides = {set("trials_total=9"), set("set[\"training.epochs\"]=7")};
  LoadedSweep const loaded = load_sweep("sweep.json", options);
  EXPECT_EQ(loaded.sweep.trials_total, 9);
  EXPECT_EQ(loaded.base.experiment.training.epochs, 7);
}

}  // namespace
}  // namespace nta::test
