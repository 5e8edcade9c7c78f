#include "trainers/cli/external.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <unistd.h>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "nta-";

fs::path scripts_folder() {
  char const* const set = std::getenv("NTA_SCRIPTS");
  return set != nullptr ? fs::path(set) : fs::path(NTA_SOURCE_DIR) / "scripts";
}

}  // namespace

std::vector<ExternalProgram> external_programs() {
  std::vector<ExternalProgram> found;
  std::error_code absent;
  for (auto const& entry : fs::directory_iterator(scripts_folder(), absent)) {
    auto const name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && access(entry.path().c_str(), X_OK) == 0) {
      found.push_back({name.substr(kPrefix.size()), entry.path()});
    }
  }
  std::ranges::sort(found, {}, &ExternalProgram::name);
  return found;
}

int run_external(ExternalProgram const& program, int argc, char** argv) {
  auto const python = scripts_folder().parent_path() / ".venv/bin/python";
  setenv("NTA_PROGRAM", fs::read_symlink("/proc/self/exe").c_str(), 1);
  std::vector<std::string> words;
  if (fs::exists(python)) {
    words.push_back(python.string());
  }
  words.push_back(program.path.string());
  words.insert(words.end(), argv + 1, argv + argc);
  std::vector<char*> pointers;
  for (auto& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  std::cerr << "nta: error: cannot start " << words[0] << ": " << std::strerror(errno)
            << "; run scripts/setup.sh\n";
  return 1;
}

}  // namespace nta::cli
