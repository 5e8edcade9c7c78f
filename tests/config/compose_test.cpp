// extends, --set, --unset, ${env:...}: what wins, what it is called, where relative paths lead.
#include "libnta/config/compose.hpp"

#include "config_support.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta::test {
namespace {

using testing::HasSubstr;

Experiment loaded(Texts texts, std::vector<Override> overrides = {}) {
  LoadOptions options = in_memory(std::move(texts));
  options.overrides = std::move(overrides);
  return load_experiment("a.json", options).experiment;
}

TEST(Compose, LaterFilesWinByKeyAndTheFileItselfWinsOverAll) {
  Experiment const e = loaded({
      {"one.json",
       R"({"nta_experiment": 1, "seed": 1, "training": {"epochs": 11, "batch_size": 1}})"},
      {"two.json", R"({"nta_experiment": 1, "seed": 2, "training": {"epochs": 12}})"},
      {"a.json",
       R"({"nta_experiment": 1, "extends": ["one.json", "two.json"], "task": "classification",
                     "data": {"sources": [{"files": ["a"]}]}, "model": {"kind": "mlp"},
                     "training": {"log_every": 7}})"},
  });
  EXPECT_EQ(e.seed, 2);
  EXPECT_EQ(e.training.epochs, 12);
  EXPECT_EQ(e.training.batch_size, 1);
  EXPECT_EQ(e.training.log_every, 7);
}

TEST(Compose, ListsAndNullReplaceAndReplaceDropsWhatIsInherited) {
  std::string const base = R"({"nta_experiment": 1, "task": "classification",
      "data": {"sources": [{"files": ["a", "b"]}]},
      "model": {"kind": "mlp", "hidden": [9, 9], "dropout": 0.5},
      "training": {"early_stop": {"patience": 3, "min_epochs": 2}, "epochs": 5}})";
  Experiment const merged =
      loaded({{"base.json", base}, {"a.json", R"({"nta_experiment": 1, "extends": "base.json",
      "model": {"hidden": [4]}, "training": {"early_stop": null}})"}});
  auto const& mlp = std::get<MlpConfig>(merged.model);
  EXPECT_EQ(mlp.hidden, std::vector<int>{4});
  EXPECT_EQ(mlp.dropout, 0.5);
  EXPECT_FALSE(merged.training.early_stop.has_value());
  Experiment const replaced =
      loaded({{"base.json", base}, {"a.json", R"({"nta_experiment": 1, "extends": "base.json",
      "model": {"$replace": true, "kind": "linear"},
      "training": {"early_stop": {"$replace": true, "patience": 8}}})"}});
  EXPECT_TRUE(std::holds_alternative<LinearConfig>(replaced.model));
  EXPECT_EQ(replaced.training.early_stop->patience, 8);
  EXPECT_EQ(replaced.training.early_stop->min_epochs, 0);
  EXPECT_EQ(replaced.training.epochs, 5);
}

TEST(Compose, ReplaceTakesTrueOnly) {
  EXPECT_THAT(complaint(R"({"nta_experiment": 1, "training": {"$replace": 1}})"),
              HasSubstr("/training/$replace: takes true only"));
}

TEST(Compose, AMissingBaseIsAnErrorAtItsName) {
  EXPECT_THAT(complaint("{\"nta_experiment\": 1,\n \"extends\": [\"gone.json\"]}"),
              HasSubstr("a.json:2:14: error: /extends/0: cannot be read: no file gone.json"));
}

TEST(Compose, ADiamondOfFilesIsNoCycle) {
  Experiment const e = loaded({{"root.json", R"({"nta_experiment": 1, "seed": 5})"},
                               {"l.json", R"({"nta_experiment": 1, "extends": "root.json"})"},
                               {"r.json", R"({"nta_experiment": 1, "extends": "root.json"})"},
                               {"a.json", R"({"nta_experiment": 1, "extends": ["l.json", "r.json"],
      "task": "classification", "data": {"sources": [{"files": ["a"]}]}, "model": {"kind": "mlp"}})"}});
  EXPECT_EQ(e.seed, 5);
}

TEST(Compose, SetTakesJsonElseTextAndLaterOnesWin) {
  Experiment const e =
      loaded({{"a.json", kSmall}},
             {set("training.epochs=3"), set("training.epochs=4"), set("name=plain-text"),
              set("/training/optimizer/lr=1e-2"), set("data.sources[0].files[1]=b=c.pcap"),
              set("model={\"kind\": \"linear\"}"), set("data.labels.map[\"a.b=c\"]=attack")});
  EXPECT_EQ(e.training.epochs, 4);
  EXPECT_EQ(e.name, "plain-text");
  EXPECT_EQ(e.training.optimizer.lr, 0.01);
  EXPECT_EQ(e.data.sources[0].files, (std::vector<std::string>{"a.pcap", "b=c.pcap"}));
  EXPECT_TRUE(std::holds_alternative<LinearConfig>(e.model));
  EXPECT_EQ(e.data.labels.map.at("a.b=c"), "attack");
}

TEST(Compose, UnsetBringsTheDefaultBackAndActsInOrder) {
  std::string const text = R"({"nta_experiment": 1, "task": "classification",
      "data": {"sources": [{"files": ["a"]}, {"files": ["b"]}]}, "model": {"kind": "mlp"},
      "training": {"epochs": 5}})";
  Experiment const e =
      loaded({{"a.json", text}}, {unset("training.epochs"), unset("data.sources[0]"), set("seed=9"),
                                  unset("seed"), set("seed=10")});
  EXPECT_EQ(e.training.epochs, 20);
  ASSERT_EQ(e.data.sources.size(), 1U);
  EXPECT_EQ(e.data.sources[0].files, std::vector<std::string>{"b"});
  EXPECT_EQ(e.seed, 10);
}

