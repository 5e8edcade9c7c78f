// Any bytes as an experiment, a sweep and an override: refused with places inside the text, or
// taken and rendered to something that is taken again and renders the same.
#include "libnta/config/load.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

nta::LoadOptions options_for(std::string const& text) {
  nta::LoadOptions options;
  options.check_files = false;
  options.environment = [](std::string const&) -> char const* { return nullptr; };
  options.read = [text](std::filesystem::path const& path) {
    NTA_EXPECTS(path == "a.json" || path == "b.json", nta::ErrorKind::data, "no such file");
    return text;
  };
  return options;
}

/// Every issue lies in the text and shows no control bytes.
void look_at(nta::ConfigErrors const& errors, std::string const& text) {
  nta::fuzz::require(!errors.issues().empty(), "errors name issues");
  for (nta::ConfigIssue const& issue : errors.issues()) {
    bool const in_text = static_cast<std::size_t>(issue.line) <= text.size() + 1 &&
                         static_cast<std::size_t>(issue.column) <= text.size() + 1;
    nta::fuzz::require(in_text, "places lie in the text");
  }
  for (char const c : std::string(errors.what())) {
    bool const shown = c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    nta::fuzz::require(shown, "messages hold no control bytes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(data), size);
  nta::LoadOptions const options = options_for(text);
  try {
    nta::LoadedConfig const first = nta::load_experiment("a.json", options);
    nta::LoadedConfig const again =
        nta::load_experiment("a.json", options_for(first.resolved_json));
    bool const same = again.resolved_json == first.resolved_json && again.hash == first.hash;
    nta::fuzz::require(same, "what is rendered renders the same");
    nta::fuzz::require(!nta::explain(first, "").empty(), "all fields are explained");
  } catch (nta::ConfigErrors const& errors) {
    look_at(errors, text);
  } catch (nta::Error const&) {
  }
  try {
    nta::load_sweep("a.json", options);
  } catch (nta::ConfigErrors const& errors) {
    look_at(errors, text);
  } catch (nta::Error const&) {
  }
  return 0;
}
