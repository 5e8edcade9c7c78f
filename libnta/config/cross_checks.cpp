#include "libnta/config/cross_checks.hpp"

#include "libnta/config/field_type.hpp"

#include <algorithm>
#include <cmath>

namespace nta {
namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

class CrossChecks {
 public:
  CrossChecks(Experiment const& experiment, ConfigValue const& root, IssueList& issues)
      : e_(experiment), root_(root), known_(issues), issues_(issues) {}

  void run() {
    shares();
    parts();
    split_options();
    sequence();
    model_fits_task();
    labels();
    threshold();
    loss();
    optimizer();
    monitor();
    preparation();
    keep_best();
  }

 private:
  /// The issue stands at the first pointer that the user wrote, else at its nearest ancestor.
  void refuse(std::vector<std::string> const& pointers, Remark remark) {
    for (std::string const& pointer : pointers) {
      if (known_.touches(pointer)) return;
    }
    for (std::string const& pointer : pointers) {
      ConfigValue const* const value = find_value(root_, *parse_path(pointer));
      if (value != nullptr) return issues_.at_value(value->origin, pointer, std::move(remark));
    }
    KeyPath above = *parse_path(pointers.front());
    while (find_value(root_, above) == nullptr) above.pop_back();
    issues_.at_value(find_value(root_, above)->origin, pointers.front(), std::move(remark));
  }

  bool has_part(SourcePart part) const {
    return std::any_of(e_.data.sources.begin(), e_.data.sources.end(),
                       [&](SourceConfig const& source) { return source.part == part; });
  }
  bool is_official() const { return effective_split(e_.data) == SplitKind::official; }
  bool judges(JudgedPart part) const {
    return std::find(e_.evaluation.on.begin(), e_.evaluation.on.end(), part) !=
           e_.evaluation.on.end();
  }

  void shares() {
    SplitConfig const& split = e_.data.split;
    double const sum = split.train + split.validation + split.test;
    if (std::fabs(sum - 1) > 1e-9) {
      refuse({"/data/split/train", "/data/split/validation", "/data/split/test"},
             {"the shares of /data/split/train (" + number_text(split.train) +
                  "), /data/split/validation (" + number_text(split.validation) +
                  ") and /data/split/test (" + number_text(split.test) + ") do not sum to 1",
              "they sum to " + number_text(std::round(sum * 1e9) / 1e9)});
    }
    if (is_official()) return;
    if (split.train <= 0) refuse({"/data/split/train"}, {"no rows are left to train on"});
    if (split.test <= 0 && judges(JudgedPart::test)) {
      refuse({"/data/split/test", "/evaluation/on"},
             {"/data/split/test is 0, but /evaluation/on names \"test\""});
    }
    if (split.validation > 0) return;
    if (judges(JudgedPart::validation)) {
      refuse({"/data/split/validation", "/evaluation/on"},
             {"/data/split/validation is 0, but /evaluation/on names \"validation\""});
    }
    if (e_.training.monitor.starts_with("validation/")) {
      refuse({"/data/split/validation", "/training/monitor"},
             {"/data/split/validation is 0, but /training/monitor is " +
                  in_quotes(e_.training.monitor),
              "a monitor without validation is \"train/loss\""});
    }
  }

  void parts() {
    for (std::size_t i = 0; i < e_.data.sources.size(); ++i) {
      bool const named = e_.data.sources[i].part != SourcePart::free;
      std::string const pointer = "/data/sources/" + std::to_string(i) + "/part";
      if (is_official() && !named) {
        refuse({pointer, "/data/split/kind"},
               {"this source has no part, but the split is official (/data/split/kind)",
                "name train, validation or test for every source, or for none"});
      } else if (!is_official() && named) {
        refuse({pointer, "/data/split/kind"},
               {"has no effect: /data/split/kind is " + in_quotes(name_of(e_.data.split.kind)),
                "parts are for \"official\""});
      }
    }
    if (!is_official() || e_.data.sources.empty()) return;
    if (!has_part(SourcePart::train)) {
      refuse({"/data/sources", "/data/split/kind"},
             {"no source of /data/sources has part \"train\""});
    }
    if (!has_part(SourcePart::test) && judges(JudgedPart::test)) {
      refuse({"/evaluation/on", "/data/sources"},
             {"/evaluation/on names \"test\", but no source of /data/sources has that part"});
    }
  }

  void split_options() {
    bool const by_time = e_.data.split.kind == SplitKind::time;
    if (e_.data.split.gap_s > 0 && !by_time) {
      refuse({"/data/split/gap_s", "/data/split/kind"},
             {"has no effect unless /data/split/kind is \"time\""});
    }
  }

