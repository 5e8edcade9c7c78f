// What every subcommand has in common: words -> options, one library call, one result; errors as
// one clear message (or one JSON document) and a documented exit code.
#pragma once

#include "libnta/core/error.hpp"
#include "libnta/core/exec.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace nta::cli {

/// Options that every subcommand takes.
struct Common {
  bool json = false;
  bool quiet = false;
  int threads = 0;              // 0: all cores of the affinity mask
  std::string device = "auto";  // auto | cpu | cuda | cuda:N
  std::string color = "auto";
  std::string progress = "auto";
};

/// What a command has to say. `document` is printed with --json, `text` without.
struct Result {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  std::string text;
  int exit_code = 0;
  bool stdout_is_data = false;  // rows went to stdout: the text goes to stderr
};

struct CommandInfo {
  char const* name;
  char const* summary;
  char const* example;
};

/// Parses argv (argv[0] is the subcommand), runs `body`, prints its result or its error.
/// Never throws; returns the process exit code.
int run_command(CommandInfo const& info, int argc, char** argv,
                std::function<void(CLI::App&)> const& add_options,
                std::function<Result(Common const&)> const& body);

/// What run_command prints when the words do not parse, for whoever fails before a command is
/// known.
int report_failure(int argc, char** argv, ErrorKind kind, std::string const& text);

/// Where to run: `auto` is CUDA if it is usable, else the CPU. Error(device) if asked-for CUDA is
/// not.
Exec exec_of(Common const& common);

/// One message on stderr: "nta: <text>".
void say(Common const& common, std::string const& text);

/// Bar on a terminal, a line now and then elsewhere, nothing with -q or --progress none.
void show_progress(Common const& common, std::string const& line, bool last = false);

}  // namespace nta::cli