TEST(Compose, OverridesAreNamedByTheirNumber) {
  EXPECT_EQ(complaint(kSmall, {set("seed=2"), set("training.epochs=0")}),
            "--set #2: error: /training/epochs: 0 is outside [1, 100000]");
  EXPECT_EQ(complaint(kSmall, {set("training.learning_rate=1")}),
            "--set #1: error: /training/learning_rate: unknown key here; it exists as "
            "/training/optimizer/lr");
  EXPECT_EQ(complaint(kSmall, {unset("seed")}),
            "--unset #1: error: /seed: nothing is set there; its default applies already");
  EXPECT_EQ(complaint(kSmall, {set("seed.x=1"), set("data.sources[7].part=test")}),
            "--set #1: error: /seed: expected an integer, found an object\n"
            "--set #2: error: /data/sources/7: the list there has 1 element; use [0] to [1]; the "
            "last appends");
  EXPECT_EQ(complaint(kSmall, {set("training.epochs"), set("=3"), unset("a..b"), set("a[x]=1")}),
            "--set #1: error: \"training.epochs\" is no PATH=VALUE; for example "
            "training.optimizer.lr=0.01\n"
            "--set #2: error: \"=3\" is no PATH=VALUE; for example training.optimizer.lr=0.01\n"
            "--unset #3: error: \"a..b\" is no PATH; for example training.clip.norm\n"
            "--set #4: error: \"a[x]=1\" is no PATH=VALUE; for example training.optimizer.lr=0.01");
}

