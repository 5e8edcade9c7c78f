// nta version and nta doctor: what this program is, what this machine offers, what is missing.
#include "kernels/bulk_meter.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/external.hpp"

#include <filesystem>
#include <thread>
#include <unistd.h>
#include <vector>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

constexpr bool kCudaCompiled = NTA_HAS_CUDA != 0;

struct Finding {
  std::string what;
  std::string state;
  bool fine = true;
  std::string remedy;
};

Finding torch_library() {
  auto const library = fs::read_symlink("/proc/self/exe").parent_path() / "libnta_trainers.so";
  return {"LibTorch part", fs::exists(library) ? library.string() : "not built",
          fs::exists(library), "scripts/setup.sh, then scripts/build.sh"};
}

Finding virtual_environment() {
  auto const python = fs::path(NTA_SOURCE_DIR) / ".venv/bin/python";
  return {"Python environment", fs::exists(python) ? python.string() : "missing",
          fs::exists(python), "scripts/setup.sh"};
}

Finding rim() {
  std::string names;
  for (auto const& program : external_programs()) {
    names += program.name + ' ';
  }
  return {"programs of the rim", names.empty() ? "none found" : names, !names.empty(),
          "set NTA_SCRIPTS to the folder of nta-sweep"};
}

std::vector<Finding> look_around() {
  constexpr std::uint64_t kGiB = 1U << 30U;
  auto const free_gib = free_bytes(".") / kGiB;
  auto const memory_gib = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                          static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / kGiB;
  return {
      {"cores", fmt::format("{}", std::thread::hardware_concurrency()), true, ""},
      {"memory", fmt::format("{} GiB", memory_gib), memory_gib >= 2, "at least 2 GiB"},
      {"free disk here", fmt::format("{} GiB", free_gib), free_gib >= 1, "free some space"},
      {"shard codecs", "lz4 zstd none", true, ""},
      {"CUDA back end", kCudaCompiled ? "compiled in" : "not compiled in", true, ""},
      {"CUDA device", cuda_available() ? "usable" : "none; everything runs on the CPU", true, ""},
      torch_library(),
      virtual_environment(),
      rim(),
  };
}

Result doctor() {
  Result result;
  result.document["findings"] = nlohmann::ordered_json::array();
  for (auto const& finding : look_around()) {
    result.text +=
        fmt::format("{:<4} {:<20} {}{}\n", finding.fine ? "ok" : "!!", finding.what, finding.state,
                    finding.fine ? "" : fmt::format(" -> {}", finding.remedy));
    result.document["findings"].push_back({{"what", finding.what},
                                           {"state", finding.state},
                                           {"ok", finding.fine},
                                           {"remedy", finding.remedy}});
    if (!finding.fine) {
      result.exit_code = exit_code(ErrorKind::failed);
    }
  }
  return result;
}

Result version() {
  Result result;
  result.document["nta"] = NTA_VERSION;
  result.document["compiler"] = fmt::format("g++ {}", __VERSION__);
  result.document["cuda"] = kCudaCompiled;
  result.text = fmt::format("nta {} (g++ {}, CUDA back end {})\n", NTA_VERSION, __VERSION__,
                            kCudaCompiled ? "compiled in" : "not compiled in");
  return result;
}

}  // namespace

int doctor_command(int argc, char** argv) {
  return run_command(
      {"doctor", "what this machine offers and what is missing", "nta doctor"}, argc, argv,
      [](CLI::App&) {}, [](Common const&) { return doctor(); });
}

int version_command(int argc, char** argv) {
  return run_command(
      {"version", "versions of nta and of what it was built with", "nta version"}, argc, argv,
      [](CLI::App&) {}, [](Common const&) { return version(); });
}

}  // namespace nta::cli
