// A model and the rows of a part become the whole part's loss, scores and metrics: what validation
// during training and evaluation after it have in common. Nothing is averaged over batches but the
// loss, whose parts carry their row weights.
#pragma once

#include "trainers/metrics/evaluate_metrics.hpp"
#include "trainers/metrics/threshold.hpp"
#include "trainers/models/row_score.hpp"
#include "trainers/training/loss.hpp"
#include "trainers/training/training_data.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace nta {

/// What a model says about rows, in the given order.
struct PartOutputs {
  std::vector<std::int64_t> rows;     // of the data set
  std::optional<double> loss;         // over the learnable ones; null: none
  std::vector<double> probabilities;  // classification: [n, classes of the data set]
  std::vector<double> scores;         // anomaly: larger = more unusual; regression: in its unit
};

/// In evaluation mode, without gradients, in chunks of a fixed size: a function of weights and
/// rows.
PartOutputs run_model(Model& model, TrainingData const& data, Loss const& loss,
                      std::vector<std::int64_t> const& rows, ErrorStatistics const& statistics);

/// Statistics of the z score over normal rows; undefined unless the model config asks for z.
ErrorStatistics detector_statistics(ModelConfig const& config, Model& model,
                                    TrainingData const& data,
                                    std::vector<std::int64_t> const& normal_rows);

/// Hard decisions of classification: arg max, or by threshold on 1 - p(normal).
std::vector<std::int32_t> decide(TrainingData const& data, PartOutputs const& outputs,
                                 std::optional<double> threshold);
/// Per row: 1 if it is not normal (by label, or by its class).
std::vector<std::uint8_t> positive_rows(TrainingData const& data, Dataset const& dataset,
                                        std::vector<std::int64_t> const& rows);

/// "loss" and every metric of the task. Without threshold a detector has no hard decisions.
std::vector<MetricValue> judge(TrainingData const& data, Dataset const& dataset,
                               PartOutputs const& outputs, std::optional<double> threshold);
/// Rows: truth, columns: prediction; detectors: normal, other against quiet, alarm.
ConfusionMatrix judge_confusion(TrainingData const& data, Dataset const& dataset,
                                PartOutputs const& outputs, std::optional<double> threshold);

}  // namespace nta
