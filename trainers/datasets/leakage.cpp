// Findings about rows and captures, and the report.
#include "trainers/datasets/leakage.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "trainers/datasets/dataset_builder.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace nta {

namespace {

using Json = nlohmann::ordered_json;

/// To 3 significant digits: 0.0123456 -> 0.0123, also where columns differ by powers of ten.
double rounded(double v) {
  if (v == 0 || !std::isfinite(v)) {
    return v;
  }
  std::array<char, 32> text{};
  auto const written =
      std::to_chars(text.data(), text.data() + text.size(), v, std::chars_format::scientific, 2);
  double back = 0;
  std::from_chars(text.data(), written.ptr, back);
  return back;
}

std::span<double const> row_values(Dataset const& data, std::size_t row) {
  if (data.sequence.n_steps == 0) {
    return {data.x.row(row), data.x.n_columns};
  }
  std::size_t const width = data.sequence.n_steps * data.sequence.n_fields;
  return std::span(data.sequence.values).subspan(row * width, width);
}

/// 64 bits of a row: at a hundred thousand rows a false equality has a chance below 1e-9.
template <class F>
std::uint64_t row_hash(std::span<double const> values, F change) {
  std::uint64_t hash = values.size();
  for (double const v : values) {
    hash = random_bits(hash, std::bit_cast<std::uint64_t>(change(v) + 0.0));  // -0 becomes 0
  }
  return hash;
}

template <class F>
std::vector<std::uint64_t> row_hashes(Dataset const& data, F change) {
  std::vector<std::uint64_t> hashes(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    hashes[i] = row_hash(row_values(data, i), change);
  }
  return hashes;
}

struct EqualRows {
  std::int64_t rows = 0, equal = 0;
  double share() const {
    return rows == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(rows);
  }
};

/// Per part (validation, test): rows, and those equal to a training row.
std::array<EqualRows, 2> equal_rows(Dataset const& data, std::vector<std::uint64_t> const& hashes) {
  std::unordered_set<std::uint64_t> training;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::train) {
      training.insert(hashes[i]);
    }
  }
  std::array<EqualRows, 2> found{};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] != Part::validation && data.part[i] != Part::test) {
      continue;
    }
    EqualRows& part = found[data.part[i] == Part::test ? 1 : 0];
    ++part.rows;
    part.equal += training.contains(hashes[i]) ? 1 : 0;
  }
  return found;
}

void report_equal_rows(Dataset const& data, std::vector<std::uint64_t> const& hashes,
                       LeakageReport& report) {
  auto const exact = equal_rows(data, hashes);
  auto const rough = equal_rows(data, row_hashes(data, rounded));
  for (std::size_t p = 0; p < 2; ++p) {
    std::string const name = p == 0 ? "validation" : "test";
    report.json["equal_rows"][name] = {{"rows", exact[p].rows},
                                       {"equal_to_training", exact[p].equal},
                                       {"share", exact[p].share()},
                                       {"equal_rounded_to_3_digits", rough[p].equal},
                                       {"share_rounded", rough[p].share()}};
    if (exact[p].share() > 0.01) {
      report.failures.push_back(
          fmt::format("{} of {} {} rows ({:.1f} %) equal a training row in all features",
                      exact[p].equal, exact[p].rows, name, 100 * exact[p].share()));
    }
  }
}

/// Hashes and groups of captures that have rows in more than one part. A split by time cuts
/// captures by design; it is reported all the same.
void report_shared_captures(Dataset const& data, LeakageReport& report) {
  std::map<std::string, std::set<Part>> parts_of;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::unused) {
      continue;
    }
    std::uint32_t const capture = data.identity.capture[i];
    parts_of["group " + data.capture_group[capture]].insert(data.part[i]);
    if (!data.capture_sha256[capture].empty()) {
      parts_of["sha256 " + data.capture_sha256[capture]].insert(data.part[i]);
    }
  }
  Json shared = Json::array();
  for (auto const& [name, parts] : parts_of) {
    if (parts.size() < 2) {
      continue;
    }
    Json names = Json::array();
    for (Part const part : parts) {
      names.push_back(part_name(part));
    }
    shared.push_back({{"capture", name}, {"parts", names}});
  }
  if (!shared.empty()) {
    report.failures.push_back(
        fmt::format("{} capture groups or hashes have rows in two parts, "
                    "first {}",
                    shared.size(), shared[0]["capture"].get<std::string>()));
  }
  report.json["shared_captures"] = std::move(shared);
}

