// nta worker: trains the trials that a sweep's driver sends over a descriptor.
#include "trainers/evaluation/worker.hpp"

#include "libnta/core/error.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/trainers_commands.hpp"
#include "trainers/cli/vocabulary.hpp"

#include <string>

namespace nta::cli {
namespace {

struct Arguments {
  std::string experiment;
  int fd = 3;
  bool stdio = false;
  OverrideOptions overrides;
};

Result run(Arguments const& arguments, Common const& common) {
  auto const options = load_options(arguments.overrides);
  auto const base = load_experiment(arguments.experiment, options);
  WorkerChannel channel =
      arguments.stdio ? WorkerChannel(0, 1) : WorkerChannel(arguments.fd, arguments.fd);
  WorkerOptions worker;
  worker.threads = common.threads;
  worker.nta_version = NTA_VERSION;
  worker.load = options;
  Result result;
  result.stdout_is_data = true;
  result.exit_code = run_worker(base, channel, worker);
  return result;
}

}  // namespace

int worker_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"worker", "trains trials that a driver sends as JSON lines",
       "nta worker --experiment experiments/lab-mlp.json --stdio"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("--experiment", arguments.experiment, "the experiment that trials vary")
            ->required();
        auto* const fd = app.add_option("--fd", arguments.fd, "descriptor of a socket pair");
        app.add_flag("--stdio", arguments.stdio, "speak over standard input and output")
            ->excludes(fd);
        add_override_options(app, arguments.overrides);
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
