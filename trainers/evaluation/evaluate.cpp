#include "trainers/evaluation/evaluate.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/datasets/dataset_builder.hpp"
#include "trainers/datasets/meter_source.hpp"
#include "trainers/evaluation/evaluation_files.hpp"
#include "trainers/evaluation/train.hpp"
#include "trainers/training/step.hpp"

#include <algorithm>

namespace nta {
namespace fs = std::filesystem;
namespace {

PartEvaluation judged_part(EvaluationData const& data, PartOutputs const& outputs,
                           std::optional<double> threshold, std::string const& name) {
  PartEvaluation out;
  out.name = name;
  out.rows = static_cast<std::int64_t>(outputs.rows.size());
  out.metrics = judge(data.data, data.dataset, outputs, threshold);
  if (data.data.task == Task::classification) {
    out.truth_labels = out.decision_labels = data.dataset.classes;
  } else if (data.data.task == Task::anomaly && threshold) {
    out.truth_labels = {"normal", "other"};
    out.decision_labels = {"quiet", "alarm"};
  }
  if (!out.truth_labels.empty()) {
    out.confusion = judge_confusion(data.data, data.dataset, outputs, threshold);
  }
  return out;
}

Part data_part(JudgedPart part) {
  switch (part) {
    case JudgedPart::train:
      return Part::train;
    case JudgedPart::validation:
      return Part::validation;
    case JudgedPart::test:
      break;
  }
  return Part::test;
}

std::vector<Part> wanted_parts(RunModel const& run, EvaluateOptions const& options) {
  if (!options.parts.empty()) {
    return options.parts;
  }
  std::vector<Part> out;
  for (auto const part : run.experiment.evaluation.on) {
    out.push_back(data_part(part));
  }
  return out;
}

/// The rows with the weights and the decision that were chosen before.
void evaluate_rows(RunModel& run, EvaluationData const& data, Judgement const& judgement,
                   std::vector<std::int64_t> const& rows, std::string const& name,
                   fs::path const& out, Evaluation& evaluation) {
  auto const loss = make_loss(run.experiment, data.data);
  auto const outputs = run_model(*run.model, data.data, loss, rows, judgement.statistics);
  std::optional<double> threshold;
  if (evaluation.threshold) {
    threshold = evaluation.threshold->value;
  }
  evaluation.parts.push_back(judged_part(data, outputs, threshold, name));
  auto const& part = evaluation.parts.back();
  write_part(out / name, part_json(evaluation, part), confusion_csv(part),
             run.experiment.evaluation.save_scores ? scores_csv(data, outputs, threshold) : "");
}

Evaluation begin_evaluation(RunModel const& run, Judgement const& judgement,
                            EvaluateOptions const& options) {
  Evaluation out;
  out.run = run.run.string();
  out.step = run.step;
  out.threshold = judgement.threshold;
  if (options.threshold) {
    NTA_EXPECTS(run.experiment.task != Task::regression, ErrorKind::usage,
                "a regression has no threshold");
    out.threshold = Threshold{};
    out.threshold->value = *options.threshold;
    out.threshold_given = true;
  }
  return out;
}

Exec reading(RunModel const& run, EvaluateOptions const& options) {
  auto exec = exec_of(run.experiment);
  if (options.threads > 0) {
    exec.threads = options.threads;
  }
  return exec;
}

/// Other files by the run's own rules: all rows are one part, nothing of them is fitted or chosen.
Dataset other_files(RunModel const& run, EvaluateOptions const& options) {
  auto experiment = run.experiment;
  SourceConfig source;
  for (auto const& file : options.files) {
    source.files.push_back(file.string());
  }
  experiment.data.sources = {source};
  experiment.data.split = {};
  experiment.data.split.kind = SplitKind::capture;
  experiment.data.split.train = experiment.data.split.validation = 0;
  experiment.data.split.test = 1;
  experiment.data.labels.unmatched = Unmatched::keep;
  experiment.data.labels.normal.clear();  // a file may hold no normal row at all
  if (experiment.task == Task::anomaly) {
    experiment.task = Task::classification;
  }
  auto data = load_dataset(experiment, reading(run, options)).data;
  std::fill(data.part.begin(), data.part.end(), Part::test);
  for (auto const& name : run.output_classes) {
    if (std::find(data.classes.begin(), data.classes.end(), name) == data.classes.end()) {
      data.classes.push_back(name);
    }
  }
  auto const& normal = run.experiment.data.labels.normal;
  data.normal.assign(data.size(), false);
  for (std::size_t i = 0; i < data.size(); ++i) {
    data.normal[i] =
        data.target[i] >= 0 &&
        std::find(normal.begin(), normal.end(),
                  data.classes[static_cast<std::size_t>(data.target[i])]) != normal.end();
  }
  NTA_EXPECTS(data.profile_sha256 == run.facts.at("profile_hash") &&
                  data.set_sha256 == run.facts.at("feature_set_hash"),
              ErrorKind::data, "the files give profile {} and set {}, the run was trained on {} {}",
              data.profile_sha256, data.set_sha256, run.facts.at("profile_hash").dump(),
              run.facts.at("feature_set_hash").dump());
  return data;
}

/// Class weights of the loss come from the run's training rows; other files have none.
void use_training_counts(RunModel const& run, TrainingData& data) {
  auto const& classes = run.facts.at("rows").at("train").at("classes");
  for (std::size_t k = 0; k < data.class_counts.size(); ++k) {
    auto const& name = run.output_classes[k];
    data.class_counts[k] = classes.contains(name) ? classes.at(name).get<std::int64_t>() : 0;
  }
}

}  // namespace

Judgement judge_validation(RunModel& run, EvaluationData const& data) {
  Judgement out;
  out.step = run.step;
  if (data.data.task == Task::regression) {
    return out;
  }
  out.statistics = detector_statistics(run.experiment.model, *run.model, data.data,
                                       data.data.loss_rows(Part::validation));
  auto const& config = run.experiment.evaluation.threshold;
  bool const classifier = data.data.task == Task::classification;
  if (classifier && config.rule == ThresholdRule::task_default) {
    return out;
  }
  std::vector<std::int64_t> rows;  // labelled ones: the others are on neither side
  for (auto const row : data.data.part_rows[static_cast<std::size_t>(Part::validation)]) {
    if (!classifier || data.dataset.target[static_cast<std::size_t>(row)] >= 0) {
      rows.push_back(row);
    }
  }
  auto const outputs =
      run_model(*run.model, data.data, make_loss(run.experiment, data.data), rows, out.statistics);
  auto const scores =
      classifier ? attack_scores({outputs.probabilities, data.data.normal_class}) : outputs.scores;
  out.threshold = choose_threshold(config, scores, positive_rows(data.data, data.dataset, rows));
  return out;
}

Evaluation evaluate(RunModel& run, EvaluationData const& data, EvaluateOptions const& options) {
  auto const judgement = judge_validation(run, data);
  auto out = begin_evaluation(run, judgement, options);
  auto const folder = options.out.value_or(run.run / "eval");
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot create " + folder.string(), code.value());
  }
  write_file_atomic(folder / "threshold.json", judgement_json(judgement), "eval");
  for (auto const part : wanted_parts(run, options)) {
    auto const& rows = data.data.part_rows[static_cast<std::size_t>(part)];
    evaluate_rows(run, data, judgement, rows, part_name(part), folder, out);
  }
  run.judgement = judgement;
  return out;
}

Evaluation evaluate_run(fs::path const& folder, EvaluateOptions const& options) {
  auto run = load_run_model(folder, options.checkpoint);
  if (options.files.empty() || !run.judgement) {
    auto const dataset = load_dataset(run.experiment, reading(run, options)).data;
    NTA_EXPECTS(dataset_sha256(dataset) == run.facts.at("data_hash"), ErrorKind::data,
                "{}: the data are not those that the run was trained on (data_hash)",
                folder.string());
    auto const data = prepare_with(run.experiment, dataset, run.preparation, run.output_classes);
    if (options.files.empty()) {
      return evaluate(run, {dataset, data}, options);
    }
    run.judgement = judge_validation(run, {dataset, data});
  }
  auto const dataset = other_files(run, options);
  auto data = prepare_with(run.experiment, dataset, run.preparation, run.output_classes);
  use_training_counts(run, data);
  auto out = begin_evaluation(run, *run.judgement, options);
  evaluate_rows(run, {dataset, data}, *run.judgement,
                data.part_rows[static_cast<std::size_t>(Part::test)], "files",
                options.out.value_or(folder / "eval"), out);
  return out;
}

}  // namespace nta
