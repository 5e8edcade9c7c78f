#include "trainers/cli/series.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/host_windows.hpp"
#include "libnta/flows/link_load.hpp"
#include "libnta/shards/series_h5.hpp"
#include "trainers/datasets/label_rules.hpp"
#include "trainers/datasets/series_source.hpp"

#include <bit>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <span>

namespace nta::cli {
namespace {

constexpr double kDefaultHostWindowS = 60, kMaxHostWindowS = 86'400;
constexpr double kDefaultIntervalS = 1, kMaxIntervalS = 1e6;

bool is_host_window(SeriesArguments const& arguments) {
  return arguments.unit == "host_window";
}

std::span<SeriesColumnInfo const> columns_of(SeriesArguments const& arguments) {
  return is_host_window(arguments) ? host_window_columns() : link_load_columns();
}

std::int64_t length_ns(char const* option, double seconds, double max_s) {
  NTA_EXPECTS(seconds >= 1e-9 && seconds <= max_s, ErrorKind::usage,
              "{} {}: more than 0, at most {} s can be asked for", option, seconds, max_s);
  return std::llround(seconds * 1e9);
}

NamedPrefix parse_prefix(std::string const& text) {
  std::size_t const sign = text.find('=');
  NTA_EXPECTS(sign != std::string::npos, ErrorKind::usage,
              "--prefix {}: NAME=ADDRESS/BITS is expected, as in lan=10.0.0.0/8", text);
  auto const range = parse_address_range(text.substr(sign + 1));
  NTA_EXPECTS(range, ErrorKind::usage,
              "--prefix {}: \"{}\" is no address with a prefix length, as in 10.0.0.0/8 or "
              "2001:db8::/32",
              text, text.substr(sign + 1));
  NTA_EXPECTS((range->value[0] & ~range->mask[0]) == 0 && (range->value[1] & ~range->mask[1]) == 0,
              ErrorKind::usage, "--prefix {}: the address has bits behind the prefix length", text);
  int const bits = std::popcount(range->mask[0]) + std::popcount(range->mask[1]);
  return {text.substr(0, sign), range->address, bits};
}

LinkLoadOptions load_options_of(SeriesArguments const& arguments) {
  LinkLoadOptions options;
  options.interval_ns =
      length_ns("--interval-s", arguments.interval_s.value_or(kDefaultIntervalS), kMaxIntervalS);
  for (auto const& text : arguments.prefixes) {
    options.prefixes.push_back(parse_prefix(text));
  }
  return options;
}

SeriesResult read_series(SeriesArguments const& arguments, FlowArguments const& flows,
                         HostWindowRequest request) {
  auto const folder = shard_folder_of(flows.captures);
  if (!is_host_window(arguments)) {
    LinkLoadOptions load = load_options_of(arguments);
    return folder ? link_load_of_shards(*folder, std::move(load))
                  : link_load_of_captures(ingest_options_of(flows.captures), std::move(load));
  }
  request.window_ns = length_ns(
      "--host-window-s", arguments.host_window_s.value_or(kDefaultHostWindowS), kMaxHostWindowS);
  request.profile = profile_of(flows);
  return folder ? host_windows_of_shards(*folder, request)
                : host_windows_of_captures(ingest_options_of(flows.captures), request);
}

void write_series(SeriesTable const& table, std::string const& out, TableFormat format,
                  int threads) {
  if (format == TableFormat::h5) {
    write_series_h5(table, out, Codec::lz4, threads);
    return;
  }
  write_text(out, [&](std::ostream& text) {
    format == TableFormat::csv ? write_csv(table, text) : write_json_lines(table, text);
  });
}

void refuse(bool given, char const* option, std::string const& unit) {
  NTA_EXPECTS(!given, ErrorKind::usage, "{} has no meaning for --unit {}; leave it out", option,
              unit);
}

}  // namespace

void add_series_options(CLI::App& app, SeriesArguments& arguments) {
  app.add_option("--unit", arguments.unit,
                 "what a row is: flow; sequence = flow with --sequence-n; host_window = a host's "
                 "traffic in a window; step = load of links and prefixes in an interval")
      ->check(CLI::IsMember({"flow", "sequence", "host_window", "step"}));
  app.add_option("--host-window-s", arguments.host_window_s,
                 "length of a host's window, aligned to the epoch (default 60)");
  app.add_option("--interval-s", arguments.interval_s,
                 "length of a step, aligned to the epoch (default 1)");
  app.add_option("--prefix", arguments.prefixes,
                 "NAME=ADDRESS/BITS (repeatable): steps of the load into and out of a network");
}

bool is_series(SeriesArguments const& arguments) {
  return is_host_window(arguments) || arguments.unit == "step";
}

void check_series_options(SeriesArguments const& arguments, FlowArguments const& flows,
                          std::string const& labels) {
  std::string const& unit = arguments.unit;
  refuse(arguments.host_window_s && unit != "host_window", "--host-window-s", unit);
  refuse(arguments.interval_s && unit != "step", "--interval-s", unit);
  refuse(!arguments.prefixes.empty() && unit != "step", "--prefix", unit);
  NTA_EXPECTS(unit != "sequence" || flows.sequence_n > 0, ErrorKind::usage,
              "--unit sequence needs --sequence-n: how many packets of a flow");
  if (!is_series(arguments)) {
    return;
  }
  refuse(flows.set != "nta", "--set", unit);
  refuse(!flows.include.empty(), "--include", unit);
  refuse(!flows.exclude.empty(), "--exclude", unit);
  refuse(flows.sequence_n != 0, "--sequence-n", unit);
  refuse(!flows.sequence_size.empty(), "--sequence-size", unit);
  refuse(!labels.empty(), "--labels", unit);
  refuse(unit == "step" && flows.profile != "nta", "--profile", unit);
  refuse(unit == "step" && !flows.tunnels.empty(), "--tunnels", unit);
}

Result series_list(SeriesArguments const& arguments) {
  Result result;
  auto const columns = columns_of(arguments);
  for (auto const& column : columns) {
    result.document["features"].push_back({{"name", column.name},
                                           {"unit", column.unit},
                                           {"type", column.integer ? "i64" : "f64"},
                                           {"definition", column.text}});
  }
  result.document["set_sha256"] = series_sha256(columns);
  result.text = series_list_text(columns);
  return result;
}

Result run_series(SeriesArguments const& arguments, FlowArguments const& flows,
                  std::string const& out, std::string const& format, std::size_t memory_bytes,
                  Common const& common) {
  auto const form = table_format(out, format);
  HostWindowRequest request;
  request.exec = exec_of(common);
  request.memory_bytes = memory_bytes;
  auto const parent = std::filesystem::path(out).parent_path();
  request.folder = out == "-" ? std::filesystem::temp_directory_path()
                              : (parent.empty() ? std::filesystem::path(".") : parent);
  auto const series = read_series(arguments, flows, request);
  write_series(series.table, out, form, request.exec.threads);
  Result result;
  result.stdout_is_data = out == "-";
  result.document["out"] = out;
  result.document["unit"] = arguments.unit;
  result.document["rows"] = series.table.size();
  result.document["features"] = series.table.columns.size();
  result.document["set_sha256"] = series.table.set_sha256;
  result.document.update(accounting_document(series.ingest));
  result.text = fmt::format("{}: {} rows ({}), {} columns\n", out, series.table.size(),
                            series.table.kind, series.table.columns.size()) +
                accounting_text(series.ingest);
  result.exit_code = strict_exit_code(flows.captures, series.ingest);
  return result;
}

}  // namespace nta::cli
