// `nta features --unit host_window|step`: rows that are no flows.
#pragma once

#include "trainers/cli/command.hpp"
#include "trainers/cli/flow_options.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nta::cli {

struct SeriesArguments {
  std::string unit = "flow";
  std::optional<double> host_window_s, interval_s;  // 60 and 1, if not given
  std::vector<std::string> prefixes;                // NAME=ADDRESS/BITS
};

void add_series_options(CLI::App& app, SeriesArguments& arguments);

/// Is a row something else than a flow?
bool is_series(SeriesArguments const& arguments);

/// Error(usage) for options of a unit that was not asked for: nothing is ignored silently.
void check_series_options(SeriesArguments const& arguments, FlowArguments const& flows,
                          std::string const& labels);

/// Name, unit, type and definition of the unit's columns.
Result series_list(SeriesArguments const& arguments);

/// Computes the rows and writes them to `out`. `memory_bytes`: budget of the flows behind host
/// windows.
Result run_series(SeriesArguments const& arguments, FlowArguments const& flows,
                  std::string const& out, std::string const& format, std::size_t memory_bytes,
                  Common const& common);

}  // namespace nta::cli
