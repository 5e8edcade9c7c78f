// nta score: model folder + captures -> one row per flow: who, when, class or score, verdict.
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "trainers/cli/flow_options.hpp"
#include "trainers/cli/score_rows_text.hpp"
#include "trainers/cli/trainers_commands.hpp"
#include "trainers/serving/flow_rows.hpp"
#include "trainers/serving/model_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  std::string model;
  CaptureArguments captures;
  std::string out = "-";
  std::string format;
};

bool wants_json_lines(Arguments const& arguments) {
  if (!arguments.format.empty()) {
    return arguments.format == "jsonl";
  }
  auto const suffix = std::filesystem::path(arguments.out).extension();
  NTA_EXPECTS(arguments.out == "-" || suffix == ".csv" || suffix == ".jsonl", ErrorKind::usage,
              "--out {}: the suffix names no format; use .csv, .jsonl or --format", arguments.out);
  return suffix == ".jsonl";
}

FlowResult flows_for(LoadedModel const& model, Arguments const& arguments, Common const& common) {
  FlowRequest request;
  request.profile = profile_of_model(model.meta);
  request.meter = meter_of_model(model.meta);
  request.exec = exec_of(common);
  return read_flows(arguments.captures, request);
}

Result run(Arguments const& arguments, Common const& common) {
  bool const json_lines = wants_json_lines(arguments);
  check_not_an_input(arguments.out, arguments.captures.paths);
  auto model = load_model_folder(arguments.model);
  auto flows = flows_for(model, arguments, common);
  auto const n_flows = flows.table.size();
  auto const scored = score_flows(model, std::move(flows.table));
  write_text(arguments.out, [&](std::ostream& out) {
    json_lines ? write_scores_json(model.meta, scored, out)
               : write_scores_csv(model.meta, scored, out);
  });
  Result result;
  result.stdout_is_data = arguments.out == "-";
  auto const alarms = std::ranges::count(scored.scores.alarm, 1);
  result.document["out"] = arguments.out;
  result.document["flows"] = n_flows;
  result.document["scored"] = scored.scored.size();
  result.document["alarms"] = alarms;
  result.document.update(accounting_document(flows.ingest));
  result.text = fmt::format("{}: {} flows, {} scored, {} alarms\n", arguments.out, n_flows,
                            scored.scored.size(), alarms) +
                accounting_text(flows.ingest) + use_text(flows.use);
  result.exit_code = strict_exit_code(arguments.captures, flows.ingest);
  return result;
}

}  // namespace

int score_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"score", "captures or a shard folder -> one scored row per flow",
       "nta score models/a b.pcapng --out b.jsonl"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("model", arguments.model, "model folder of nta export")->required();
        add_capture_options(app, arguments.captures);
        app.add_option("--out", arguments.out, "file, or - for stdout");
        app.add_option("--format", arguments.format, "csv | jsonl; default: by suffix, csv")
            ->check(CLI::IsMember({"csv", "jsonl"}));
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
