// Values into the struct, defaults, files, and what the checks leave alone.
#include "libnta/config/check.hpp"

#include "config_support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <gmock/gmock.h>

namespace nta::test {
namespace {

using testing::HasSubstr;

TEST(Check, WhatIsNotWrittenHasTheStructsDefault) {
  Experiment const e =
      load_experiment("dir/my lab.json", in_memory({{"dir/my lab.json", kSmall}})).experiment;
  EXPECT_EQ(e.name, "my-lab");
  EXPECT_EQ(e.training.optimizer.lr, TrainingConfig{}.optimizer.lr);
  EXPECT_EQ(e.training.early_stop->patience, 10);
  EXPECT_EQ(e.training.checkpoint.every_seconds, 300);
  EXPECT_FALSE(e.features.sequence.n.has_value());
  EXPECT_EQ(e.evaluation.on, (std::vector<JudgedPart>{JudgedPart::validation, JudgedPart::test}));
}

TEST(Check, EveryKindOfFieldArrivesInTheStruct) {
  std::string const text = R"({"nta_experiment": 1, "task": "anomaly", "seed": 9007199254740991,
    "data": {"sources": [{"files": ["a"], "label": "@folder", "part": "free"}],
             "labels": {"normal": ["benign"], "map": {"x*": "y"}}},
    "model": {"kind": "autoencoder", "hidden": [16, 8], "score": "z"},
    "training": {"batch_size": 1e3, "optimizer": {"betas": [0.5, 0.75]}, "clip": {"norm": 1},
                 "early_stop": {"patience": 2}, "checkpoint": {"every_epochs": null, "every_steps": 5}},
    "evaluation": {"on": ["test"]}})";
  Experiment const e = load_experiment("a.json", in_memory({{"a.json", text}})).experiment;
  EXPECT_EQ(e.seed, 9007199254740991);
  EXPECT_EQ(e.data.sources[0].label, "@folder");
  EXPECT_EQ(e.data.labels.map.at("x*"), "y");
  auto const& model = std::get<AutoencoderConfig>(e.model);
  EXPECT_EQ(model.hidden, (std::vector<int>{16, 8}));
  EXPECT_EQ(model.score, ReconstructionScore::z);
  EXPECT_EQ(e.training.batch_size, 1000);
  EXPECT_EQ(e.training.optimizer.betas, (std::array<double, 2>{0.5, 0.75}));
  EXPECT_EQ(e.training.clip.norm, 1.0);
  EXPECT_EQ(e.training.early_stop->patience, 2);
  EXPECT_FALSE(e.training.checkpoint.every_epochs.has_value());
  EXPECT_EQ(e.training.checkpoint.every_steps, 5);
  EXPECT_EQ(e.evaluation.on, std::vector<JudgedPart>{JudgedPart::test});
}

TEST(Check, AnEmptyVocabularyChecksNoNames) {
  std::string const text =
      R"({"nta_experiment": 1, "task": "classification", "model": {"kind": "mlp"},
    "data": {"sources": [{"files": ["a"]}]}, "features": {"include": ["anything"], "set": "any"},
    "training": {"monitor": "validation/any"}})";
  LoadOptions options = in_memory({{"a.json", text}});
  options.vocabulary = {};
  EXPECT_NO_THROW(load_experiment("a.json", options));
  EXPECT_THAT(complaint(text), HasSubstr("/features/include/0"));
}

TEST(Check, PerClassMetricsAreKnownByTheirPattern) {
  EXPECT_EQ(complaint(kSmall, {set("training.monitor=validation/f1/scan")}), "");
  EXPECT_NE(complaint(kSmall, {set("training.monitor=validation/f2/scan")}), "");
}

TEST(Check, ACrossFieldRuleIsNotAskedAboutAValueThatIsWrongItself) {
  // lr is wrong and so is the split; the rule on shares must not add "sum to 0.3".
  std::string const told = complaint(kSmall, {set("data.split.train=7")});
  EXPECT_EQ(told, "--set #1: error: /data/split/train: 7 is outside [0, 1]");
}

TEST(Check, IssuesCarryTheirPartsForJsonOutput) {
  try {
    load_experiment("a.json", in_memory({{"a.json", "{\"nta_experiment\": 1,\n\"sed\": 1}"}}));
    FAIL();
  } catch (ConfigErrors const& errors) {
    ConfigIssue const& issue = errors.issues().back();
    EXPECT_EQ(issue.file, "a.json");
    EXPECT_EQ(issue.line, 2);
    EXPECT_EQ(issue.column, 1);
    EXPECT_EQ(issue.pointer, "/sed");
    EXPECT_EQ(issue.message, "unknown key");
    EXPECT_EQ(issue.hint, "did you mean \"seed\"?");
  }
}

class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "nta-config-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    for (char const* name : {"a.pcap", "b.pcap", "labels.json"}) {
      write_file_atomic(folder_ / name, "x");
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string told(std::string const& sources) {
    write_file_atomic(folder_ / "e.json",
                      R"({"nta_experiment": 1, "task": "classification", "model": {"kind": "mlp"},)"
                      R"("data": {"labels": {"rules": "labels.json"}, "sources": )" +
                          sources + "}}");
    try {
      load_experiment(folder_ / "e.json");
    } catch (ConfigErrors const& errors) {
      return errors.what();
    }
    return "";
  }

  std::filesystem::path folder_;
};

TEST_F(OnDisk, GlobsThatMatchAreTaken) {
  EXPECT_EQ(told(R"([{"files": ["*.pcap"]}])"), "");
}

TEST_F(OnDisk, AFileNamedTwiceIsRefusedNamingBothPlaces) {
  EXPECT_THAT(
      told(R"([{"files": ["a.pcap"], "part": "train"}, {"files": ["*.pcap"], "part": "test"}])"),
      HasSubstr("/data/sources/1/files/0: names a.pcap again; /data/sources/0/files/0 names "
                "it too; rows would be in two places"));
}

TEST_F(OnDisk, AMissingRuleFileIsRefused) {
  std::filesystem::remove(folder_ / "labels.json");
  EXPECT_THAT(told(R"([{"files": ["a.pcap"]}])"),
              HasSubstr("/data/labels/rules: there is no file \"labels.json\""));
}

TEST(Hash, LooksAtWhatDecidesTheTrainingOnly) {
  auto const hash = [](std::vector<Override> overrides) {
    LoadOptions options = in_memory({{"a.json", kSmall}});
    options.overrides = std::move(overrides);
    return load_experiment("a.json", options).hash;
  };
  EXPECT_EQ(hash({}).size(), 64U);
  EXPECT_EQ(hash({}), hash({set("name=other"), set("device=cpu"), set("threads=3")}));
  EXPECT_EQ(hash({}), hash({set("seed=1")}));  // written out or by default
  EXPECT_NE(hash({}), hash({set("seed=2")}));
}

TEST(Trial, TakesTheBaseUnderOtherValuesWithTheSameChecks) {
  LoadOptions const options = in_memory({{"a.json", kSmall}});
  LoadedConfig const base = load_experiment("a.json", options);
  LoadedConfig const trial = load_trial(base, {set("training.optimizer.lr=0.5")}, in_memory({}));
  EXPECT_EQ(trial.experiment.training.optimizer.lr, 0.5);
  EXPECT_EQ(trial.experiment.name, "a");
  EXPECT_EQ(base.experiment.training.optimizer.lr, 1e-3);
  EXPECT_THROW(load_trial(base, {set("training.optimizer.lr=50")}, in_memory({})), ConfigErrors);
}

}  // namespace
}  // namespace nta::test
