// Are the written files the model? Runs where nothing of the export is in memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nta {

struct ParityCase {
  std::string name;
  std::int64_t n_rows = 0;
  double max_abs = 0, max_rel = 0;  // NaN equals NaN; infinity where only one side is finite
};

/// Loads model.json + weights and model.pt of `folder`, compares script, frozen script, golden
/// outputs and native outputs for batches of 1, 2, 17, 1024 and hard values, and writes
/// parity.json. All differences on the CPU must be 0. Returns the process exit code: 0 equal, 1
/// not. Error(data) if the folder cannot be loaded.
int export_check(std::filesystem::path const& folder);

/// Largest differences of two tensors of equal shape (another shape: infinity).
ParityCase compare(std::string name, at::Tensor const& expected, at::Tensor const& found);

}  // namespace nta
