// Our flows of a capture beside another tool's: how many flows and cells are equal, which differ,
// and whether each difference is a known one.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "trainers/datasets/oracle.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nta {

/// 0: the oracle's own: integers equal, reals to 1e-6, which is what sums of rounded doubles keep.
/// Else |a - b| <= tolerance * max(1, |a|, |b|) for both. NaN equals NaN.
bool cells_equal(double ours, double theirs, bool integer, double tolerance);

struct DifferingCell {
  std::string flow, column, expected, got;
};

struct CaptureConformance {
  std::string name;
  bool has_result = true;  // false: the tool left no table, nothing is compared
  std::uint64_t expected = 0, got = 0, equal = 0;  // flows
  std::uint64_t cells = 0, cells_equal = 0;        // of the expected flows
  std::map<std::string, std::uint64_t> differing;  // column -> cells
  std::vector<DifferingCell> differences;          // column "": a flow that has no counterpart
  bool same() const { return equal == expected && got == expected; }
};

/// Flows meet by the endpoints that the oracle's columns name (all of the capture if it names
/// none), as multisets: each expected row takes an equal row that is left, else the one with most
/// equal cells. Compared are the oracle's columns that `ours` has among its features. Error(data)
/// for a table that shares none, or a cell that is no number. O(rows^2 cells) within equal
/// endpoints.
CaptureConformance compare_with_oracle(std::string const& name, OracleTable const& oracle,
                                       FeatureTable const& ours, double tolerance);

struct ConformanceReport {
  std::string profile, profile_sha256, set;
  std::vector<CaptureConformance> captures;
  std::vector<KnownDifference> seen;      // known differences that are there
  std::vector<KnownDifference> vanished;  // and those that are not
  std::vector<std::string> unexplained;   // a line each
  bool holds() const { return vanished.empty() && unexplained.empty(); }
};

/// Sorts differences into known and unexplained ones.
void explain_differences(std::vector<KnownDifference> const& known, ConformanceReport& report);

nlohmann::ordered_json conformance_json(ConformanceReport const& report);
/// The same for people: totals, then captures that differ, then the known differences.
std::string conformance_markdown(ConformanceReport const& report);

}  // namespace nta