  void sequence() {
    bool const is_lstm = std::holds_alternative<LstmConfig>(e_.model);
    bool const by_sequence = e_.data.unit == RowUnit::sequence;
    bool const has_n = e_.features.sequence.n.has_value();
    std::string const kind(kind_of(e_.model));
    if (is_lstm && !by_sequence) {
      refuse({"/model/kind", "/data/unit"},
             {"lstm reads packet sequences, but /data/unit is \"flow\"",
              "set /data/unit to \"sequence\""});
    }
    if (!is_lstm && by_sequence) {
      refuse({"/data/unit", "/model/kind"}, {"/data/unit is \"sequence\", but /model/kind " +
                                                 in_quotes(kind) + " reads flow features",
                                             "set /data/unit to \"flow\", or use lstm"});
    }
    if (by_sequence && !has_n) {
      refuse({"/features/sequence/n", "/data/unit"},
             {"/data/unit \"sequence\" needs /features/sequence/n", "for example 32"});
    }
    if (!by_sequence && has_n && !is_lstm) {
      refuse({"/features/sequence/n", "/data/unit"},
             {"has no effect unless /data/unit is \"sequence\""});
    }
  }

  void model_fits_task() {
    bool const is_detector = std::holds_alternative<AutoencoderConfig>(e_.model);
    bool const wants_detector = e_.task == Task::anomaly;
    if (is_detector != wants_detector) {
      refuse(
          {"/model/kind", "/task"},
          {in_quotes(kind_of(e_.model)) + " is no model for /task " + in_quotes(name_of(e_.task)),
           wants_detector ? "use autoencoder" : "use linear, mlp or lstm"});
    }
    auto const* const mlp = std::get_if<MlpConfig>(&e_.model);
    if (mlp != nullptr && mlp->norm == Norm::batch && e_.training.batch_size == 1) {
      refuse({"/training/batch_size", "/model/norm"},
             {"/model/norm \"batch\" needs more than one row a step"});
    }
  }

  bool has_labels() const {
    return e_.data.labels.rules ||
           std::any_of(e_.data.sources.begin(), e_.data.sources.end(),
                       [](SourceConfig const& source) { return source.label.has_value(); });
  }

  /// Captures and shards carry no labels of their own; feature files may.
  bool may_carry_labels() const {
    return std::any_of(e_.data.sources.begin(), e_.data.sources.end(), [](auto const& source) {
      return source.format == SourceFormat::automatic || source.format == SourceFormat::features;
    });
  }

  void labels() {
    LabelsConfig const& labels = e_.data.labels;
    bool const is_regression = e_.task == Task::regression;
    if (is_regression && !labels.column) {
      refuse({"/data/labels/column", "/task"},
             {"/task \"regression\" needs /data/labels/column", "name the column to predict"});
    }
    if (!is_regression && labels.column) {
      refuse({"/data/labels/column", "/task"}, {"has no effect unless /task is \"regression\""});
    }
    if (e_.task == Task::anomaly && labels.normal.empty() && labels.unmatched != Unmatched::keep) {
      refuse({"/data/labels/normal", "/task"},
             {"/task \"anomaly\" needs /data/labels/normal",
              "name the classes to fit on, or keep unlabelled rows (/data/labels/unmatched)"});
    }
    if (e_.task != Task::anomaly && labels.unmatched == Unmatched::keep) {
      refuse({"/data/labels/unmatched", "/task"},
             {"only /task \"anomaly\" can use rows without a label", "use \"error\" or \"drop\""});
    }
    if (e_.task == Task::classification && !has_labels() && !may_carry_labels()) {
      refuse({"/data/labels/rules", "/data/sources"},
             {"/task \"classification\" needs labels",
              "set /data/labels/rules or a label for each of /data/sources"});
    }
    bool const known_suffix =
        !labels.rules || labels.rules->ends_with(".json") || labels.rules->ends_with(".csv");
    if (!known_suffix) {
      refuse({"/data/labels/rules"}, {"must end in .json (rules) or .csv (join table)"});
    }
  }

