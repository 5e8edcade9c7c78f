// A run folder becomes the model that it trained, with what is needed to judge, score or export it:
// experiment, preparation, classes, verified weights, and the threshold chosen on validation.
#pragma once

#include "libnta/config/experiment.hpp"
#include "trainers/datasets/preparation.hpp"
#include "trainers/metrics/threshold.hpp"
#include "trainers/models/make_model.hpp"
#include "trainers/models/row_score.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nta {

/// What was chosen on the validation part for the weights of one step (eval/threshold.json).
struct Judgement {
  std::int64_t step = 0;
  std::optional<Threshold> threshold;  // absent: arg max, or a regression
  ErrorStatistics statistics;          // autoencoder with score z
};

std::string judgement_json(Judgement const& judgement);
/// Error(data) naming the key.
Judgement parse_judgement(std::string const& text);

struct RunModel {
  std::filesystem::path run;
  Experiment experiment;  // of config.resolved.json; seed as the data set was split
  nlohmann::json facts;   // run.json
  Preparation preparation;
  std::vector<std::string> output_classes;
  std::unique_ptr<Model> model;
  std::int64_t step = 0, epoch = 0;
  std::string config_sha256;
  std::optional<Judgement> judgement;  // of these weights; absent before an evaluation
};

/// `which`: best, last or a step. Error(data) for a damaged run or checkpoint, Error(usage) if the
/// folder is no run or has no such checkpoint.
RunModel load_run_model(std::filesystem::path const& run, std::string const& which);

}  // namespace nta
