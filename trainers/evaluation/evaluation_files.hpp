// What an evaluation leaves in a part's folder.
#pragma once

#include "trainers/evaluation/evaluate.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace nta {

/// metrics.json: metrics by name (null: undefined), reasons, confusion, threshold, counts.
nlohmann::ordered_json part_json(Evaluation const& evaluation, PartEvaluation const& part);
/// Header: truth\decision, then the labels of decisions; one line per true label.
std::string confusion_csv(PartEvaluation const& part);
/// A line per row: capture, row in its file, start, truth, decision, scores.
std::string scores_csv(EvaluationData const& data, PartOutputs const& outputs,
                       std::optional<double> threshold);
/// Writes all three, each atomically; scores only if `save_scores`.
void write_part(std::filesystem::path const& folder, nlohmann::ordered_json const& metrics,
                std::string const& confusion, std::string const& scores);

}  // namespace nta
