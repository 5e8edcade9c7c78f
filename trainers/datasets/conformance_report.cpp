// Which differences are known, and the report as JSON and Markdown.
#include "libnta/core/error.hpp"
#include "libnta/core/glob.hpp"
#include "trainers/datasets/conformance.hpp"

#include <algorithm>

namespace nta {
namespace {

bool covers(KnownDifference const& known, std::string const& capture, DifferingCell const& cell) {
  return known.capture == capture && glob_matches(known.flow, cell.flow) &&
         glob_matches(known.column, cell.column);
}

struct Totals {
  std::uint64_t captures = 0, compared = 0, equal_captures = 0;
  std::uint64_t expected = 0, got = 0, equal = 0, cells = 0, cells_equal = 0;
};

Totals totals_of(ConformanceReport const& report) {
  Totals sum;
  for (auto const& capture : report.captures) {
    sum.captures += 1;
    if (!capture.has_result) {
      continue;
    }
    sum.compared += 1;
    sum.equal_captures += capture.same() ? 1 : 0;
    sum.expected += capture.expected;
    sum.got += capture.got;
    sum.equal += capture.equal;
    sum.cells += capture.cells;
    sum.cells_equal += capture.cells_equal;
  }
  return sum;
}

nlohmann::ordered_json known_json(std::vector<KnownDifference> const& list) {
  auto array = nlohmann::ordered_json::array();
  for (auto const& known : list) {
    array.push_back({{"capture", known.capture},
                     {"flow", known.flow},
                     {"column", known.column},
                     {"reason", known.reason}});
  }
  return array;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.4f} %",
                                  100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

void explain_differences(std::vector<KnownDifference> const& known, ConformanceReport& report) {
  std::vector<bool> used(known.size(), false);
  for (auto const& capture : report.captures) {
    for (auto const& cell : capture.differences) {
      bool explained = false;
      for (std::size_t i = 0; i < known.size(); ++i) {
        if (covers(known[i], capture.name, cell)) {
          explained = used[i] = true;
        }
      }
      if (!explained) {
        report.unexplained.push_back(fmt::format("{}: flow {}: {}expected {}, got {}", capture.name,
                                                 cell.flow.empty() ? "(any)" : cell.flow,
                                                 cell.column.empty() ? "" : cell.column + ": ",
                                                 cell.expected, cell.got));
      }
    }
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    (used[i] ? report.seen : report.vanished).push_back(known[i]);
  }
}

nlohmann::ordered_json conformance_json(ConformanceReport const& report) {
  nlohmann::ordered_json document;
  document["profile"] = report.profile;
  document["sha256"] = report.profile_sha256;
  document["set"] = report.set;
  document["captures"] = nlohmann::ordered_json::array();
  for (auto const& capture : report.captures) {
    nlohmann::ordered_json row;
    row["name"] = capture.name;
    row["has_result"] = capture.has_result;
    if (capture.has_result) {
      row["expected"] = capture.expected;
      row["got"] = capture.got;
      row["equal"] = capture.equal;
      row["cells"] = capture.cells;
      row["cells_equal"] = capture.cells_equal;
      row["differing"] = capture.differing;
    }
    document["captures"].push_back(std::move(row));
  }
  document["exceptions"] = known_json(report.seen);
  document["exceptions_that_vanished"] = known_json(report.vanished);
  document["unexplained"] = report.unexplained;
  Totals const sum = totals_of(report);
  document["totals"] = {{"captures", sum.captures},
                        {"compared", sum.compared},
                        {"equal_captures", sum.equal_captures},
                        {"expected", sum.expected},
                        {"got", sum.got},
                        {"equal", sum.equal},
                        {"cells", sum.cells},
                        {"cells_equal", sum.cells_equal}};
  document["holds"] = report.holds();
  return document;
}

std::string conformance_markdown(ConformanceReport const& report) {
  Totals const sum = totals_of(report);
  auto text = fmt::format("# Conformance of profile `{}`, set `{}`\n\nProfile sha256 `{}`.\n\n",
                          report.profile, report.set, report.profile_sha256);
  text += "| | equal | of | share |\n|---|---|---|---|\n";
  text += fmt::format("| captures | {} | {} | {} |\n", sum.equal_captures, sum.compared,
                      share(sum.equal_captures, sum.compared));
  text += fmt::format("| flows | {} | {} | {} |\n", sum.equal, sum.expected,
                      share(sum.equal, sum.expected));
  text += fmt::format("| cells | {} | {} | {} |\n\n", sum.cells_equal, sum.cells,
                      share(sum.cells_equal, sum.cells));
  text += fmt::format("{} captures, {} of them without a result of the other tool.\n", sum.captures,
                      sum.captures - sum.compared);
  text += "\n| capture that differs | expected | got | equal | cells equal | differing columns |\n";
  text += "|---|---|---|---|---|---|\n";
  for (auto const& capture : report.captures) {
    if (!capture.has_result || capture.same()) {
      continue;
    }
    std::vector<std::string> columns;
    for (auto const& [column, n] : capture.differing) {
      columns.push_back(fmt::format("{} ({})", column, n));
    }
    text += fmt::format("| {} | {} | {} | {} | {} of {} | {} |\n", capture.name, capture.expected,
                        capture.got, capture.equal, capture.cells_equal, capture.cells,
                        fmt::join(columns, ", "));
  }
  text += "\n| exception | flow | column | reason |\n|---|---|---|---|\n";
  for (auto const& known : report.seen) {
    text += fmt::format("| {} | {} | {} | {} |\n", known.capture, known.flow, known.column,
                        known.reason);
  }
  for (auto const& known : report.vanished) {
    text += fmt::format("\nNo longer there: {}: {}\n", known.capture, known.reason);
  }
  for (auto const& line : report.unexplained) {
    text += fmt::format("\nUnexplained: {}\n", line);
  }
  return text;
}

}  // namespace nta