TEST(Compose, IssuesAreSortedByFileThenPlaceThenOverride) {
  LoadOptions options = in_memory(
      {{"base.json", R"({"nta_experiment": 1, "seed": -1})"},
       {"a.json", R"({"nta_experiment": 1, "extends": "base.json", "task": "classification",
      "model": {"kind": "mlp", "dropout": 2}, "data": {"sources": [{"files": ["a"]}], "unit": 3}})"}});
  options.overrides = {set("threads=-1")};
  try {
    load_experiment("a.json", options);
    FAIL();
  } catch (ConfigErrors const& errors) {
    std::vector<std::string> pointers;
    for (ConfigIssue const& issue : errors.issues()) pointers.push_back(issue.pointer);
    EXPECT_EQ(pointers,
              (std::vector<std::string>{"/model/dropout", "/data/unit", "/seed", "/threads"}));
  }
}

TEST(Compose, PathsResolveAgainstTheFileThatNamesThem) {
  LoadOptions options = in_memory(
      {{"x/base/lab.json",
        R"({"nta_experiment": 1, "data": {"sources": [{"files": ["../d/*.pcap"]}]}})"},
       {"x/a.json", R"({"nta_experiment": 1, "extends": "base/lab.json", "task": "classification",
      "data": {"labels": {"rules": "rules.json"}}, "model": {"kind": "mlp"},
      "features": {"profile": "mine.json"}})"}});
  options.overrides = {set("data.sources[1].files=[\"here.pcap\", \"/abs/b.pcap\"]")};
  LoadedConfig const config = load_experiment("x/a.json", options);
  EXPECT_EQ(config.experiment.data.sources[0].files[0], "x/d/*.pcap");
  EXPECT_EQ(config.experiment.data.labels.rules, "x/rules.json");
  EXPECT_EQ(config.experiment.features.profile, "x/mine.json");
  EXPECT_EQ(config.experiment.data.sources[1].files[0], "here.pcap");
  EXPECT_EQ(config.experiment.data.sources[1].files[1], "/abs/b.pcap");
  std::string const absolute = (std::filesystem::current_path() / "x/d/*.pcap").string();
  EXPECT_THAT(config.resolved_json, HasSubstr("\"" + absolute + "\""));
  EXPECT_EQ(config.files.size(), 2U);
  EXPECT_EQ(config.files[0].name, "x/a.json");
}

TEST(Compose, TheEnvironmentFillsStringsAndIsNotKept) {
  LoadOptions options = in_memory({{"x/a.json", R"({"nta_experiment": 1, "task": "classification",
      "name": "${env:WHO:-nobody}-${env:N}", "model": {"kind": "mlp"},
      "data": {"sources": [{"files": ["${env:D}/a.pcap", "${env:R:-rel}/b.pcap"]}]}})"}});
  options.environment = [](std::string const& name) -> char const* {
    return name == "N" ? "7" : name == "D" ? "/data" : name == "R" ? "" : nullptr;
  };
  LoadedConfig const config = load_experiment("x/a.json", options);
  EXPECT_EQ(config.experiment.name, "nobody-7");
  EXPECT_EQ(config.experiment.data.sources[0].files[0], "/data/a.pcap");
  EXPECT_EQ(config.experiment.data.sources[0].files[1], "x/rel/b.pcap");  // empty counts as unset
  EXPECT_THAT(config.resolved_json, HasSubstr("\"${env:WHO:-nobody}-${env:N}\""));
  EXPECT_THAT(config.resolved_json, HasSubstr("\"${env:D}/a.pcap\""));
  EXPECT_THAT(config.resolved_json, HasSubstr("/x/${env:R:-rel}/b.pcap\""));
}

TEST(Compose, OlderFilesAreMigratedAndTheChangesTold) {
  FileFormat const format{"nta_experiment",
                          3,
                          true,
                          {[](ConfigValue& root, std::vector<std::string>& notes) {
                             auto renamed = root.members.extract("rounds");
                             renamed.key() = "epochs";
                             root.members.insert(std::move(renamed));
                             notes.emplace_back("rounds is now epochs");
                           },
                           [](ConfigValue& root, std::vector<std::string>& notes) {
                             root.members.erase("old");
                             notes.emplace_back("old is gone");
                           }}};
  IssueList issues;
  Composed const one = compose_files(
      "a.json", format, in_memory({{"a.json", R"({"nta_experiment": 1, "rounds": 5, "old": 1})"}}),
      0, issues);
  EXPECT_EQ(one.root.find("epochs")->scalar, 5);
  EXPECT_EQ(one.notes, (std::vector<std::string>{"rounds is now epochs", "old is gone"}));
  Composed const two = compose_files(
      "a.json", format, in_memory({{"a.json", R"({"nta_experiment": 2, "old": 1})"}}), 0, issues);
  EXPECT_EQ(two.notes, std::vector<std::string>{"old is gone"});
  EXPECT_TRUE(issues.empty());
}

TEST(Compose, AnExperimentThatCannotBeReadIsAUsageError) {
  try {
    load_experiment("nowhere.json", in_memory({}));
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("nowhere.json"));
  }
}

TEST(Compose, PathsOfOverridesAreParsed) {
  EXPECT_EQ(parse_path("a.b[0].c"), (KeyPath{"a", "b", "0", "c"}));
  EXPECT_EQ(parse_path("/a/b~1c/~0"), (KeyPath{"a", "b/c", "~"}));
  EXPECT_EQ(parse_path("m[\"x.y\"]"), (KeyPath{"m", "x.y"}));
  EXPECT_EQ(parse_path(""), KeyPath{});
  for (std::string_view const bad :
       {".", "a.", "a..b", "[0]", "a[", "a[x]", "a[0]b", "a[\"x]", "/~2"}) {
    EXPECT_FALSE(parse_path(bad)) << bad;
  }
  EXPECT_FALSE(parse_path(std::string(1000, '/')));
  EXPECT_EQ(to_pointer({"a/b", "~", "0"}), "/a~1b/~0/0");
}

}  // namespace
}  // namespace nta::test
