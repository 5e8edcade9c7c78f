#include "trainers/cli/flow_options.hpp"

#include "libnta/capture/capture_file.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/shards/feature_h5.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace nta::cli {

void add_flow_options(CLI::App& app, FlowArguments& arguments) {
  add_capture_options(app, arguments.captures);
  app.add_option("--profile", arguments.profile, "what a flow is: a built-in profile or a file");
  app.add_option("--tunnels", arguments.tunnels,
                 "which IP layer is a flow's: inner | outer | both; default: as the profile says")
      ->check(CLI::IsMember({"inner", "outer", "both"}));
  app.add_option("--set", arguments.set, "published list of features");
  app.add_option("--include", arguments.include, "features (globs), default all");
  app.add_option("--exclude", arguments.exclude, "features (globs) to leave out");
  app.add_option("--sequence-n", arguments.sequence_n, "columns of a flow's first N packets")
      ->check(CLI::Range(0, kMaxSequence));
  app.add_option("--sequence-size", arguments.sequence_size,
                 "their sizes: ip | wire | payload; default: ip, of NFStream's sets the profile's")
      ->check(CLI::IsMember({"ip", "wire", "payload"}));
}

namespace {

SequenceBasis sequence_basis(FlowArguments const& arguments, Rules const& rules) {
  auto const& word = arguments.sequence_size;
  if (!word.empty()) {
    return word == "ip"     ? SequenceBasis::ip
           : word == "wire" ? SequenceBasis::wire
                            : SequenceBasis::payload;
  }
  if (select_features(arguments.selection()).family != SetFamily::nfstream) {
    return SequenceBasis::ip;
  }
  switch (rules.size) {
    case SizeBasis::ip:
      return SequenceBasis::ip;
    case SizeBasis::wire:
    case SizeBasis::wire16:
      return SequenceBasis::wire;
    case SizeBasis::payload:
      return SequenceBasis::payload;
    case SizeBasis::l4:
      break;
  }
  fail(ErrorKind::usage,
       "the profile counts sizes of L4, which sequences do not have; say --sequence-size");
}

}  // namespace

Profile profile_of(FlowArguments const& arguments) {
  auto profile = load_profile(arguments.profile);
  return arguments.tunnels.empty() ? profile : with_tunnels(profile, arguments.tunnels);
}

FlowRequest flow_request(FlowArguments const& arguments, Common const& common) {
  NTA_EXPECTS(arguments.sequence_size.empty() || arguments.sequence_n > 0, ErrorKind::usage,
              "--sequence-size {}: goes with --sequence-n, how many packets of a flow",
              arguments.sequence_size);
  FlowRequest request;
  request.profile = profile_of(arguments);
  request.meter.features = arguments.selection();
  request.meter.sequence.n = arguments.sequence_n;
  if (arguments.sequence_n > 0) {
    request.meter.sequence.size = sequence_basis(arguments, request.profile.rules);
  }
  request.exec = exec_of(common);
  return request;
}

FlowResult read_flows(FlowArguments const& arguments, Common const& common) {
  return read_flows(arguments.captures, flow_request(arguments, common));
}

std::optional<std::filesystem::path> shard_folder_of(CaptureArguments const& captures) {
  auto const& paths = captures.paths;
  NTA_EXPECTS(!paths.empty(), ErrorKind::usage, "no input: name captures or a shard folder");
  if (!is_shard_folder(paths.front())) {
    return std::nullopt;
  }
  NTA_EXPECTS(paths.size() == 1, ErrorKind::usage,
              "{} is a shard folder and stands alone; ingest several captures into one folder",
              paths.front());
  NTA_EXPECTS(!captures.join && !captures.file_order, ErrorKind::usage,
              "{} is a shard folder: --join and --file-order were settled when it was made; ingest "
              "the captures again with them",
              paths.front());
  return paths.front();
}

FlowResult read_flows(CaptureArguments const& captures, FlowRequest const& request) {
  auto const folder = shard_folder_of(captures);
  return folder ? flows_of_shards(*folder, request)
                : flows_of_captures(ingest_options_of(captures), request);
}