  void threshold() {
    ThresholdConfig const& threshold = e_.evaluation.threshold;
    std::string const rule = in_quotes(name_of(threshold.rule));
    bool const takes_value =
        threshold.rule == ThresholdRule::target_fpr || threshold.rule == ThresholdRule::quantile;
    if (takes_value && !threshold.value) {
      refuse({"/evaluation/threshold/value", "/evaluation/threshold/rule"},
             {"/evaluation/threshold/rule " + rule + " needs /evaluation/threshold/value",
              threshold.rule == ThresholdRule::quantile ? "for example 0.95" : "for example 0.01"});
    }
    if (!takes_value && threshold.value) {
      refuse({"/evaluation/threshold/value", "/evaluation/threshold/rule"},
             {"has no effect: /evaluation/threshold/rule is " + rule,
              "target_fpr and quantile take a value"});
    }
    if (threshold.rule == ThresholdRule::task_default) return;
    if (e_.task == Task::regression) {
      refuse({"/evaluation/threshold/rule", "/task"}, {"/task \"regression\" has no threshold"});
    }
    if (e_.task == Task::classification && e_.data.labels.normal.empty()) {
      refuse({"/evaluation/threshold/rule", "/data/labels/normal"},
             {"/evaluation/threshold/rule " + rule + " needs /data/labels/normal",
              "the score is 1 - p(normal)"});
    }
  }

  void loss() {
    LossConfig const& loss = e_.training.loss;
    bool const by_class = e_.task == Task::classification;
    bool const class_loss = loss.kind == LossKind::cross_entropy;
    if (loss.kind != LossKind::automatic && class_loss != by_class) {
      refuse(
          {"/training/loss/kind", "/task"},
          {in_quotes(name_of(loss.kind)) + " is no loss for /task " + in_quotes(name_of(e_.task)),
           by_class ? "use cross_entropy" : "use mse, mae or huber"});
    }
    std::string const only = "has no effect unless /task is \"classification\"";
    if (by_class) return;
    if (loss.class_weights != ClassWeights::none) {
      refuse({"/training/loss/class_weights", "/task"}, {only});
    }
    if (loss.label_smoothing > 0) refuse({"/training/loss/label_smoothing", "/task"}, {only});
    if (e_.training.sampler == Sampler::balanced) {
      refuse({"/training/sampler", "/task"}, {"\"balanced\" needs /task \"classification\""});
    }
  }

  void optimizer() {
    OptimizerConfig const& optimizer = e_.training.optimizer;
    if (optimizer.nesterov && optimizer.kind != OptimizerKind::sgd) {
      refuse({"/training/optimizer/nesterov", "/training/optimizer/kind"},
             {"has no effect unless /training/optimizer/kind is \"sgd\""});
    } else if (optimizer.nesterov && optimizer.momentum == 0) {
      refuse({"/training/optimizer/nesterov", "/training/optimizer/momentum"},
             {"needs /training/optimizer/momentum above 0"});
    }
    ScheduleConfig const& schedule = e_.training.schedule;
    if (schedule.kind == ScheduleKind::one_cycle && schedule.warmup_steps > 0) {
      refuse({"/training/schedule/warmup_steps", "/training/schedule/kind"},
             {"/training/schedule/kind \"one_cycle\" has its own rise", "leave it at 0"});
    }
  }

  void monitor() {
    TrainingConfig const& training = e_.training;
    if (training.early_stop && training.early_stop->min_epochs > training.epochs) {
      refuse({"/training/early_stop/min_epochs", "/training/epochs"},
             {number_text(training.early_stop->min_epochs) + " is more than /training/epochs (" +
              number_text(training.epochs) + ")"});
    }
    if (training.validate_every > training.epochs) {
      refuse({"/training/validate_every", "/training/epochs"},
             {number_text(training.validate_every) + " is more than /training/epochs (" +
              number_text(training.epochs) + ")"});
    }
  }

  void preparation() {
    OutliersConfig const& outliers = e_.preparation.outliers;
    if (outliers.low >= outliers.high) {
      refuse({"/preparation/outliers/low", "/preparation/outliers/high"},
             {"/preparation/outliers/low (" + number_text(outliers.low) +
              ") is not below /preparation/outliers/high (" + number_text(outliers.high) + ")"});
    }
    MissingConfig const& missing = e_.preparation.missing;
    if (missing.value != 0 && missing.rule != MissingRule::constant) {
      refuse({"/preparation/missing/value", "/preparation/missing/rule"},
             {"has no effect unless /preparation/missing/rule is \"constant\""});
    }
  }

  void keep_best() {
    TrainingConfig const& training = e_.training;
    if (training.early_stop && training.early_stop->restore_best &&
        training.checkpoint.keep_best == 0) {
      refuse({"/training/checkpoint/keep_best", "/training/early_stop/restore_best"},
             {"/training/early_stop/restore_best needs at least one best checkpoint",
              "set restore_best to false, or keep_best to 1"});
    }
  }

  Experiment const& e_;
  ConfigValue const& root_;
  IssueList const known_;  // what was wrong before
  IssueList& issues_;
};

}  // namespace

void cross_check(Experiment const& experiment, ConfigValue const& root, IssueList& issues) {
  CrossChecks(experiment, root, issues).run();
}

}  // namespace nta
