// Subcommands of the scripting rim: programs `nta-NAME` in the project's scripts/ folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nta::cli {

struct ExternalProgram {
  std::string name;
  std::filesystem::path path;
};

/// Programs of $NTA_SCRIPTS, else of the scripts/ folder that this program was built from; sorted.
std::vector<ExternalProgram> external_programs();

/// Replaces this process with the program, run by the project's virtual environment where there is
/// one; NTA_PROGRAM tells it where nta is. Returns (exit code 1) only if that fails.
int run_external(ExternalProgram const& program, int argc, char** argv);

}  // namespace nta::cli
