// The one C entry of libnta_trainers.so: subcommands that need LibTorch.
#include "libnta/core/exit_code.hpp"
#include "trainers/cli/trainers_commands.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>

extern "C" int nta_trainers_main(int argc, char** argv) {
  // cuBLAS reads it once, before its first call; deterministic results need it.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  std::string_view const name = argv[0];
  if (name == "train") {
    return nta::cli::train_command(argc, argv);
  }
  if (name == "evaluate") {
    return nta::cli::evaluate_command(argc, argv);
  }
  if (name == "export") {
    return nta::cli::export_command(argc, argv);
  }
  if (name == "export-check") {
    return nta::cli::export_check_command(argc, argv);
  }
  if (name == "score") {
    return nta::cli::score_command(argc, argv);
  }
  if (name == "worker") {
    return nta::cli::worker_command(argc, argv);
  }
  std::cerr << "nta: error: no command '" << name << "'\n";
  return nta::exit_code(nta::ErrorKind::usage);
}
