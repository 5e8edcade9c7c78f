// nta export: run folder -> model folder with TorchScript, checked by a fresh process.
#include "libnta/core/error.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/trainers_commands.hpp"
#include "trainers/serving/export_run.hpp"
#include "trainers/serving/parity.hpp"

#include <filesystem>
#include <string>

namespace nta::cli {
namespace {

Result export_to(std::string const& run, std::string const& out, std::string const& checkpoint) {
  auto const program = std::filesystem::read_symlink("/proc/self/exe").string();
  export_run(run, out, {checkpoint, NTA_VERSION, {program, "export-check"}});
  Result result;
  result.document["out"] = out;
  result.text = fmt::format("{}: model.pt, weights.safetensors, model.json; parity checked\n", out);
  return result;
}

}  // namespace

int export_command(int argc, char** argv) {
  std::string run;
  std::string out;
  std::string checkpoint = "best";
  return run_command(
      {"export", "run folder -> model folder: TorchScript, weights, description, parity report",
       "nta export runs/a --out models/a"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("run", run, "run folder")->required();
        app.add_option("--out", out, "model folder, new or empty")->required();
        app.add_option("--checkpoint", checkpoint, "best | last | a step");
      },
      [&](Common const&) { return export_to(run, out, checkpoint); });
}

int export_check_command(int argc, char** argv) {
  std::string folder;
  return run_command(
      {"export-check", "compares the files of a model folder with each other",
       "nta export-check D"},
      argc, argv, [&](CLI::App& app) { app.add_option("folder", folder)->required(); },
      [&](Common const&) {
        Result result;
        result.exit_code = export_check(folder);
        return result;
      });
}

}  // namespace nta::cli
