// nta features: captures or shards -> one row per flow (or per --unit); --list prints what the
// columns mean.
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_set.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"
#include "trainers/cli/series.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  FlowArguments flows;
  SeriesArguments series;
  std::string out;
  std::string format;
  std::string labels;
  bool list = false;
};

Result list(Arguments const& arguments) {
  if (is_series(arguments.series)) {
    return series_list(arguments.series);
  }
  Result result;
  auto const set = select_features(arguments.flows.selection());
  for (auto const& row : feature_docs(set)) {
    result.document["features"].push_back({{"name", row.name},
                                           {"unit", row.unit},
                                           {"type", row.type},
                                           {"definition", row.definition}});
  }
  result.document["set_sha256"] = set.sha256;
  result.text = feature_list_text(set);
  if (!result.text.ends_with('\n')) {
    result.text += '\n';
  }
  return result;
}

Result run(Arguments const& arguments, Common const& common) {
  check_series_options(arguments.series, arguments.flows, arguments.labels);
  if (arguments.list) {
    return list(arguments);
  }
  NTA_EXPECTS(!arguments.out.empty(), ErrorKind::usage, "features needs --out FILE, or --list");
  if (is_series(arguments.series)) {
    return run_series(arguments.series, arguments.flows, arguments.out, arguments.format, common);
  }
  auto const format = table_format(arguments.out, arguments.format);
  auto flows = read_flows(arguments.flows, common);
  Result result;
  result.stdout_is_data = arguments.out == "-";
  if (!arguments.labels.empty()) {
    auto const rules = read_label_rules(arguments.labels);
    add_label_report(apply_label_rules(rules, flows.table), rules, result);
  }
  write_table(flows.table, arguments.out, format);
  result.document["out"] = arguments.out;
  result.document["flows"] = flows.table.size();
  result.document["features"] = flows.table.features.size();
  result.document.update(accounting_document(flows.ingest));
  result.text += fmt::format("{}: {} flows, {} features\n", arguments.out, flows.table.size(),
                             flows.table.features.size()) +
                 accounting_text(flows.ingest) + use_text(flows.use);
  result.exit_code = strict_exit_code(arguments.flows.captures, flows.ingest);
  return result;
}

}  // namespace

int features_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"features", "captures or a shard folder -> one row of features per flow",
       "nta features shards/a --out flows.h5"},
      argc, argv,
      [&](CLI::App& app) {
        add_flow_options(app, arguments.flows);
        add_series_options(app, arguments.series);
        app.get_option("inputs")->required(false);
        app.add_option("--out", arguments.out, "file, or - for stdout");
        add_table_format(app, arguments.format);
        app.add_option("--labels", arguments.labels, "label rules (.json): adds a label column");
        app.add_flag("--list", arguments.list, "print name, unit, type, definition and stop");
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
