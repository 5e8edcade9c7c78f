#include "trainers/cli/accounting_text.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"

namespace nta::cli {
namespace {

std::uint64_t n_faults(IngestResult const& outcome) {
  std::uint64_t n = 0;
  for (auto const& input : outcome.inputs) {
    n += input.faults.size();
  }
  return n;
}

std::string counts_text(std::string const& title,
                        std::map<std::string, std::uint64_t> const& counts) {
  std::string text;
  for (auto const& [name, n] : counts) {
    text += fmt::format("  {:<9} {:<24} {:>12}\n", title, name, n);
  }
  return text;
}

}  // namespace

void add_capture_options(CLI::App& app, CaptureArguments& arguments) {
  app.add_option("inputs", arguments.paths, "captures, folders of captures, or - for stdin")
      ->required();
  app.add_option("--file-order", arguments.file_order, "order of several captures")
      ->check(CLI::IsMember({"argument", "time"}));
  app.add_option("--join", arguments.join, "yes: flows go on over files")
      ->check(CLI::IsMember({"yes", "no"}));
  app.add_option("--rows-per-shard", arguments.rows_per_shard, "rows that are handled at once")
      ->check(CLI::Range(1U, 1U << 28));
  app.add_flag("--strict", arguments.strict, "exit 3 if a capture is damaged");
}

IngestOptions ingest_options_of(CaptureArguments const& arguments) {
  IngestOptions options;
  options.paths = arguments.paths;
  options.file_order = arguments.file_order == "time" ? IngestOptions::FileOrder::time
                                                      : IngestOptions::FileOrder::argument;
  options.join = arguments.join == "yes";
  options.rows_per_table = arguments.rows_per_shard;
  return options;
}

std::string accounting_text(IngestResult const& outcome) {
  auto const& counts = outcome.accounting;
  std::string text = fmt::format("  {:<9} {:<24} {:>12}\n", "read", "", counts.read);
  text += fmt::format("  {:<9} {:<24} {:>12}\n", "used", "", counts.used);
  text += counts_text("skipped", counts.skipped);
  text += counts_text("note", counts.notes);
  text += counts_text("block", counts.blocks);
  for (auto const& input : outcome.inputs) {
    for (auto const& fault : input.faults) {
      text += fmt::format("  warning: {} ({})\n", fault.text, fault.name);
    }
  }
  return text;
}

nlohmann::ordered_json accounting_document(IngestResult const& outcome) {
  nlohmann::ordered_json document;
  auto const& counts = outcome.accounting;
  document["accounting"] = {{"read", counts.read},       {"used", counts.used},
                            {"skipped", counts.skipped}, {"notes", counts.notes},
                            {"blocks", counts.blocks},   {"ethertypes", counts.ethertypes}};
  document["regressions"] = outcome.regressions;
  document["faults"] = nlohmann::ordered_json::array();
  for (auto const& input : outcome.inputs) {
    for (auto const& fault : input.faults) {
      document["faults"].push_back({{"file", fault.path},
                                    {"offset", fault.offset},
                                    {"packets_before", fault.packets_before},
                                    {"name", fault.name},
                                    {"text", fault.text}});
    }
  }
  return document;
}

int strict_exit_code(CaptureArguments const& arguments, IngestResult const& outcome) {
  return arguments.strict && n_faults(outcome) > 0 ? exit_code(ErrorKind::data) : 0;
}

}  // namespace nta::cli
