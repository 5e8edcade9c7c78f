// nta data label: flows + label rules -> labelled features and a report of what matched.
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"

#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  std::string action;
  FlowArguments flows;
  std::string rules;
  std::string out;
};

Result label(Arguments const& arguments, Common const& common) {
  auto const rules = read_label_rules(arguments.rules);
  auto flows = read_flows(arguments.flows, common);
  Result result;
  add_label_report(apply_label_rules(rules, flows.table), rules, result);
  if (!arguments.out.empty()) {
    write_features_h5(flows.table, arguments.out);
  }
  result.document["flows"] = flows.table.size();
  result.document["out"] = arguments.out;
  result.document.update(accounting_document(flows.ingest));
  result.text = fmt::format("{} flows{}\n", flows.table.size(),
                            arguments.out.empty() ? "" : " in " + arguments.out) +
                result.text;
  result.exit_code = strict_exit_code(arguments.flows.captures, flows.ingest);
  return result;
}

}  // namespace

int data_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"data", "labels flows by rules and reports what matched",
       "nta data label captures/ --rules labels.json --out labelled.h5"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("action", arguments.action, "label")
            ->required()
            ->check(CLI::IsMember({"label"}));
        add_flow_options(app, arguments.flows);
        app.add_option("--rules", arguments.rules, "label rules (.json)")->required();
        app.add_option("--out", arguments.out, "labelled feature file (.h5); default: report only");
      },
      [&](Common const& common) { return label(arguments, common); });
}

}  // namespace nta::cli
