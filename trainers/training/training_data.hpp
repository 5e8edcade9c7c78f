// A data set becomes what a step reads: prepared float32 rows in one tensor, targets, and per part
// the rows that are learnt from or judged. Preparation is fitted on training rows alone.
#pragma once

#include "libnta/config/experiment.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/datasets/preparation.hpp"
#include "trainers/models/model.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nta {

struct TrainingData {
  Task task = Task::classification;
  Preparation preparation;
  ModelShape shape;
  std::vector<std::string> output_classes;    // with training rows: the model's outputs in order
  std::vector<std::int32_t> class_of_output;  // their ids in the data set
  std::vector<std::int64_t> class_counts;     // their training rows
  std::vector<std::uint8_t> normal_class;     // [data set classes] named in labels.normal

  at::Tensor x;        // float32 [N, F] or [N, T, F]: all rows of the data set
  at::Tensor lengths;  // int64 [N], sequences only
  at::Tensor target;   // int64 [N] output index or -1; float32 [N] for regression; else undefined
  std::vector<std::int64_t> train_rows;  // what a training reads: labelled, anomaly: normal
  std::array<std::vector<std::int64_t>, 3> part_rows;  // train, validation, test: all rows
  /// Rows of a part that enter its loss: with a target the model knows; anomaly: normal ones.
  std::vector<std::int64_t> loss_rows(Part part) const;

  std::vector<std::uint8_t> learnable;  // [N] enters a loss
};

/// Error(usage) if the training or validation part has no row to learn from or to judge.
TrainingData prepare_training(Experiment const& experiment, Dataset const& data);

/// The same with a preparation fitted before, and the classes that the model was trained on.
TrainingData prepare_with(Experiment const& experiment, Dataset const& data,
                          Preparation const& preparation,
                          std::vector<std::string> const& output_classes);

/// SHA-256 over all that a training sees: names, values, targets, parts. Equal hashes, equal data.
std::string dataset_sha256(Dataset const& data);

/// Rows of `source` (first dimension) into the leading rows of `out`; both contiguous, CPU.
void gather_rows(at::Tensor const& source, std::span<std::int64_t const> rows,
                 at::Tensor const& out);
/// A new batch of these rows.
Batch batch_of(TrainingData const& data, std::span<std::int64_t const> rows);

}  // namespace nta
