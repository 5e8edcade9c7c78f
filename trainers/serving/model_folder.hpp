// The exported model as a folder: model.json weights.safetensors model.pt golden.safetensors
// parity.json. Written beside its place and renamed at the end; read back without running any code
// of it.
#pragma once

#include "trainers/serving/scorer.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nta {

struct ExportInput {
  ModelMeta meta;              // `architecture` is taken from the model
  Model const& model;          // the weights to export
  ErrorStatistics statistics;  // autoencoder with score z; else undefined
  /// Run in a fresh process with the folder appended, e.g. {"/proc/self/exe", "export-check"}; it
  /// ends with `export_check`'s result. Empty: checked in this process (parity.json says so).
  std::vector<std::string> check_command;
};

/// Writes `out` (absent or empty). Error(failed) and no folder if the written files do not give the
/// model's own outputs; Error(usage) if `out` is not empty; Error(storage) on a full disk.
/// Fail points: export_weights export_script export_golden export_meta export_parity (.write .fsync
/// .rename), export.rename.
void export_model(ExportInput const& input, std::filesystem::path const& out);

/// Error(data) naming file and reason unless every file named in model.json has its size and
/// SHA-256 and all parts fit.
LoadedModel load_model_folder(std::filesystem::path const& folder);

/// What 64 made-up raw rows gave before the model was written, and the rows: "x", "lengths" of
/// sequences, "output", "score".
std::vector<NamedTensor> golden_tensors(LoadedModel& loaded);

}  // namespace nta
