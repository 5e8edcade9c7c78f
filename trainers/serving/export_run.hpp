// A run folder -> a model folder: weights of the chosen checkpoint, preparation, threshold from
// validation, and what a scorer must know about features and origin.
#pragma once

#include "trainers/evaluation/run_model.hpp"
#include "trainers/serving/model_meta.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nta {

struct ExportOptions {
  std::string checkpoint = "best";  // best, last or a step
  std::string nta_version;
  std::vector<std::string> check_command;  // as ExportInput
};

/// Everything of model.json but the architecture and the files. Error(data) if run.json lacks a
/// key.
ModelMeta meta_of_run(RunModel const& run, std::string const& nta_version);

/// Errors of load_run_model and export_model; Error(usage) if the checkpoint was never evaluated
/// although its threshold must come from validation.
void export_run(std::filesystem::path const& run, std::filesystem::path const& out,
                ExportOptions const& options);

}  // namespace nta
