#include "trainers/training/judge.hpp"

#include "libnta/core/error.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <span>

namespace nta {
namespace {

constexpr std::size_t kChunkRows = 4096;  // fixed: sums must not depend on a setting

template <class F>
void for_chunks(std::vector<std::int64_t> const& rows, F&& body) {
  for (std::size_t begin = 0; begin < rows.size(); begin += kChunkRows) {
    body(std::span(rows).subspan(begin, std::min(kChunkRows, rows.size() - begin)));
  }
}

/// Probabilities over the data set's classes; those the model does not know are 0.
void append_probabilities(TrainingData const& data, at::Tensor const& logits,
                          std::vector<double>& out) {
  auto const p = class_probabilities(logits).contiguous();
  auto const* const values = p.const_data_ptr<float>();
  auto const n_outputs = data.class_of_output.size(), n_classes = data.normal_class.size();
  auto const n_rows = static_cast<std::size_t>(p.size(0));
  auto const first = out.size();
  out.resize(first + n_rows * n_classes, 0.0);
  for (std::size_t i = 0; i < n_rows; ++i) {
    for (std::size_t k = 0; k < n_outputs; ++k) {
      auto const id = data.class_of_output[k];
      if (id < 0) {
        continue;
      }
      out[first + i * n_classes + static_cast<std::size_t>(id)] =
          static_cast<double>(values[i * n_outputs + k]);
    }
  }
}

void append_scores(at::Tensor const& scores, PreparedTarget target, std::vector<double>& out) {
  auto const flat = scores.contiguous();
  auto const* const values = flat.const_data_ptr<float>();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    out.push_back(static_cast<double>(values[i]) * target.scale + target.shift);
  }
}

/// Loss of the learnable rows, added up with their weights.
struct LossSum {
  double sum = 0, weight = 0;
  void add(Loss const& loss, at::Tensor const& output, Batch const& batch) {
    auto const value = loss(output, batch);
    double const w = value.weight.item<double>();
    if (w == 0) {
      return;
    }  // only classes of weight 0
    sum += value.mean.item<double>() * w;
    weight += w;
  }
};

ClassificationPart class_part(TrainingData const& data, Dataset const& dataset,
                              PartOutputs const& outputs, std::vector<std::int32_t> const& decided,
                              std::vector<std::int32_t>& targets) {
  ClassificationPart part;
  part.classes = dataset.classes;
  part.seen.assign(dataset.classes.size(), 0);
  for (auto const id : data.class_of_output) {
    if (id >= 0) {
      part.seen[static_cast<std::size_t>(id)] = 1;
    }
  }
  part.normal_class = data.normal_class;
  for (auto const row : outputs.rows) {
    targets.push_back(dataset.target[static_cast<std::size_t>(row)]);
  }
  part.probabilities = outputs.probabilities;
  part.predictions = decided;
  part.targets = targets;
  return part;
}

AnomalyPart anomaly_part(Dataset const& dataset, PartOutputs const& outputs,
                         std::vector<std::uint8_t> const& positive,
                         std::vector<std::uint8_t> const& raised,
                         std::vector<std::int32_t>& targets) {
  for (auto const row : outputs.rows) {
    targets.push_back(dataset.target[static_cast<std::size_t>(row)]);
  }
  return {outputs.scores, positive, raised, dataset.classes, targets};
}

std::vector<std::uint8_t> raised_of(PartOutputs const& outputs, std::optional<double> threshold) {
  return threshold ? alarms(outputs.scores, *threshold) : std::vector<std::uint8_t>{};
}

}  // namespace

