// nta: finds the subcommand in THE table, in libnta_trainers.so, or as a program of the rim,
// git-style.
#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/external.hpp"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

namespace nta::cli {
namespace {

void print_help(std::ostream& out) {
  out << "nta: network captures -> features -> trained, deployable models\n\nusage: nta COMMAND "
         "...\n\n";
  for (auto const& command : kSubcommands) {
    out << fmt::format("  {:<10} {}\n", command.name, command.summary);
  }
  for (auto const& program : external_programs()) {
    out << fmt::format("  {:<10} program of the rim: {}\n", program.name, program.path.string());
  }
  out << "\nExit codes:\n";
  for (auto const& row : kExitCodes) {
    out << fmt::format("  {:>3}  {}\n", row.code, row.meaning);
  }
  out << "\nnta COMMAND -h says more. Start here: scripts/demo.sh\n";
}

/// Opens the torch layers and hands over; the library lies beside the program.
int run_in_trainers(int argc, char** argv) {
  auto const library =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libnta_trainers.so";
  // Idle threads of LibTorch's pool must not spin: two trials side by side would starve each other.
  setenv("OMP_WAIT_POLICY", "passive", 0);
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    return report_failure(
        argc, argv, ErrorKind::failed,
        fmt::format("{} needs the LibTorch part of nta, which does not load: {}; build with "
                    "NTA_TORCH=ON after scripts/setup.sh",
                    argv[0], dlerror()));
  }
  void* const symbol = dlsym(handle, "nta_trainers_main");
  if (symbol == nullptr) {
    return report_failure(argc, argv, ErrorKind::failed,
                          fmt::format("{} is of another version; build again", library.string()));
  }
  CommandMain entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  return entry(argc, argv);
}

int run(int argc, char** argv) {
  std::string_view const name = argc > 1 ? argv[1] : "";
  if (name.empty() || name == "-h" || name == "--help" || name == "help") {
    print_help(name.empty() ? std::cerr : std::cout);
    return name.empty() ? exit_code(ErrorKind::usage) : 0;
  }
  if (name == "--version") {
    return version_command(1, argv + 1);
  }
  for (auto const& command : kSubcommands) {
    if (command.name == name) {
      return command.main != nullptr ? command.main(argc - 1, argv + 1)
                                     : run_in_trainers(argc - 1, argv + 1);
    }
  }
  if (name == "export-check") {
    return run_in_trainers(argc - 1, argv + 1);
  }
  for (auto const& program : external_programs()) {
    if (program.name == name) {
      return run_external(program, argc - 1, argv + 1);
    }
  }
  return report_failure(argc, argv, ErrorKind::usage,
                        fmt::format("no command '{}'; nta -h lists them", name));
}

}  // namespace
}  // namespace nta::cli

int main(int argc, char** argv) {
  try {
    return nta::cli::run(argc, argv);
  } catch (std::exception const& error) {
    std::cerr << "nta: error: internal error: " << error.what() << '\n';
    return 1;
  }
}
