// nta train: experiment file -> run folder. Progress on stderr, the evaluation as the result.
#include "trainers/evaluation/train.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/trainers_commands.hpp"
#include "trainers/cli/vocabulary.hpp"

#include <string>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  std::string experiment;
  std::string run;
  bool resume = false;
  OverrideOptions overrides;
  std::vector<std::string> argv;
};

/// Epochs as lines, steps as a bar or as a line now and then.
class ShownTraining : public TrainObserver {
 public:
  explicit ShownTraining(Common const& common) : common_(common) {}

  void on_note(std::string const& text) override { say(common_, text); }

  void on_progress(TrainProgress const& p) override {
    show_progress(common_,
                  fmt::format("epoch {}/{} step {}/{} {:.0f} rows/s, {:.0f} s left", p.epoch,
                              p.epochs, p.step, p.steps_total, p.rows_per_s, p.eta_s));
  }

  void on_epoch(EpochReport const& report) override {
    auto const& p = report.progress;
    std::string line = fmt::format("epoch {:>3}/{}", p.epoch, p.epochs);
    if (report.train_loss) {
      line += fmt::format("  train/loss {:.6f}", *report.train_loss);
    }
    for (auto const& [name, value] : report.validation) {
      if (name == "loss" || "validation/" + name == report.monitor) {
        line += fmt::format("  validation/{} {:.6f}", name, value);
      }
    }
    line += fmt::format("  {:.0f} rows/s{}", p.rows_per_s, report.is_best ? "  best" : "");
    show_progress(common_, line, true);
  }

 private:
  Common const& common_;
};

Result run(Arguments const& arguments, Common const& common) {
  auto config = load_experiment(arguments.experiment, load_options(arguments.overrides));
  for (auto const& note : config.notes) {
    say(common, note);
  }
  if (common.threads > 0) {
    config.experiment.threads = common.threads;
  }
  ShownTraining observer(common);
  auto const outcome = train(config, {arguments.run, arguments.resume, arguments.argv}, observer);
  Result result;
  result.exit_code = outcome.result.exit_code;
  result.document["run"] = outcome.run.string();
  result.document["step"] = outcome.result.step;
  result.document["reason"] = outcome.result.reason;
  result.text = fmt::format("run folder {}: {} at step {}\n", outcome.run.string(),
                            outcome.result.was_complete ? "was complete" : outcome.result.reason,
                            outcome.result.step);
  if (outcome.evaluation) {
    result.document["evaluation"] = to_json(*outcome.evaluation);
    result.text += evaluation_table(*outcome.evaluation);
  }
  return result;
}

}  // namespace

int train_command(int argc, char** argv) {
  Arguments arguments;
  arguments.argv.assign(argv, argv + argc);
  return run_command(
      {"train", "experiment file -> run folder: checkpoints, metrics, evaluation",
       "nta train experiments/lab-mlp.json --run runs/a --resume"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("experiment", arguments.experiment, "experiment file")->required();
        app.add_option("--run", arguments.run, "run folder; default runs/<name>-<time>-<4 hex>");
        app.add_flag("--resume", arguments.resume,
                     "go on from the newest whole checkpoint; a new run if there is none");
        add_override_options(app, arguments.overrides);
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
