// A table of labelled flows that another tool made -> labels by equal capture, endpoints, time.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nta {

/// A CSV file with a header: column `label` and any of capture, l4, ip_a, port_a, ip_b, port_b,
/// vlan, start_utc; other columns are not looked at. Both directions of a row fit.
struct JoinTable {
  struct Row {
    std::string label;
    std::size_t line = 0;  // in the file, from 1
  };
  std::string file;
  std::vector<std::string> keys;  // of the columns above, those that are there, in that order
  std::vector<Row> rows;
  std::unordered_multimap<std::string, std::size_t> places;  // key text -> row
};

/// Error(usage) naming file and line: no header, no label column, no key column, ragged rows,
/// values that are no address, port, protocol or time.
JoinTable parse_join_table(std::string_view csv, std::string const& file);
JoinTable read_join_table(std::filesystem::path const& path);

/// Sets table.labels ("" without a row). `capture` is compared with the file name, start_utc by
/// whole seconds. rules_without_flows holds rows, many_to_one counts flows that several rows with
/// one label fit. Error(data) naming both lines if their labels differ. O(flows + rows).
LabelReport apply_join_table(JoinTable const& join, FeatureTable& table);

}  // namespace nta
