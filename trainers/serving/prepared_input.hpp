// The fitted preparation as tensors: raw float64 rows or sequences in, float32 model input out, by
// the same operators that the exported script runs, so that native scores and script scores are
// equal.
#pragma once

#include "trainers/datasets/preparation.hpp"
#include "trainers/serving/prepared_input_steps.hpp"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace nta {

/// A buffer of the preparation; names are those of the script: source category one_hot unknown fill
/// log_mask lo hi shift scale.
struct PreparationTensor {
  std::string name;
  at::Tensor tensor;
};

class PreparedInput {
 public:
  PreparedInput(Preparation const& preparation, bool is_sequence);

  /// Flow features: raw [B, inputs] -> float32 [B, columns]. Error(data) if the width differs.
  at::Tensor rows(at::Tensor const& raw) const;
  /// Sequences: raw [B, T, fields], int64 lengths [B] -> float32 [B, T, fields], padding 0.
  at::Tensor sequences(at::Tensor const& raw, at::Tensor const& lengths) const;

  PreparationSteps const& steps() const { return steps_; }
  std::vector<PreparationTensor> tensors() const;

 private:
  at::Tensor encoded(at::Tensor const& x) const;

  PreparationSteps steps_;
  std::int64_t n_inputs_ = 0;
  at::Tensor source_, category_, one_hot_, unknown_;
  at::Tensor fill_, log_mask_, lo_, hi_, shift_, scale_;
};

}  // namespace nta
