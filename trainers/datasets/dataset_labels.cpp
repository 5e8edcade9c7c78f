// Labels -> classes.
#include "trainers/datasets/dataset_labels.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/glob.hpp"
#include "trainers/datasets/join_table.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

namespace nta {

namespace {

/// A name written out wins over globs: {"benign": "normal", "*": "attack"} means what it says.
std::string class_of(std::map<std::string, std::string> const& map, std::string const& label) {
  if (auto const exact = map.find(label); exact != map.end()) {
    return exact->second;
  }
  for (auto const& [glob, name] : map) {
    if (glob_matches(glob, label)) {
      return name;
    }
  }
  return label;
}

std::string joined(std::set<std::string> const& names) {
  std::string text;
  for (std::string const& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

std::string label_at(FeatureTable const& table, std::size_t flow) {
  return table.labels.empty() ? std::string() : table.labels[flow];
}

/// Is a row without label an error, dropped or kept? Regression needs no label at all; a detector
/// without any label source learns from all rows.
Unmatched unmatched_rule(Experiment const& experiment, SourceTables const& sources) {
  if (experiment.task == Task::regression) {
    return Unmatched::keep;
  }
  bool const any_label =
      std::any_of(sources.tables.begin(), sources.tables.end(),
                  [](FeatureTable const& table) { return !table.labels.empty(); });
  bool const unlabelled_detector = experiment.task == Task::anomaly && !any_label;
  return unlabelled_detector ? Unmatched::keep : experiment.data.labels.unmatched;
}

/// Rows of one table that have what the unit and the task need.
class RowFilter {
 public:
  RowFilter(Experiment const& experiment, SourceTables const& sources)
      : experiment_(experiment), unmatched_(unmatched_rule(experiment, sources)) {
    if (experiment.features.min_packets > 1) {
      packets_ = static_cast<std::ptrdiff_t>(
          column_place(sources.tables.front(), "packets", "/features/min_packets"));
    }
    if (experiment.task == Task::regression) {
      NTA_EXPECTS(experiment.data.labels.column.has_value(), ErrorKind::usage,
                  "/data/labels/column: a regression needs the column that is its target");
      target_ = static_cast<std::ptrdiff_t>(column_place(
          sources.tables.front(), *experiment.data.labels.column, "/data/labels/column"));
    }
  }

  bool keeps(FeatureTable const& table, std::size_t flow, DatasetReport& report) {
    if (packets_ >= 0 && value(table, packets_, flow) < experiment_.features.min_packets) {
      return count(report.small_flows);
    }
    bool const sequence = experiment_.data.unit == RowUnit::sequence;
    if (sequence && (table.sequence.n > 0 && table.sequence.count[flow] == 0)) {
      return count(report.empty_sequences);
    }
    if (target_ >= 0 && !std::isfinite(value(table, target_, flow))) {
      return count(report.without_target);
    }
    if (experiment_.task == Task::regression || !label_at(table, flow).empty()) {
      return true;
    }
    if (unmatched_ == Unmatched::drop) {
      return count(report.without_label);
    }
    n_unlabelled_ += 1;
    return true;
  }

  void finish(DatasetReport& report) const {
    report.kept_unlabelled = n_unlabelled_;
    NTA_EXPECTS(n_unlabelled_ == 0 || unmatched_ == Unmatched::keep, ErrorKind::data,
                "{} flows have no label; complete the label rules, give them a \"default\", or set "
                "/data/labels/unmatched to drop{}",
                n_unlabelled_, experiment_.task == Task::anomaly ? " or keep" : "");
    NTA_EXPECTS(n_unlabelled_ == 0 || experiment_.task == Task::anomaly, ErrorKind::usage,
                "/data/labels/unmatched: keep is for anomaly detection; {} flows have no label",
                n_unlabelled_);
  }

 private:
  static bool count(std::int64_t& counter) {
    ++counter;
    return false;
  }
  static double value(FeatureTable const& table, std::ptrdiff_t column, std::size_t flow) {
    return column_value(table.features[static_cast<std::size_t>(column)], flow);
  }
  Experiment const& experiment_;
  Unmatched unmatched_;
  std::ptrdiff_t packets_ = -1, target_ = -1;
  std::int64_t n_unlabelled_ = 0;
};

}  // namespace

void label_tables(Experiment const& experiment, SourceTables& sources, DatasetReport& report) {
  std::function<LabelReport(FeatureTable&)> apply;
  if (auto const& path = experiment.data.labels.rules) {
    if (std::filesystem::path(*path).extension() == ".csv") {
      apply = [join = read_join_table(*path)](FeatureTable& t) {
        return apply_join_table(join, t);
      };
    } else {
      apply = [rules = read_label_rules(*path)](FeatureTable& t) {
        return apply_label_rules(rules, t);
      };
    }
  }
  for (std::size_t t = 0; t < sources.tables.size(); ++t) {
    FeatureTable& table = sources.tables[t];
    if (auto const& label = sources.files[t].label) {
      table.labels.assign(table.size(), *label);
    } else if (apply) {
      LabelReport const one = apply(table);
      report.has_rules ? report.labels.merge(one) : void(report.labels = one);
      report.has_rules = true;
    }
  }
}

std::vector<RowPlace> choose_rows(Experiment const& experiment, SourceTables const& sources,
                                  DatasetReport& report) {
  RowFilter filter(experiment, sources);
  std::vector<RowPlace> rows;
  for (std::size_t t = 0; t < sources.tables.size(); ++t) {
    FeatureTable const& table = sources.tables[t];
    report.flows_per_file.push_back(static_cast<std::int64_t>(table.size()));
    for (std::size_t flow = 0; flow < table.size(); ++flow) {
      if (filter.keeps(table, flow, report)) {
        rows.push_back({static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(flow)});
      }
    }
  }
  filter.finish(report);
  NTA_EXPECTS(!rows.empty(), ErrorKind::data, "the data sources hold no row for this experiment");
  return rows;
}

void set_classes(Experiment const& experiment, SourceTables const& sources,
                 std::vector<RowPlace> const& rows, Dataset& data) {
  LabelsConfig const& config = experiment.data.labels;
  std::map<std::string, std::string> known;  // raw label -> class
  std::set<std::string> classes;
  for (RowPlace const& row : rows) {
    std::string const label = label_at(sources.tables[row.table], row.flow);
    if (label.empty() || known.contains(label)) {
      continue;
    }
    classes.insert(known[label] = class_of(config.map, label));
  }
  std::set<std::string> const normal(config.normal.begin(), config.normal.end());
  for (std::string const& name : normal) {
    NTA_EXPECTS(classes.contains(name), ErrorKind::usage,
                "/data/labels/normal: no row has the class \"{}\"; there are: {}", name,
                joined(classes));
  }
  bool const detects = experiment.task == Task::anomaly;
  NTA_EXPECTS(!detects || classes.empty() || !normal.empty(), ErrorKind::usage,
              "/data/labels/normal: anomaly detection on labelled rows needs the normal classes; "
              "there are: {}",
              joined(classes));
  data.classes.assign(classes.begin(), classes.end());
  for (RowPlace const& row : rows) {
    std::string const label = label_at(sources.tables[row.table], row.flow);
    if (label.empty()) {
      data.target.push_back(-1);
      data.normal.push_back(detects && classes.empty());
      continue;
    }
    auto const place = std::lower_bound(data.classes.begin(), data.classes.end(), known[label]);
    data.target.push_back(static_cast<std::int32_t>(place - data.classes.begin()));
    data.normal.push_back(normal.contains(*place));
  }
}

}  // namespace nta