namespace {

/// What is read when `input` is named: itself, the captures below a folder, all of a shard folder.
std::vector<std::string> files_read(std::string const& input) {
  std::error_code absent;
  if (!std::filesystem::is_directory(input, absent)) {
    return {input};
  }
  if (!is_shard_folder(input)) {
    try {
      return find_captures({input});
    } catch (Error const&) {  // told when it is opened
      return {};
    }
  }
  std::vector<std::string> files;
  for (auto const& entry : std::filesystem::directory_iterator(input, absent)) {
    files.push_back(entry.path().string());
  }
  return files;
}

}  // namespace

void check_not_an_input(std::string const& out, std::vector<std::string> const& inputs) {
  std::error_code absent;  // either may not be there, or be "-"
  if (!std::filesystem::exists(out, absent)) {
    return;
  }
  for (auto const& input : inputs) {
    for (auto const& file : files_read(input)) {
      NTA_EXPECTS(!std::filesystem::equivalent(out, file, absent), ErrorKind::usage,
                  "--out {}: is the input {}, which it would replace; name another file", out,
                  file);
    }
  }
}

TableFormat table_format(std::string const& out, std::string const& format) {
  std::string const name = !format.empty() ? format
                           : out == "-"    ? "csv"
                                           : std::filesystem::path(out).extension().string();
  bool const is_h5 = name == "h5" || name == ".h5" || name == ".hdf5";
  NTA_EXPECTS(!is_h5 || out != "-", ErrorKind::usage,
              "HDF5 cannot be written to standard output; name a file");
  if (is_h5) {
    return TableFormat::h5;
  }
  if (name == "csv" || name == ".csv") {
    return TableFormat::csv;
  }
  if (name == "jsonl" || name == ".jsonl") {
    return TableFormat::jsonl;
  }
  fail(ErrorKind::usage, "--out {}: the suffix names no format; use .csv, .h5, .jsonl or --format",
       out);
}

void write_table(FeatureTable const& table, std::string const& out, TableFormat format,
                 CsvOptions const& csv) {
  if (format == TableFormat::h5) {
    write_features_h5(table, out);
    return;
  }
  write_text(out, [&](std::ostream& text) {
    format == TableFormat::csv ? write_csv(table, text, csv) : write_json_lines(table, text);
  });
}

void add_table_format(CLI::App& app, std::string& format) {
  app.add_option("--format", format, "csv | h5 | jsonl; default: by suffix")
      ->check(CLI::IsMember({"csv", "h5", "jsonl"}));
}

std::string use_text(UseCounts const& use) {
  std::string text;
  for (int i = 0; i < kRowUseCount; ++i) {
    auto const reason = static_cast<RowUse>(i);
    auto const name = row_use_name(reason);
    auto const n = use[reason];
    if (name.empty() || n == 0) {
      continue;
    }
    text += fmt::format("  {:<9} {:<24} {:>12}\n", "left out", name, n);
  }
  return text;
}

void add_label_report(LabelReport const& report, LabelRules const& rules, Result& result) {
  auto& document = result.document["labels"];
  document["flows_per_label"] = report.flows_per_label;
  document["defaulted"] = report.defaulted;
  document["unmatched"] = report.unmatched;
  document["rules_without_flows"] = report.rules_without_flows;
  for (auto const& [label, n] : report.flows_per_label) {
    result.text += fmt::format("  {:<9} {:<24} {:>12}\n", "label", label, n);
  }
  result.text +=
      fmt::format("  {:<9} {:<24} {:>12}\n", "label", "(no rule, no default)", report.unmatched);
  result.text += fmt::format("  {} of {} rules matched no flow\n",
                             report.rules_without_flows.size(), rules.rules.size());
}

void write_text(std::string const& path, std::function<void(std::ostream&)> const& write) {
  if (path == "-") {
    write(std::cout);
    return;
  }
  PendingFile pending(path);
  {
    errno = 0;
    std::ofstream file(pending.temporary(), std::ios::binary);
    if (!file) {
      fail_errno(ErrorKind::usage, "cannot write " + path, errno);
    }
    write(file);
    file.flush();
    if (!file) {
      fail_errno(ErrorKind::usage, "cannot write " + path, errno != 0 ? errno : EIO);
    }
  }
  pending.commit();
}

}  // namespace nta::cli
