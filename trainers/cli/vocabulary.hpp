// Names that configurations may use and that later layers own: features, profiles, metrics.
#pragma once

#include "libnta/config/load.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace nta::cli {

/// What config checks names against.
Vocabulary vocabulary();

/// `--set` and `--unset` of one command line, in their order.
using OverrideOptions = std::vector<Override>;

void add_override_options(CLI::App& app, OverrideOptions& overrides);

/// Options for load_experiment from a command line's overrides.
LoadOptions load_options(OverrideOptions const& overrides);

}  // namespace nta::cli
