// Numbers in eval/ are recomputed here from the scores beside them; the threshold comes from
// validation and does not move when the test part does.
#include "trainers/evaluation/evaluate.hpp"

#include "libnta/config/run_dir.hpp"
#include "libnta/core/error.hpp"
#include "tests/evaluation/evaluation_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace nta {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;
using test::TempDir;

std::vector<std::vector<std::string>> csv(fs::path const& path) {
  std::istringstream in(read_file(path));
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells(1);
    for (char const c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    out.push_back(cells);
  }
  return out;
}

json metrics(fs::path const& run, std::string const& part) {
  return json::parse(read_file(run / "eval" / part / "metrics.json"));
}

TEST(Evaluation, OfATrainingIsWrittenBeforeTheRunIsComplete) {
  TempDir const dir;
  TrainObserver observer;
  auto const outcome = test::train_config(test::small_config(dir, "classification"),
                                          test::built(test::blobs(400, 1)), dir / "run", observer);
  ASSERT_TRUE(outcome.evaluation);
  EXPECT_EQ(read_status(dir / "run").state, RunState::complete);
  for (auto const* part : {"validation", "test"}) {
    for (auto const* file : {"metrics.json", "confusion.csv", "scores.csv"}) {
      EXPECT_TRUE(fs::exists(dir / "run" / "eval" / part / file)) << part << file;
    }
  }
  EXPECT_TRUE(fs::exists(dir / "run" / "eval" / "split.csv"));
  EXPECT_TRUE(fs::exists(dir / "run" / "eval" / "leakage.json"));
  auto const table = evaluation_table(*outcome.evaluation);
  EXPECT_NE(table.find("macro_f1"), std::string::npos) << table;
}

TEST(Evaluation, AccuracyIsThatOfTheScoresBesideIt) {
  TempDir const dir;
  TrainObserver observer;
  test::train_config(test::small_config(dir, "classification"), test::built(test::blobs(400, 1)),
                     dir / "run", observer);
  auto const rows = csv(dir / "run" / "eval" / "test" / "scores.csv");
  double hits = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    hits += rows[i][3] == rows[i][4] ? 1 : 0;
    double best = -1;
    std::string best_class;
    for (std::size_t c = 5; c < rows[i].size(); ++c) {
      if (std::stod(rows[i][c]) > best) {
        best = std::stod(rows[i][c]);
        best_class = rows[0][c].substr(2, rows[0][c].size() - 3);  // p(NAME)
      }
    }
    EXPECT_EQ(best_class, rows[i][4]) << i;
  }
  auto const found = metrics(dir / "run", "test");
  EXPECT_EQ(found["rows"], 80);
  EXPECT_DOUBLE_EQ(found["metrics"]["accuracy"], hits / 80);
  double diagonal = 0;
  auto const confusion = csv(dir / "run" / "eval" / "test" / "confusion.csv");
  for (std::size_t i = 1; i < confusion.size(); ++i) {
    diagonal += std::stod(confusion[i][i]);
  }
  EXPECT_EQ(diagonal, hits);
}

TEST(Evaluation, AnUnseenClassHasItsOwnRecallAndNoOutput) {
  TempDir const dir;
  TrainObserver observer;
  test::train_config(test::small_config(dir, "classification"),
                     test::built(test::blobs(400, 1, /*unseen=*/true)), dir / "run", observer);
  auto const model = load_run_model(dir / "run", "best");
  EXPECT_EQ(model.output_classes, (std::vector<std::string>{"benign", "scan"}));
  auto const found = metrics(dir / "run", "test");
  EXPECT_TRUE(found["metrics"]["recall/flood"].is_number());
  EXPECT_FALSE(found["metrics"].contains("f1/flood"));
  EXPECT_NE(found["reasons"]["recall/flood"].get<std::string>().find("unseen"), std::string::npos);
}

TEST(Evaluation, ADetectorsThresholdIsTheQuantileOfValidationNormalsAlone) {
  TempDir const dir;
  TrainObserver observer;
  auto data = test::blobs(400, 1);
  auto const config = test::small_config(dir, "anomaly");
  test::train_config(config, test::built(data), dir / "run", observer);
  std::vector<double> normal;
  auto const rows = csv(dir / "run" / "eval" / "validation" / "scores.csv");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i][4] == "1") {
      normal.push_back(std::stod(rows[i][5]));
    }
  }
  std::sort(normal.begin(), normal.end());
  double const place = 0.95 * static_cast<double>(normal.size() - 1);
  auto const below = static_cast<std::size_t>(place);
  double const expected =
      normal[below] + (place - std::floor(place)) * (normal[below + 1] - normal[below]);
  auto const threshold =
      json::parse(read_file(dir / "run" / "eval" / "threshold.json"))["threshold"];
  EXPECT_NEAR(threshold["value"].get<double>(), expected, 1e-12);
  EXPECT_EQ(threshold["normal_rows"], normal.size());
  for (auto const& row : csv(dir / "run" / "eval" / "test" / "scores.csv")) {
    if (row[0] != "capture") {
      EXPECT_EQ(row[6] == "1", std::stod(row[5]) > threshold["value"].get<double>());
    }
  }
  // Another test part, the same threshold.
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::test) {
      data.x.values[i * 4] += 5;
    }
  }
  test::train_config(config, test::built(data), dir / "other", observer);
  EXPECT_EQ(read_file(dir / "run" / "eval" / "threshold.json"),
            read_file(dir / "other" / "eval" / "threshold.json"));
  EXPECT_NE(metrics(dir / "run", "test")["metrics"], metrics(dir / "other", "test")["metrics"]);
}

TEST(Evaluation, AGivenThresholdOverridesAndACheckpointCanBeChosen) {
  TempDir const dir;
  TrainObserver observer;
  auto const data = test::built(test::blobs(400, 1));
  auto const config = test::small_config(dir, "anomaly");
  test::train_config(config, data, dir / "run", observer);
  auto run = load_run_model(dir / "run", "last");
  auto const prepared =
      prepare_with(run.experiment, data.data, run.preparation, run.output_classes);
  EvaluateOptions options;
  options.parts = {Part::test};
  options.threshold = -1;  // everything is an alarm
  options.out = dir / "out";
  auto const found = evaluate(run, {data.data, prepared}, options);
  ASSERT_EQ(found.parts.size(), 1U);
  EXPECT_EQ(value_of(found.parts[0].metrics, "fpr"), 1.0);
  EXPECT_TRUE(fs::exists(dir / "out" / "test" / "metrics.json"));
  EXPECT_THROW(load_run_model(dir / "run", "12345"), Error);
  EXPECT_THROW(load_run_model(dir / "nowhere", "best"), Error);
}

TEST(Judgement, ComesBackAsWritten) {
  Judgement judgement;
  judgement.step = 12;
  judgement.threshold = Threshold{0.1 + 0.2, ThresholdRule::target_fpr, 0.01, 5, 6};
  auto const text = judgement_json(judgement);
  EXPECT_EQ(judgement_json(parse_judgement(text)), text);
  EXPECT_THROW(parse_judgement("{}"), Error);
  EXPECT_THROW(parse_judgement("{"), Error);
}

}  // namespace
}  // namespace nta
