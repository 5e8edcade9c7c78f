// nta conformance: another tool's tables for a folder of captures -> cell by cell, what is equal.
#include "trainers/datasets/conformance.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "libnta/flows/documents.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  std::string profile = "nfstream";
  std::string oracle;
  std::string results;
  std::string set;
  std::string known;
  std::vector<std::string> reports;
  double tolerance = 0;
};

/// The set with most names among the oracle's columns; on a tie the first.
std::string best_set(std::vector<std::string> const& columns) {
  std::string best;
  std::ptrdiff_t most = 0;
  for (Document const& document : feature_set_documents()) {
    std::string const name(document.name);
    auto const docs = feature_docs(select_features({name}));
    auto const shared = std::count_if(docs.begin(), docs.end(), [&](auto const& doc) {
      return std::find(columns.begin(), columns.end(), doc.name) != columns.end();
    });
    if (shared > most) {
      most = shared;
      best = name;
    }
  }
  NTA_EXPECTS(!best.empty(), ErrorKind::data,
              "none of the oracle's columns is a feature of any set: {}", fmt::join(columns, ", "));
  return best;
}

std::string set_for(Arguments const& arguments, OracleFolder const& oracle) {
  if (!arguments.set.empty()) {
    return arguments.set;
  }
  auto const first = std::find_if(oracle.captures.begin(), oracle.captures.end(),
                                  [](auto const& capture) { return !capture.result.empty(); });
  return best_set(read_oracle_table(first->result).columns);
}

/// Before the work, not behind it.
void check_reports(std::vector<std::string> const& paths) {
  for (auto const& path : paths) {
    NTA_EXPECTS(path.ends_with(".json") || path.ends_with(".md"), ErrorKind::usage,
                "--report {}: the suffix names no format; use .json or .md", path);
  }
}

void write_reports(ConformanceReport const& report, std::vector<std::string> const& paths) {
  for (auto const& path : paths) {
    bool const json = path.ends_with(".json");
    write_text(path, [&](std::ostream& out) {
      out << (json ? conformance_json(report).dump(1) + "\n" : conformance_markdown(report));
    });
  }
}

Result run(Arguments const& arguments, Common const& common) {
  check_reports(arguments.reports);
  FlowRequest request;
  request.profile = load_profile(arguments.profile);
  request.exec = exec_of(common);
  auto const oracle = open_oracle(arguments.oracle, arguments.results, request.profile.name);
  request.meter.features.set = set_for(arguments, oracle);
  auto const known = arguments.known.empty()
                         ? std::vector<KnownDifference>{}
                         : read_known_differences(arguments.known, request.profile.name);
  ConformanceReport report;
  report.profile = request.profile.name;
  report.profile_sha256 = request.profile.sha256;
  report.set = request.meter.features.set;
  for (auto const& capture : oracle.captures) {
    show_progress(common, capture.name);
    if (capture.result.empty()) {
      report.captures.push_back(
          {.name = capture.name, .has_result = false, .differing = {}, .differences = {}});
      continue;
    }
    IngestOptions options;
    options.paths = {capture.capture.string()};
    options.rows_per_table = kMeteredRows;
    report.captures.push_back(compare_with_oracle(capture.name, read_oracle_table(capture.result),
                                                  flows_of_captures(options, request).table,
                                                  arguments.tolerance));
  }
  show_progress(common, fmt::format("{} captures", oracle.captures.size()), true);
  explain_differences(known, report);
  write_reports(report, arguments.reports);
  Result result;
  result.document = conformance_json(report);
  result.text = conformance_markdown(report);
  result.exit_code = report.holds() ? 0 : exit_code(ErrorKind::failed);
  return result;
}

}  // namespace

int conformance_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"conformance", "captures and another tool's tables of them -> cell by cell, what is equal",
       "nta conformance --profile cic-fixed --oracle cic-oracle --report cic-fixed.json"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("--profile", arguments.profile, "what a flow is: built-in, or a file")
            ->required();
        app.add_option("--oracle", arguments.oracle,
                       "folder with captures (pcap/ or captures.csv) and tables")
            ->required();
        app.add_option("--results", arguments.results, "its sub-folder of <capture>.csv tables");
        app.add_option("--set", arguments.set,
                       "feature set; default: the one that shares most columns");
        app.add_option("--tolerance", arguments.tolerance,
                       "relative; 0: integers exact, reals to 1e-6")
            ->check(CLI::NonNegativeNumber);
        app.add_option("--exceptions", arguments.known,
                       "known differences (.json); each must be there");
        app.add_option("--report", arguments.reports, "write .json or .md; may be given twice");
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
