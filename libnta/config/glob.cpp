// Globs on paths: * ? [a-z] [!a-z] in every part; names match as in core/glob.hpp.
#include "libnta/config/load.hpp"

#include <algorithm>
#include <system_error>

namespace nta {
namespace {

namespace fs = std::filesystem;

bool has_magic(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

void expand(fs::path const& base, fs::path::const_iterator part, fs::path::const_iterator end,
            std::vector<fs::path>& out) {
  std::error_code error;
  if (part == end) {
    if (fs::exists(base, error)) out.push_back(base);
    return;
  }
  std::string const name = part->string();
  auto const rest = std::next(part);
  if (!has_magic(name) || fs::exists(base / name, error)) {  // a file may be called "a[1].pcap"
    return expand(base / name, rest, end, out);
  }
  fs::path const folder = base.empty() ? fs::path(".") : base;
  for (fs::directory_iterator entry(folder, error), last; !error && entry != last;
       entry.increment(error)) {
    std::string const found = entry->path().filename().string();
    bool const hidden = found.starts_with('.') && !name.starts_with('.');
    if (!hidden && glob_matches(name, found)) expand(base / found, rest, end, out);
  }
}

}  // namespace

std::vector<fs::path> expand_glob(fs::path const& pattern) {
  std::vector<fs::path> out;
  expand({}, pattern.begin(), pattern.end(), out);
  std::sort(out.begin(), out.end(),
            [](fs::path const& a, fs::path const& b) { return a.native() < b.native(); });
  return out;
}

}  // namespace nta
