// What could make a result look better than it is: equal rows in two parts, one capture in two
// parts, columns that give the answer away or name hosts. eval/leakage.json of every run.
#pragma once

#include "libnta/config/sections/data.hpp"
#include "trainers/datasets/dataset.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace nta {

struct LeakageReport {
  nlohmann::ordered_json json;        // the findings by name
  std::vector<std::string> failures;  // findings that rule "error" refuses, a sentence each
  std::vector<std::string> warnings;  // the others worth a line in the log
};

/// Rows of part unused are left out; columns are judged on training rows.
/// equal_rows: validation and test rows equal to a training row in all features, exact and rounded
/// to 3 digits (fails: exact > 1 % of a part). shared_captures: equal capture hash or group in two
/// parts (fails). constant_columns, id_like_columns (integer with >= 95 % distinct values, or
/// |Spearman with row order| > .99). giveaway_columns: one-vs-rest AUC max(a, 1-a) > .99 (fails).
/// identifying_columns: address, port, MAC, absolute time, TTL or window size by name (fails).
/// conflicting_rows: equal rows with different labels. O(rows log rows x columns).
LeakageReport find_leakage(Dataset const& data);

/// warn, off: nothing happens. error: Error(failed) with all failures.
void enforce_leakage(LeakageReport const& report, LeakageAction action);

/// Names of the columns of `names` that tell hosts or moments apart. Case does not matter.
std::vector<std::string> identifying_columns(std::vector<std::string> const& names);

/// One finding about a column on training rows.
struct ColumnFindings {
  std::vector<std::string> constant, id_like;
  struct Giveaway {
    std::string column;
    std::string of_class;
    double auc = 0;  // max(a, 1 - a)
  };
  std::vector<Giveaway> giveaway;
};
/// Over the flow columns of the training rows; empty for sequences.
ColumnFindings find_column_leakage(Dataset const& data);

}  // namespace nta
