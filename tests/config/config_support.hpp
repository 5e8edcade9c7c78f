// Loading configurations from texts in memory or from tests/golden/configs, with a fixed vocabulary
// and an empty environment, so that messages depend on nothing outside the test.
#pragma once

#include "libnta/config/load.hpp"
#include "libnta/core/atomic_file.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace nta::test {

inline Vocabulary small_vocabulary() {
  return {{"duration_ns", "packets", "src2dst_bytes", "tcp_state"},
          {"nta"},
          {"nta"},
          {"accuracy", "macro_f1", "roc_auc", "f1/*"}};
}

using Texts = std::map<std::string, std::string>;

/// Options that read from `texts` by file name and touch no disk.
inline LoadOptions in_memory(Texts texts) {
  LoadOptions options;
  options.vocabulary = small_vocabulary();
  options.check_files = false;
  options.environment = [](std::string const&) -> char const* { return nullptr; };
  options.read = [texts = std::move(texts)](std::filesystem::path const& path) {
    auto const found = texts.find(path.string());
    NTA_EXPECTS(found != texts.end(), ErrorKind::data, "no file {}", path.string());
    return found->second;
  };
  return options;
}

/// Options that read `path` below `folder`, so that messages show `path` alone.
inline LoadOptions below(std::filesystem::path folder) {
  LoadOptions options = in_memory({});
  options.read = [folder = std::move(folder)](std::filesystem::path const& path) {
    return read_file(folder / path);
  };
  return options;
}

inline std::filesystem::path golden_folder() {
  return std::filesystem::path(NTA_SOURCE_DIR) / "tests/golden/configs";
}

inline Override set(std::string text) {
  return {Override::Kind::set, std::move(text)};
}
inline Override unset(std::string text) {
  return {Override::Kind::unset, std::move(text)};
}

/// What load_experiment has to say about a text called "a.json"; "" if nothing.
inline std::string complaint(std::string const& text, std::vector<Override> overrides = {}) {
  LoadOptions options = in_memory({{"a.json", text}});
  options.overrides = std::move(overrides);
  try {
    load_experiment("a.json", options);
  } catch (ConfigErrors const& errors) {
    return errors.what();
  }
  return "";
}

/// The least that is a valid experiment, on one line.
inline std::string const kSmall =
    R"({"nta_experiment": 1, "task": "classification", "data": {"sources": [{"files": ["a.pcap"]}]}, )"
    R"("model": {"kind": "mlp"}})";

}  // namespace nta::test
