// nta features: captures or shards -> one row per flow; --list prints what the columns mean.
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "trainers/cli/accounting_text.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  FlowArguments flows;
  std::string out;
  std::string format;
  std::string labels;
  bool list = false;
};

enum class Format { csv, h5, jsonl };

Format format_of(Arguments const& arguments) {
  std::string const name = !arguments.format.empty() ? arguments.format
                           : arguments.out == "-"
                               ? "csv"
                               : std::filesystem::path(arguments.out).extension().string();
  if (name == "csv" || name == ".csv") {
    return Format::csv;
  }
  if (name == "h5" || name == ".h5" || name == ".hdf5") {
    return Format::h5;
  }
  if (name == "jsonl" || name == ".jsonl") {
    return Format::jsonl;
  }
  fail(ErrorKind::usage, "--out {}: the suffix names no format; use .csv, .h5, .jsonl or --format",
       arguments.out);
}

Result list(Arguments const& arguments) {
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

void write(FeatureTable const& table, Arguments const& arguments) {
  Format const format = format_of(arguments);
  if (format == Format::h5) {
    NTA_EXPECTS(arguments.out != "-", ErrorKind::usage,
                "HDF5 cannot be written to standard output; name a file");
    write_features_h5(table, arguments.out);
    return;
  }
  write_text(arguments.out, [&](std::ostream& out) {
    format == Format::csv ? write_csv(table, out) : write_json_lines(table, out);
  });
}

Result run(Arguments const& arguments, Common const& common) {
  if (arguments.list) {
    return list(arguments);
  }
  NTA_EXPECTS(!arguments.out.empty(), ErrorKind::usage, "features needs --out FILE, or --list");
  format_of(arguments);
  auto flows = read_flows(arguments.flows, common);
  Result result;
  result.stdout_is_data = arguments.out == "-";
  if (!arguments.labels.empty()) {
    auto const rules = read_label_rules(arguments.labels);
    add_label_report(apply_label_rules(rules, flows.table), rules, result);
  }
  write(flows.table, arguments);
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
        app.get_option("inputs")->required(false);
        app.add_option("--out", arguments.out, "file, or - for stdout");
        app.add_option("--format", arguments.format, "csv | h5 | jsonl; default: by suffix")
            ->check(CLI::IsMember({"csv", "h5", "jsonl"}));
        app.add_option("--labels", arguments.labels, "label rules (.json): adds a label column");
        app.add_flag("--list", arguments.list, "print name, unit, type, definition and stop");
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
