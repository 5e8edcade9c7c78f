// Putting a data set together, and refusing what cannot give an honest result.
#include "trainers/datasets/dataset_builder.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/datasets/dataset_columns.hpp"
#include "trainers/datasets/dataset_labels.hpp"
#include "trainers/datasets/splits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace nta {

namespace {

/// Captures of all tables in order; a table's capture c is capture first[table] + c of the set.
std::vector<std::uint32_t> add_captures(SourceTables const& sources, Dataset& data) {
  std::vector<std::uint32_t> first;
  for (std::size_t t = 0; t < sources.tables.size(); ++t) {
    first.push_back(static_cast<std::uint32_t>(data.captures.size()));
    FeatureProvenance const& from = sources.tables[t].provenance;
    for (std::size_t c = 0; c < from.captures.size(); ++c) {
      data.captures.push_back(from.captures[c]);
      data.capture_sha256.push_back(from.capture_sha256[c]);
      data.capture_group.push_back(sources.files[t].group.value_or(capture_stem(from.captures[c])));
    }
  }
  return first;
}

void set_identity(SourceTables const& sources, std::vector<RowPlace> const& rows, Dataset& data) {
  std::vector<std::uint32_t> const first = add_captures(sources, data);
  // A flow's number among its capture's flows: the same from captures, shards and feature files.
  std::vector<std::vector<std::uint64_t>> number(sources.tables.size());
  for (std::size_t t = 0; t < sources.tables.size(); ++t) {
    FlowIdentity const& id = sources.tables[t].identity;
    std::vector<std::uint64_t> next(sources.tables[t].provenance.captures.size());
    for (std::uint32_t const capture : id.capture) {
      number[t].push_back(next.at(capture)++);
    }
  }
  for (RowPlace const& row : rows) {
    FlowIdentity const& id = sources.tables[row.table].identity;
    data.identity.capture.push_back(first[row.table] + id.capture[row.flow]);
    data.identity.start_s.push_back(id.start_s[row.flow]);
    data.identity.start_ns.push_back(id.start_ns[row.flow]);
    data.identity.row_in_file.push_back(number[row.table][row.flow]);
  }
}

void set_columns(Experiment const& experiment, SourceTables const& sources,
                 std::vector<RowPlace> const& rows, Dataset& data) {
  FeatureTable const& table = sources.tables.front();
  std::string const target = experiment.data.labels.column.value_or("");
  if (experiment.data.unit == RowUnit::sequence) {
    data.sequence = gather_sequences(sources, rows, experiment.features.sequence);
    data.x.n_rows = rows.size();
  } else {
    auto const columns = choose_columns(experiment.features, table, target);
    for (std::size_t const c : columns) {
      data.feature_names.push_back(table.features[c].name);
      data.feature_units.push_back(table.features[c].unit);
    }
    data.x = gather_columns(sources, rows, columns);
  }
  if (experiment.task == Task::regression) {
    std::size_t const place = column_place(table, target, "/data/labels/column");
    data.target_value = gather_columns(sources, rows, std::span(&place, 1)).values;
  }
  data.profile_json = table.provenance.profile_json;
  data.profile_sha256 = table.provenance.profile_sha256;
  data.set_name = table.provenance.set_name;
  data.set_sha256 = table.provenance.set_sha256;
}

/// Ends of the flows; a split by time drops those that span a cut.
std::vector<UtcTime> flow_ends(SourceTables const& sources, std::vector<RowPlace> const& rows) {
  std::size_t const place =
      column_place(sources.tables.front(), "duration_ns", "/data/split/kind time");
  std::vector<UtcTime> ends;
  for (RowPlace const& row : rows) {
    FeatureTable const& table = sources.tables[row.table];
    auto const duration_ns =
        static_cast<std::int64_t>(column_value(table.features[place], row.flow));
    std::int64_t const ns = table.identity.start_ns[row.flow] + duration_ns % 1'000'000'000;
    ends.push_back(
        {table.identity.start_s[row.flow] + duration_ns / 1'000'000'000 + ns / 1'000'000'000,
         static_cast<std::uint32_t>(ns % 1'000'000'000)});
  }
  return ends;
}

void set_parts(Experiment const& experiment, SourceTables const& sources,
               std::vector<RowPlace> const& rows, BuiltDataset& built) {
  Dataset& data = built.data;
  SplitKind const kind = effective_split(experiment.data);
  SplitRows split;
  std::map<std::string, std::uint32_t> unit_of;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string const& group = data.capture_group[data.identity.capture[i]];
    auto const [entry, is_new] =
        unit_of.emplace(group, static_cast<std::uint32_t>(split.unit_names.size()));
    if (is_new) {
      split.unit_names.push_back(group);
    }
    split.unit.push_back(entry->second);
    split.start.push_back({data.identity.start_s[i], data.identity.start_ns[i]});
    split.named.push_back(sources.files[rows[i].table].part);
  }
  split.target = data.target;
  if (kind == SplitKind::time) {
    split.end = flow_ends(sources, rows);
  }
  data.part =
      split_rows(kind, experiment.data.split, static_cast<std::uint64_t>(experiment.seed), split);
  built.report.split_kind = name_of(kind);
  built.report.validation_cut =
      kind == SplitKind::official && std::find(split.named.begin(), split.named.end(),
                                               SourcePart::validation) == split.named.end();
}

void count_parts(BuiltDataset& built) {
  Dataset const& data = built.data;
  for (std::size_t i = 0; i < data.size(); ++i) {
    auto const part = static_cast<std::size_t>(data.part[i]);
    ++built.report.rows_per_part[part];
    if (data.target[i] >= 0) {
      ++built.report.rows_per_class[data.classes[static_cast<std::size_t>(data.target[i])]][part];
    }
  }
  for (auto const& [name, rows] : built.report.rows_per_class) {
    if (rows[0] == 0) {
      built.report.unseen_classes.push_back(name);
    }
  }
}

/// Parts that must not be empty: those a source names, or that have a share.
std::array<bool, 3> wanted_parts(Experiment const& experiment, SourceTables const& sources) {
  SplitConfig const& split = experiment.data.split;
  if (effective_split(experiment.data) != SplitKind::official) {
    return {split.train > 0, split.validation > 0, split.test > 0};
  }
  std::array<bool, 3> wanted{true, true, false};
  for (SourceFile const& file : sources.files) {
    wanted[2] = wanted[2] || file.part == SourcePart::test;
  }
  return wanted;
}

void refuse_meaningless(Experiment const& experiment, SourceTables const& sources,
                        BuiltDataset const& built) {
  auto const wanted = wanted_parts(experiment, sources);
  for (std::size_t p = 0; p < wanted.size(); ++p) {
    NTA_EXPECTS(!wanted[p] || built.report.rows_per_part[p] > 0, ErrorKind::usage,
                "/data/split: part {} is empty (split {} over {} rows of {} groups)",
                part_name(static_cast<Part>(p)), built.report.split_kind, built.data.size(),
                built.data.capture_group.size());
  }
  if (experiment.task == Task::classification) {
    for (auto const& [name, rows] : built.report.rows_per_class) {
      NTA_EXPECTS(rows[0] != 1, ErrorKind::usage,
                  "class \"{}\" has one training row ({} validation, {} test); join it to another "
                  "by /data/labels/map or add data",
                  name, rows[1], rows[2]);
    }
  }
  if (experiment.task == Task::anomaly) {
    bool has_normal = false;
    for (std::size_t i = 0; i < built.data.size(); ++i) {
      has_normal = has_normal || (built.data.part[i] == Part::train && built.data.normal[i]);
    }
    NTA_EXPECTS(has_normal, ErrorKind::usage,
                "the training part has no normal row; see /data/labels/normal and /data/split");
  }
}

}  // namespace

BuiltDataset build_dataset(Experiment const& experiment, SourceTables sources) {
  NTA_EXPECTS(!sources.tables.empty(), ErrorKind::usage, "/data/sources: no file");
  BuiltDataset built;
  built.report.files = sources.files;
  label_tables(experiment, sources, built.report);
  std::vector<RowPlace> const rows = choose_rows(experiment, sources, built.report);
  set_classes(experiment, sources, rows, built.data);
  set_identity(sources, rows, built.data);
  set_columns(experiment, sources, rows, built.data);
  set_parts(experiment, sources, rows, built);
  count_parts(built);
  refuse_meaningless(experiment, sources, built);
  built.report.split_sha256 = sha256_hex(split_csv(built.data));
  return built;
}

std::string part_name(Part part) {
  switch (part) {
    case Part::train:
      return "train";
    case Part::validation:
      return "validation";
    case Part::test:
      return "test";
    case Part::unused:
      break;
  }
  return "unused";
}

std::string split_csv(Dataset const& data) {
  // Names instead of paths: the same split on another machine is the same file.
  std::string csv = "capture_sha256,capture,row_in_file,part\n";
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::uint32_t const capture = data.identity.capture[i];
    csv += fmt::format("{},{},{},{}\n", data.capture_sha256[capture],
                       std::filesystem::path(data.captures[capture]).filename().string(),
                       data.identity.row_in_file[i], part_name(data.part[i]));
  }
  return csv;
}

nlohmann::ordered_json to_json(DatasetReport const& report) {
  using Json = nlohmann::ordered_json;
  auto const by_part = [](std::array<std::int64_t, 4> const& rows) {
    return Json{
        {"train", rows[0]}, {"validation", rows[1]}, {"test", rows[2]}, {"unused", rows[3]}};
  };
  Json files = Json::array();
  for (std::size_t i = 0; i < report.files.size(); ++i) {
    SourceFile const& file = report.files[i];
    files.push_back({{"path", file.path.string()},
                     {"format", name_of(file.format)},
                     {"part", name_of(file.part)},
                     {"bytes", file.bytes},
                     {"sha256", file.sha256},
                     {"flows", report.flows_per_file[i]}});
  }
  Json classes = Json::object();
  for (auto const& [name, rows] : report.rows_per_class) {
    classes[name] = by_part(rows);
  }
  return {{"files", files},
          {"labels",
           {{"flows_per_label", report.labels.flows_per_label},
            {"rules_without_flows", report.labels.rules_without_flows},
            {"defaulted", report.labels.defaulted},
            {"unmatched", report.labels.unmatched},
            {"many_to_one", report.labels.many_to_one}}},
          {"left_out",
           {{"small_flows", report.small_flows},
            {"without_label", report.without_label},
            {"empty_sequences", report.empty_sequences},
            {"without_target", report.without_target}}},
          {"kept_unlabelled", report.kept_unlabelled},
          {"split",
           {{"kind", report.split_kind},
            {"validation_cut_from_train", report.validation_cut},
            {"sha256", report.split_sha256}}},
          {"rows_per_part", by_part(report.rows_per_part)},
          {"rows_per_class", classes},
          {"unseen_classes", report.unseen_classes},
          {"notes", report.notes}};
}

}  // namespace nta
