// nta config check|render|explain|schema|docs: the same engine that `nta train` uses.
#include "libnta/config/load.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/vocabulary.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  std::string action;
  std::string file;
  std::string path;
  bool sweep = false;
  OverrideOptions overrides;
};

/// A sweep file names itself; everything else is read as an experiment and told what is wrong.
bool is_sweep(std::string const& file) {
  return std::filesystem::is_regular_file(file) &&
         read_file(file).find("\"nta_sweep\"") != std::string::npos;
}

Result check(Arguments const& arguments) {
  Result result;
  auto const options = load_options(arguments.overrides);
  std::string hash;
  if (is_sweep(arguments.file)) {
    auto const loaded = load_sweep(arguments.file, options);
    hash = config_hash(loaded.resolved_json);
  } else {
    auto const loaded = load_experiment(arguments.file, options);
    hash = loaded.hash;
    for (auto const& note : loaded.notes) {
      result.text += note + '\n';
    }
  }
  result.document["file"] = arguments.file;
  result.document["hash"] = hash;
  result.text += fmt::format("{}: valid, hash {}\n", arguments.file, hash);
  return result;
}

Result render(Arguments const& arguments) {
  Result result;
  auto const options = load_options(arguments.overrides);
  result.text = is_sweep(arguments.file) ? load_sweep(arguments.file, options).resolved_json
                                         : load_experiment(arguments.file, options).resolved_json;
  result.document["config"] = nlohmann::ordered_json::parse(result.text);
  if (!result.text.ends_with('\n')) {
    result.text += '\n';
  }
  return result;
}

Result explain_field(Arguments const& arguments) {
  Result result;
  NTA_EXPECTS(!is_sweep(arguments.file), ErrorKind::usage,
              "{} is a sweep file; config explain reads experiments", arguments.file);
  auto const loaded = load_experiment(arguments.file, load_options(arguments.overrides));
  result.text = explain(loaded, arguments.path);
  if (!result.text.ends_with('\n')) {
    result.text += '\n';
  }
  result.document["text"] = result.text;
  return result;
}

Result text_only(std::string const& text) {
  Result result;
  result.text = text.ends_with('\n') ? text : text + '\n';
  result.document["text"] = result.text;
  return result;
}

Result run(Arguments const& arguments) {
  if (arguments.action == "schema") {
    return text_only(arguments.sweep ? sweep_schema_json() : schema_json());
  }
  if (arguments.action == "docs") {
    return text_only(markdown_docs());
  }
  NTA_EXPECTS(!arguments.file.empty(), ErrorKind::usage, "config {} needs a FILE",
              arguments.action);
  if (arguments.action == "check") {
    return check(arguments);
  }
  if (arguments.action == "render") {
    return render(arguments);
  }
  return explain_field(arguments);
}

}  // namespace

int config_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"config", "check, render and explain experiment and sweep files; print their schema",
       "nta config check experiments/lab-mlp.json --set training.epochs=3"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("action", arguments.action, "check | render | explain | schema | docs")
            ->required()
            ->check(CLI::IsMember({"check", "render", "explain", "schema", "docs"}));
        app.add_option("file", arguments.file, "experiment or sweep file");
        app.add_option("path", arguments.path, "explain: a field, as training.optimizer.lr");
        app.add_flag("--sweep", arguments.sweep, "schema: of sweep files");
        add_override_options(app, arguments.overrides);
      },
      [&](Common const&) { return run(arguments); });
}

}  // namespace nta::cli
