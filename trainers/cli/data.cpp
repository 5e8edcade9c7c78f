// nta data label: flows + label rules -> labelled features and a report of what matched.
#include "libnta/core/error.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"

#include <optional>
#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  std::string action;
  FlowArguments flows;
  std::string rules;
  std::string out;
  std::string format;
};

Result label(Arguments const& arguments, Common const& common) {
  std::optional<TableFormat> format;
  if (!arguments.out.empty()) {
    check_not_an_input(arguments.out, arguments.flows.captures.paths);
    check_not_an_input(arguments.out, {arguments.rules, arguments.flows.profile});
    format = table_format(arguments.out, arguments.format);
  }
  auto const rules = read_label_rules(arguments.rules);
  auto flows = read_flows(arguments.flows, common);
  Result result;
  add_label_report(apply_label_rules(rules, flows.table), rules, result);
  if (format) {
    write_table(flows.table, arguments.out, *format);
  }
  result.stdout_is_data = arguments.out == "-";
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
        app.add_option("--out", arguments.out,
                       "labelled feature file, or - for stdout; default: report only");
        add_table_format(app, arguments.format);
      },
      [&](Common const& common) { return label(arguments, common); });
}

}  // namespace nta::cli
