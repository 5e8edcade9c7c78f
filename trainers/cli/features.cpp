// nta features: captures or shards -> one row per flow (or per --unit); --list prints what the
// columns mean.
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_set.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/flow_options.hpp"
#include "trainers/cli/series.hpp"
#include "trainers/cli/stream_features.hpp"

#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  FlowArguments flows;
  SeriesArguments series;
  StreamArguments stream;
  std::string out;
  std::string format;
  std::string labels;
  std::string print_profile;
  std::string names = "head";
  bool list = false, list_profiles = false;
};

/// The built-in profiles, a line each.
Result list_profiles() {
  Result result;
  for (auto const& name : built_in_profile_names()) {
    auto const profile = load_profile(name);
    result.document["profiles"].push_back(
        {{"name", name}, {"version", profile.version}, {"sha256", profile.sha256}});
    result.text += fmt::format("{:<13} version {}  {}\n", name, profile.version, profile.sha256);
  }
  return result;
}

/// A profile's document, to be changed and given to --profile.
Result print_profile(FlowArguments flows, std::string const& name) {
  flows.profile = name;
  auto const document = nlohmann::ordered_json::parse(profile_of(flows).canonical);
  Result result;
  result.document["profile"] = document;
  result.text = document.dump(2) + "\n";
  return result;
}

CicNames names_of(Arguments const& arguments, TableFormat format) {
  auto const names = cic_names_of(arguments.names);
  bool const head = names == CicNames::head;
  NTA_EXPECTS(head || format == TableFormat::csv, ErrorKind::usage,
              "--names {}: for CSV alone; HDF5 and JSON lines keep the published names",
              arguments.names);
  bool const merges = !arguments.stream.merge.empty();  // the parts say what their set is
  NTA_EXPECTS(head || merges || family_of_set(arguments.flows.set) == SetFamily::cic76,
              ErrorKind::usage, "--names {}: other names exist for --set cic76 alone",
              arguments.names);
  return names;
}

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
    if (set.family == SetFamily::cic76) {
      auto& names = result.document["features"].back()["names"];
      for (auto const* word : {"2017", "2018", "python"}) {
        names[word] = cic_name(row.name, cic_names_of(word));
      }
    }
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
  if (arguments.list_profiles) {
    return list_profiles();
  }
  if (!arguments.print_profile.empty()) {
    return print_profile(arguments.flows, arguments.print_profile);
  }
  if (arguments.list) {
    return list(arguments);
  }
  NTA_EXPECTS(!arguments.out.empty(), ErrorKind::usage, "features needs --out FILE, or --list");
  check_not_an_input(arguments.out, arguments.flows.captures.paths);
  check_not_an_input(arguments.out, arguments.stream.merge);
  check_not_an_input(arguments.out, {arguments.labels, arguments.flows.profile});
  if (is_series(arguments.series)) {
    check_whole(arguments.stream);
    NTA_EXPECTS(arguments.names == "head", ErrorKind::usage,
                "--names {}: other names exist for --set cic76 alone", arguments.names);
    std::string const& memory = arguments.stream.memory;
    auto const bytes = memory.empty() ? default_memory_bytes() : memory_bytes_from(memory);
    return until_stopped([&] {
      return run_series(arguments.series, arguments.flows, arguments.out, arguments.format, bytes,
                        common);
    });
  }
  auto const format = table_format(arguments.out, arguments.format);
  auto const names = names_of(arguments, format);
  return stream_features(
      arguments.flows, arguments.stream,
      {arguments.out, arguments.format, arguments.labels, arguments.names, {.names = names}},
      common);
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
        add_stream_options(app, arguments.stream);
        app.get_option("inputs")->required(false);
        app.add_option("--out", arguments.out, "file, or - for stdout");
        add_table_format(app, arguments.format);
        app.add_option("--names", arguments.names,
                       "column names of set cic76 in CSV: as in 2017 | 2018 | head | python")
            ->check(CLI::IsMember({"2017", "2018", "head", "python"}));
        app.add_option("--labels", arguments.labels, "label rules (.json): adds a label column");
        app.add_flag("--list-profiles", arguments.list_profiles,
                     "print what --profile knows and stop");
        app.add_option("--print-profile", arguments.print_profile,
                       "print a profile's document, a start for one of your own, and stop");
        app.add_flag("--list", arguments.list, "print name, unit, type, definition and stop");
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
