// nta evaluate: run folder -> metrics of its parts, or of other files judged by the same rules.
#include "trainers/evaluation/evaluate.hpp"

#include "libnta/core/error.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/trainers_commands.hpp"
#include "trainers/datasets/dataset_builder.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  std::string run;
  std::vector<std::string> on;
  std::string checkpoint = "best";
  double threshold = 0;
  bool has_threshold = false;
  std::string out;
};

EvaluateOptions options_of(Arguments const& arguments, Common const& common) {
  EvaluateOptions options;
  options.checkpoint = arguments.checkpoint;
  options.threads = common.threads;
  if (arguments.has_threshold) {
    options.threshold = arguments.threshold;
  }
  if (!arguments.out.empty()) {
    options.out = arguments.out;
  }
  for (auto const& word : arguments.on) {
    constexpr std::array kParts{Part::train, Part::validation, Part::test};
    auto const* const part =
        std::ranges::find_if(kParts, [&](Part p) { return part_name(p) == word; });
    if (part != kParts.end()) {
      options.parts.push_back(*part);
    } else {
      options.files.emplace_back(word);
    }
  }
  NTA_EXPECTS(options.parts.empty() || options.files.empty(), ErrorKind::usage,
              "--on takes parts (train validation test) or files, not both");
  return options;
}

}  // namespace

int evaluate_command(int argc, char** argv) {
  Arguments arguments;
  CLI::Option* threshold = nullptr;
  return run_command(
      {"evaluate", "run folder -> metrics, confusion matrix, scores",
       "nta evaluate runs/a --on test"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("run", arguments.run, "run folder")->required();
        app.add_option("--on", arguments.on, "parts, or files; default: evaluation.on");
        app.add_option("--checkpoint", arguments.checkpoint, "best | last | a step");
        threshold = app.add_option("--threshold", arguments.threshold,
                                   "instead of the one chosen on validation");
        app.add_option("--out", arguments.out, "folder of the results, default RUN/eval");
      },
      [&](Common const& common) {
        arguments.has_threshold = threshold->count() > 0;
        auto const evaluation = evaluate_run(arguments.run, options_of(arguments, common));
        Result result;
        result.document["evaluation"] = to_json(evaluation);
        result.text = evaluation_table(evaluation);
        return result;
      });
}

}  // namespace nta::cli
