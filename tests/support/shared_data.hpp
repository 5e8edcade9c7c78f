// Where the real captures and other tools' results lie, if they are there: $NTA_SHARED, else the
// folder `shared` beside the checkout. Tests that need them skip loudly without.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace nta::test {

/// Path of `name` below the data folder, or nothing.
inline std::optional<std::filesystem::path> shared_data(std::filesystem::path const& name) {
  namespace fs = std::filesystem;
  char const* const set = std::getenv("NTA_SHARED");
  fs::path const root =
      set != nullptr ? fs::path(set) : fs::path(NTA_SOURCE_DIR).parent_path() / "shared";
  auto path = root / "data" / name;
  if (!fs::exists(path)) {
    return std::nullopt;
  }
  return path;
}

}  // namespace nta::test

/// Defines `path` as the shared file or folder `name`, or skips the test with the reason.
#define NTA_SHARED_OR_SKIP(path, name)                      \
  auto const path##_found = ::nta::test::shared_data(name); \
  if (!path##_found) {                                      \
    GTEST_SKIP() << "shared data not there: " << (name);    \
  }                                                         \
  auto const path = *path##_found