void report_conflicts(Dataset const& data, std::vector<std::uint64_t> const& hashes,
                      LeakageReport& report) {
  struct Seen {
    std::int64_t rows = 0;
    std::set<std::int32_t> targets;
  };
  std::unordered_map<std::uint64_t, Seen> seen;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::unused || data.target[i] < 0) {
      continue;
    }
    Seen& entry = seen[hashes[i]];
    ++entry.rows;
    entry.targets.insert(data.target[i]);
  }
  std::int64_t rows = 0, groups = 0;
  std::map<std::string, std::int64_t> by_classes;  // "a, b" -> rows
  for (auto const& [hash, entry] : seen) {
    if (entry.targets.size() < 2) {
      continue;
    }
    ++groups;
    rows += entry.rows;
    std::string names;
    for (std::int32_t const target : entry.targets) {
      names += (names.empty() ? "" : ", ") + data.classes[static_cast<std::size_t>(target)];
    }
    by_classes[names] += entry.rows;
  }
  report.json["conflicting_rows"] = {
      {"rows", rows}, {"distinct", groups}, {"by_classes", by_classes}};
  if (rows > 0) {
    report.warnings.push_back(
        fmt::format("{} rows equal a row with another label: no model can tell them apart", rows));
  }
}

void report_columns(Dataset const& data, LeakageReport& report) {
  ColumnFindings const columns = find_column_leakage(data);
  report.json["constant_columns"] = columns.constant;
  report.json["id_like_columns"] = columns.id_like;
  Json giveaway = Json::array();
  for (auto const& found : columns.giveaway) {
    giveaway.push_back({{"column", found.column}, {"class", found.of_class}, {"auc", found.auc}});
  }
  if (!columns.giveaway.empty()) {
    auto const& first = columns.giveaway.front();
    report.failures.push_back(
        fmt::format("{} times a single column tells a class apart with AUC > 0.99, first {} for {} "
                    "({:.4f})",
                    columns.giveaway.size(), first.column, first.of_class, first.auc));
  }
  report.json["giveaway_columns"] = std::move(giveaway);
  std::vector<std::string> names = data.feature_names;
  names.insert(names.end(), data.sequence.field_names.begin(), data.sequence.field_names.end());
  auto const identifying = identifying_columns(names);
  report.json["identifying_columns"] = identifying;
  if (!identifying.empty()) {
    report.failures.push_back(
        fmt::format("{} columns name hosts or moments (address, port, MAC, time, TTL, window), "
                    "first {}",
                    identifying.size(), identifying.front()));
  }
}

}  // namespace

LeakageReport find_leakage(Dataset const& data) {
  LeakageReport report;
  auto const hashes = row_hashes(data, [](double v) { return v; });
  report_equal_rows(data, hashes, report);
  report_shared_captures(data, report);
  report_columns(data, report);
  report_conflicts(data, hashes, report);
  report.json["failures"] = report.failures;
  report.json["warnings"] = report.warnings;
  return report;
}

void enforce_leakage(LeakageReport const& report, LeakageAction action) {
  if (action != LeakageAction::error || report.failures.empty()) {
    return;
  }
  std::string text;
  for (std::string const& failure : report.failures) {
    text += "\n  " + failure;
  }
  fail(ErrorKind::failed,
       "leakage (set /data/leakage to warn to go on, and the results carry the findings):{}", text);
}

}  // namespace nta