PartOutputs run_model(Model& model, TrainingData const& data, Loss const& loss,
                      std::vector<std::int64_t> const& rows, ErrorStatistics const& statistics) {
  at::NoGradGuard const no_grad;
  PartOutputs out;
  out.rows = rows;
  LossSum sum;
  for_chunks(rows, [&](std::span<std::int64_t const> chunk) {
    auto const batch = batch_of(data, chunk);
    auto const output = model.forward(batch.x, batch.lengths, false);
    if (data.task == Task::classification) {
      append_probabilities(data, output, out.probabilities);
    } else if (data.task == Task::anomaly) {
      append_scores(reconstruction_score(output, batch.x, statistics), {}, out.scores);
    } else {
      append_scores(output, data.preparation.target, out.scores);
    }
    std::vector<std::int64_t> learnable;
    for (auto const row : chunk) {
      if (data.learnable[static_cast<std::size_t>(row)] != 0) {
        learnable.push_back(row);
      }
    }
    if (learnable.empty()) {
      return;
    }
    if (learnable.size() == chunk.size()) {
      sum.add(loss, output, batch);
      return;
    }
    auto const part = batch_of(data, learnable);
    sum.add(loss, model.forward(part.x, part.lengths, false), part);
  });
  if (sum.weight > 0) {
    out.loss = sum.sum / sum.weight;
  }
  return out;
}

ErrorStatistics detector_statistics(ModelConfig const& config, Model& model,
                                    TrainingData const& data,
                                    std::vector<std::int64_t> const& normal_rows) {
  auto const* const detector = std::get_if<AutoencoderConfig>(&config);
  if (detector == nullptr || detector->score != ReconstructionScore::z) {
    return {};
  }
  at::NoGradGuard const no_grad;
  std::vector<at::Tensor> outputs, inputs;
  for_chunks(normal_rows, [&](std::span<std::int64_t const> chunk) {
    auto const batch = batch_of(data, chunk);
    outputs.push_back(model.forward(batch.x, batch.lengths, false));
    inputs.push_back(batch.x);
  });
  return error_statistics(at::cat(outputs), at::cat(inputs));
}

std::vector<std::int32_t> decide(TrainingData const& data, PartOutputs const& outputs,
                                 std::optional<double> threshold) {
  ClassProbabilities const p{outputs.probabilities, data.normal_class};
  return threshold ? thresholded_classes(p, *threshold) : arg_max_classes(p);
}

std::vector<std::uint8_t> positive_rows(TrainingData const& data, Dataset const& dataset,
                                        std::vector<std::int64_t> const& rows) {
  std::vector<std::uint8_t> out;
  for (auto const row : rows) {
    auto const i = static_cast<std::size_t>(row);
    bool const normal =
        data.task == Task::anomaly
            ? dataset.normal[i]
            : dataset.target[i] >= 0 &&
                  data.normal_class[static_cast<std::size_t>(dataset.target[i])] != 0;
    out.push_back(normal ? 0 : 1);
  }
  return out;
}

std::vector<MetricValue> judge(TrainingData const& data, Dataset const& dataset,
                               PartOutputs const& outputs, std::optional<double> threshold) {
  std::vector<MetricValue> out{
      {"loss", outputs.loss, outputs.loss ? "" : "no row of this part enters the loss"}};
  std::vector<MetricValue> more;
  std::vector<std::int32_t> targets;
  if (data.task == Task::classification) {
    auto const decided = decide(data, outputs, threshold);
    more = evaluate_metrics(class_part(data, dataset, outputs, decided, targets));
  } else if (data.task == Task::anomaly) {
    auto const positive = positive_rows(data, dataset, outputs.rows);
    auto const raised = raised_of(outputs, threshold);
    more = evaluate_metrics(anomaly_part(dataset, outputs, positive, raised, targets));
  } else {
    std::vector<double> truth;
    for (auto const row : outputs.rows) {
      truth.push_back(dataset.target_value[static_cast<std::size_t>(row)]);
    }
    more = evaluate_metrics(RegressionPart{truth, outputs.scores});
  }
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

ConfusionMatrix judge_confusion(TrainingData const& data, Dataset const& dataset,
                                PartOutputs const& outputs, std::optional<double> threshold) {
  std::vector<std::int32_t> targets;
  if (data.task == Task::classification) {
    auto const decided = decide(data, outputs, threshold);
    return part_confusion(class_part(data, dataset, outputs, decided, targets));
  }
  auto const positive = positive_rows(data, dataset, outputs.rows);
  auto const raised = raised_of(outputs, threshold);
  return part_confusion(anomaly_part(dataset, outputs, positive, raised, targets));
}

}  // namespace nta
