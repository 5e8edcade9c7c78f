#include "trainers/cli/command.hpp"

#include "kernels/bulk_meter.hpp"
#include "kernels/device_place.hpp"
#include "libnta/config/config_errors.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <sched.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace nta::cli {
namespace {

constexpr std::string_view kCudaIndex = "cuda:";

/// The device that a word names, as in cuda:1; < 0 if it names none.
int device_index(std::string_view word) {
  int index = -1;
  if (word.starts_with(kCudaIndex)) {
    word.remove_prefix(kCudaIndex.size());
    int number = 0;
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    bool const whole = error == std::errc() && end == word.data() + word.size();
    index = whole && number >= 0 ? number : -1;
  }
  return index;
}

std::string check_device(std::string const& word) {
  bool const known = word == "auto" || word == "cpu" || word == "cuda" || device_index(word) >= 0;
  return known ? "" : fmt::format("{}: expected auto, cpu, cuda or cuda:N", word);
}

void add_common(CLI::App& app, Common& common) {
  app.add_flag("--json", common.json, "one JSON document on stdout, also on failure");
  app.add_flag("-q,--quiet", common.quiet, "no progress and no messages but errors");
  app.add_option("--threads", common.threads, "worker threads, 0 = all cores")
      ->check(CLI::Range(0, 1024));
  app.add_option("--device", common.device,
                 "where bulk work runs: auto, cpu, cuda (all devices), cuda:N (one)")
      ->check(CLI::Validator(check_device, "{auto,cpu,cuda,cuda:N}"));
  app.add_option("--color", common.color, "colours in messages")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--progress", common.progress, "how progress is shown on stderr")
      ->check(CLI::IsMember({"auto", "bar", "lines", "text", "json", "none"}));
}

bool use_color(Common const& common) {
  if (common.color != "auto") {
    return common.color == "always";
  }
  auto const set = [](char const* name) {
    char const* const value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (set("CLICOLOR_FORCE")) {
    return true;
  }
  char const* const term = std::getenv("TERM");
  bool const dumb = term != nullptr && std::string_view(term) == "dumb";
  return isatty(STDERR_FILENO) != 0 && !set("NO_COLOR") && !dumb && !common.json;
}

nlohmann::ordered_json error_entry(ConfigIssue const& problem) {
  nlohmann::ordered_json entry;
  entry["file"] = problem.file;
  entry["line"] = problem.line;
  entry["column"] = problem.column;
  entry["pointer"] = problem.pointer;
  entry["message"] = problem.message;
  entry["hint"] = problem.hint;
  return entry;
}

int print_failure(Common const& common, int code, std::string const& text,
                  nlohmann::ordered_json const& errors) {
  if (common.json) {
    nlohmann::ordered_json document;
    document["ok"] = false;
    document["exit_code"] = code;
    document["errors"] = errors;
    std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    bool const red = use_color(common);
    std::cerr << (red ? "\033[31mnta: error:\033[0m " : "nta: error: ") << text << '\n';
  }
  return code;
}

int print_failure(Common const& common, int code, std::string const& text) {
  nlohmann::ordered_json entry;
  entry["message"] = text;
  return print_failure(common, code, text, nlohmann::ordered_json::array({entry}));
}

int print_config_errors(Common const& common, ConfigErrors const& errors) {
  auto entries = nlohmann::ordered_json::array();
  for (auto const& problem : errors.issues()) {
    entries.push_back(error_entry(problem));
  }
  if (!common.json) {
    std::cerr << errors.what() << '\n';
    return exit_code(errors.kind());
  }
  return print_failure(common, exit_code(errors.kind()), errors.what(), entries);
}

int print_result(Common const& common, Result result) {
  if (common.json && !result.stdout_is_data) {
    nlohmann::ordered_json document;
    document["ok"] = result.exit_code == 0;
    document["exit_code"] = result.exit_code;
    document.update(result.document);
    std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else if (result.stdout_is_data) {
    if (!common.quiet) {
      std::cerr << result.text;
    }
  } else {
    std::cout << result.text;
  }
  std::cout.flush();
  if (!std::cout) {
    return print_failure({}, exit_code(ErrorKind::storage), "standard output could not be written");
  }
  return result.exit_code;
}

int run_body(Common const& common, std::function<Result(Common const&)> const& body) {
  try {
    return print_result(common, body(common));
  } catch (ConfigErrors const& errors) {
    return print_config_errors(common, errors);
  } catch (Error const& error) {
    return print_failure(common, exit_code(error.kind()), error.what());
  } catch (std::bad_alloc const&) {
    return print_failure(common, exit_code(ErrorKind::device), "out of memory");
  } catch (std::exception const& error) {
    return print_failure(common, exit_code(ErrorKind::failed),
                         fmt::format("internal error: {}", error.what()));
  }
}

/// --json counts even when the other words do not parse, so that a caller always gets a document.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") {
      return true;
    }
  }
  return false;
}

}  // namespace

int report_failure(int argc, char** argv, ErrorKind kind, std::string const& text) {
  Common common;
  common.json = asks_for_json(argc, argv);
  return print_failure(common, exit_code(kind), text);
}

int run_command(CommandInfo const& info, int argc, char** argv,
                std::function<void(CLI::App&)> const& add_options,
                std::function<Result(Common const&)> const& body) {
  CLI::App app(info.summary, fmt::format("nta {}", info.name));
  app.footer(fmt::format("Example:\n  {}", info.example));
  Common common;
  add_options(app);
  add_common(app, common);
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const&) {
    std::cout << app.help();
    return 0;
  } catch (CLI::ParseError const& error) {
    return report_failure(argc, argv, ErrorKind::usage,
                          fmt::format("{}; see nta {} -h", error.what(), info.name));
  }
  return run_body(common, body);
}

Exec exec_of(Common const& common) {
  Exec exec;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  bool const known = sched_getaffinity(0, sizeof mask, &mask) == 0;
  exec.threads = common.threads > 0 ? common.threads : (known ? CPU_COUNT(&mask) : 1);
  bool const usable = cuda_available();
  exec.index = device_index(common.device);
  NTA_EXPECTS((common.device != "cuda" && exec.index < 0) || usable, ErrorKind::device,
              "--device {}: no usable CUDA device here; use --device cpu, or see nta doctor",
              common.device);
  exec.device = usable && common.device != "cpu" ? Exec::Device::cuda : Exec::Device::cpu;
  if (exec.device == Exec::Device::cuda) {
    device_indices(exec, cuda_device_count());  // is it there?
  }
  return exec;
}

void say(Common const& common, std::string const& text) {
  if (!common.quiet) {
    std::cerr << "nta: " << text << '\n';
  }
}

void show_progress(Common const& common, std::string const& line, bool last) {
  if (common.quiet || common.progress == "none") {
    return;
  }
  using Clock = std::chrono::steady_clock;
  static Clock::time_point shown{};
  bool const bar =
      common.progress == "bar" || (common.progress == "auto" && isatty(STDERR_FILENO) != 0);
  char const* const setting = std::getenv("NTA_PROGRESS_S");
  auto const pause = bar ? std::chrono::milliseconds(100)
                         : std::chrono::seconds(setting != nullptr ? std::atoi(setting) : 30);
  auto const now = Clock::now();
  if (!last && shown != Clock::time_point{} && now - shown < pause) {
    return;
  }
  shown = now;
  std::cerr << (bar ? "\r\033[K" : "") << line << (bar && !last ? "" : "\n") << std::flush;
}

}  // namespace nta::cli
