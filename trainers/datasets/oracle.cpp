#include "trainers/datasets/oracle.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/json_object.hpp"
#include "trainers/datasets/csv_fields.hpp"

#include <algorithm>

namespace nta {
namespace {

namespace fs = std::filesystem;

std::size_t column_of(OracleTable const& table, std::string_view name) {
  auto const found = std::find(table.columns.begin(), table.columns.end(), name);
  return static_cast<std::size_t>(found - table.columns.begin());
}

/// Captures by captures.csv if it names their paths, else all files below pcap/.
std::vector<OracleCapture> list_captures(fs::path const& folder) {
  std::vector<OracleCapture> captures;
  fs::path const index = folder / "captures.csv";
  if (fs::is_regular_file(index)) {
    OracleTable const table = read_oracle_table(index);
    auto const name = column_of(table, "capture"), path = column_of(table, "path");
    if (name < table.columns.size() && path < table.columns.size()) {
      for (auto const& row : table.rows) {
        captures.push_back({row[name], folder / row[path], {}});
      }
      return captures;
    }
  }
  NTA_EXPECTS(fs::is_directory(folder / "pcap"), ErrorKind::usage,
              "{}: neither a captures.csv with columns capture and path nor a folder pcap",
              folder.string());
  for (auto const& entry : fs::directory_iterator(folder / "pcap")) {
    if (entry.is_regular_file()) {
      captures.push_back({entry.path().filename().string(), entry.path(), {}});
    }
  }
  std::sort(captures.begin(), captures.end(),
            [](auto const& x, auto const& y) { return x.name < y.name; });
  return captures;
}

bool holds_results(fs::path const& folder, std::vector<OracleCapture> const& captures) {
  return std::any_of(captures.begin(), captures.end(), [&](auto const& capture) {
    return fs::is_regular_file(folder / (capture.name + ".csv"));
  });
}

std::string find_results(OracleFolder const& oracle, std::string const& profile) {
  std::vector<std::string> found;
  for (auto const& entry : fs::directory_iterator(oracle.folder)) {
    if (entry.is_directory() && holds_results(entry.path(), oracle.captures)) {
      found.push_back(entry.path().filename().string());
    }
  }
  std::sort(found.begin(), found.end());
  if (found.size() == 1) {
    return found.front();
  }
  std::vector<std::string> fitting;
  std::copy_if(found.begin(), found.end(), std::back_inserter(fitting),
               [&](auto const& name) { return profile.ends_with(name); });
  NTA_EXPECTS(fitting.size() == 1, ErrorKind::usage,
              "{}: tables of results lie in {}; name one with --results", oracle.folder.string(),
              found.empty() ? "no sub-folder" : fmt::format("{}", fmt::join(found, ", ")));
  return fitting.front();
}

}  // namespace

OracleFolder open_oracle(fs::path const& folder, std::string const& results,
                         std::string const& profile) {
  NTA_EXPECTS(fs::is_directory(folder), ErrorKind::usage, "{}: no such folder", folder.string());
  OracleFolder oracle{folder, results, list_captures(folder)};
  if (results.empty()) {
    oracle.results = find_results(oracle, profile);
  }
  NTA_EXPECTS(holds_results(folder / oracle.results, oracle.captures), ErrorKind::usage,
              "{}: no table <capture>.csv in it for any capture",
              (folder / oracle.results).string());
  for (OracleCapture& capture : oracle.captures) {
    NTA_EXPECTS(fs::is_regular_file(capture.capture), ErrorKind::data, "{}: no such capture",
                capture.capture.string());
    fs::path const table = folder / oracle.results / (capture.name + ".csv");
    if (fs::is_regular_file(table)) {
      capture.result = table;
    }
  }
  return oracle;
}

OracleTable read_oracle_table(fs::path const& path) {
  std::string const text = read_file(path);
  OracleTable table;
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    std::string_view one(text.data() + at, end - at);
    at = end + 1;
    ++line;
    if (one.ends_with('\r')) {
      one.remove_suffix(1);
    }
    if (line == 1) {
      table.columns = csv_fields(one);
      continue;
    }
    if (one.empty()) {
      continue;
    }
    table.rows.push_back(csv_fields(one));
    NTA_EXPECTS(table.rows.back().size() == table.columns.size(), ErrorKind::data,
                "{}:{}: {} fields, the header has {}", path.string(), line,
                table.rows.back().size(), table.columns.size());
  }
  NTA_EXPECTS(line > 0, ErrorKind::data, "{}: empty, not even a header", path.string());
  return table;
}

std::vector<KnownDifference> read_known_differences(fs::path const& path,
                                                    std::string const& profile) {
  auto const document = parse_strict(read_file(path), path.string());
  NTA_EXPECTS(document.is_object(), ErrorKind::usage,
              "{}: an object is needed: profile -> list of differences", path.string());
  std::vector<KnownDifference> known;
  if (!document.contains(profile)) {
    return known;
  }
  auto const& list = document[profile];
  JsonPlace const place{path.string(), "/" + profile};
  if (!list.is_array()) {
    place.refuse("a list of differences is needed");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    JsonObject object(list[i], {place.source, place.path + "/" + std::to_string(i)});
    known.push_back({object.text("capture"), object.text("flow"), object.text("column"),
                     object.text("reason")});
    object.finish();
  }
  return known;
}

}  // namespace nta
