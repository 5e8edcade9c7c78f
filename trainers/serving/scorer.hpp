// Raw rows -> scores, natively: preparation, model, probabilities or anomaly score, verdict. No
// TorchScript code runs; the exported script gives the same numbers.
#pragma once

#include "trainers/datasets/dataset.hpp"
#include "trainers/models/make_model.hpp"
#include "trainers/models/row_score.hpp"
#include "trainers/serving/model_meta.hpp"
#include "trainers/serving/prepared_input.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// A model ready to score. Not for two threads at once.
struct LoadedModel {
  ModelMeta meta;
  std::unique_ptr<Model> model;
  ErrorStatistics statistics;  // autoencoder with score z
  PreparedInput input;
};

struct Scores {
  std::size_t n_rows = 0, n_classes = 0;
  std::vector<double> probability;     // classifier: [n_rows, n_classes]
  std::vector<std::int32_t> class_id;  // classifier: by threshold if there is one, else arg max
  std::vector<double> score;           // anomaly score; 1 - p(normal); value in the target's unit
  std::vector<std::uint8_t> alarm;     // score > threshold; empty without threshold
};

/// Any number of rows, in blocks. `score` of a classifier without normal (or without other) classes
/// is empty. Error(data) if the width differs or a length lies outside 1..T.
Scores score_rows(LoadedModel& loaded, Matrix const& raw);
Scores score_rows(LoadedModel& loaded, SequenceBlock const& raw);

/// The same for tensors: raw float64 [B, inputs] or [B, T, fields] with int64 lengths [B].
/// `output`: what Model::forward returns.
at::Tensor native_output(LoadedModel& loaded, at::Tensor const& raw, at::Tensor const& lengths);

/// Views on borrowed memory, valid as long as their argument.
at::Tensor view_of(Matrix const& rows);
at::Tensor view_of(SequenceBlock const& block);
at::Tensor view_of(std::vector<std::int64_t> const& lengths);

/// Where each of the model's columns stands in `columns`. Error(data) with both lists if the
/// profile or a column is missing; surplus columns are allowed.
std::vector<std::size_t> match_columns(ModelMeta const& meta, std::string_view profile_sha256,
                                       std::vector<std::string> const& columns);

}  // namespace nta
