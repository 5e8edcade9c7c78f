// Experiment + tables -> Dataset: labels, classes, columns, parts, in this order. Everything that
// leaves a row out is counted; what would make a result meaningless is refused.
#pragma once

#include "libnta/config/experiment.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/datasets/label_rules.hpp"
#include "trainers/datasets/table_source.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nta {

/// What happened on the way, for run.json and the log.
struct DatasetReport {
  std::vector<SourceFile> files;
  std::vector<std::int64_t> flows_per_file;
  bool has_rules = false;
  LabelReport labels;                // of labels.rules, before labels.map
  std::int64_t small_flows = 0;      // fewer than features.min_packets
  std::int64_t without_label = 0;    // dropped by labels.unmatched: drop
  std::int64_t kept_unlabelled = 0;  // kept by labels.unmatched: keep
  std::int64_t empty_sequences = 0;  // no packet of the kind that sequences hold
  std::int64_t without_target = 0;   // regression: target not finite
  std::string split_kind;
  bool validation_cut = false;                  // official: validation taken from train
  std::array<std::int64_t, 4> rows_per_part{};  // by Part
  std::map<std::string, std::array<std::int64_t, 4>> rows_per_class;  // class -> by Part
  std::vector<std::string> unseen_classes;                            // no training row
  std::string split_sha256;
  std::vector<std::string> notes;  // captures that end early
};
nlohmann::ordered_json to_json(DatasetReport const& report);

struct BuiltDataset {
  Dataset data;
  DatasetReport report;
};

/// Labels the tables, joins, maps, splits. Rows: files in order, flows in table order.
/// Error(usage): empty part, trained class with one training row, no normal training row for
/// anomaly, unknown class in labels.normal. Error(data): flows without label (unmatched: error).
BuiltDataset build_dataset(Experiment const& experiment, SourceTables sources);

/// eval/split.csv: capture_sha256, capture, row_in_file, part; a line per row in row order.
std::string split_csv(Dataset const& data);

std::string part_name(Part part);

}  // namespace nta
