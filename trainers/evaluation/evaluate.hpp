// Weights and rows become numbers that may be quoted: the threshold is chosen on validation alone
// and applied unchanged to every other part. eval/PART/{metrics.json,confusion.csv,scores.csv}.
#pragma once

#include "trainers/datasets/dataset.hpp"
#include "trainers/evaluation/run_model.hpp"
#include "trainers/training/judge.hpp"
#include "trainers/training/training_data.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nta {

struct EvaluateOptions {
  std::vector<Part> parts;                   // empty: evaluation.on of the experiment
  std::vector<std::filesystem::path> files;  // judged instead of parts, by the experiment's labels
  std::string checkpoint = "best";           // best, last or a step
  std::optional<double> threshold;           // overrides the one from validation
  std::optional<std::filesystem::path> out;  // default: RUN/eval
  int threads = 0;                           // of reading captures; 0: as the experiment says
};

/// One judged part.
struct PartEvaluation {
  std::string name;  // train, validation, test, or "files"
  std::int64_t rows = 0;
  std::vector<MetricValue> metrics;
  std::vector<std::string> truth_labels, decision_labels;  // of the confusion's rows and columns
  ConfusionMatrix confusion;                               // empty for a regression
};

struct Evaluation {
  std::string run;
  std::int64_t step = 0;
  std::optional<Threshold> threshold;
  bool threshold_given = false;  // by the caller, not from validation
  std::vector<PartEvaluation> parts;
};

/// The data that a run is judged by, loaded once.
struct EvaluationData {
  Dataset const& dataset;
  TrainingData const& data;  // prepared with the run's preparation and classes
};

/// Judges parts of the run's own data and writes the results. Error(usage) if validation has not
/// the rows that the threshold rule needs.
Evaluation evaluate(RunModel& run, EvaluationData const& data, EvaluateOptions const& options);

/// Loads run and data first. Error(data) if the data are not those of the run.
Evaluation evaluate_run(std::filesystem::path const& run, EvaluateOptions const& options);

/// Scores and chooses on the validation part.
Judgement judge_validation(RunModel& run, EvaluationData const& data);

nlohmann::ordered_json to_json(Evaluation const& evaluation);
/// For people: metrics of all parts side by side, then per class, then what is undefined and why.
std::string evaluation_table(Evaluation const& evaluation);

}  // namespace nta
