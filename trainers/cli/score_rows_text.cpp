#include "trainers/cli/score_rows_text.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "trainers/datasets/dataset_columns.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <ostream>

namespace nta::cli {
namespace {

using Row = nlohmann::ordered_json;

/// 2026-01-02T03:04:05.678901234Z
std::string utc_text(std::int64_t seconds, std::uint32_t nanoseconds) {
  std::time_t const time = seconds;
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) {  // a year beyond an int
    return fmt::format("{}.{:09}", seconds, nanoseconds);
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900LL,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     nanoseconds);
}

constexpr std::array kIdentity{"capture", "first_packet", "start",    "src_ip",      "src_port",
                               "dst_ip",  "dst_port",     "protocol", "duration_ns", "packets"};

Row identity(FeatureTable const& table, std::size_t flow) {
  auto const& id = table.identity;
  Row row;
  auto const capture = id.capture[flow];
  row["capture"] = capture < table.provenance.captures.size() ? table.provenance.captures[capture]
                                                              : std::to_string(capture);
  row["first_packet"] = id.first_packet[flow];
  row["start"] = utc_text(id.start_s[flow], id.start_ns[flow]);
  row["src_ip"] = address_text(id.src_ip[flow], id.ip_version[flow]);
  row["src_port"] = id.src_port[flow];
  row["dst_ip"] = address_text(id.dst_ip[flow], id.ip_version[flow]);
  row["dst_port"] = id.dst_port[flow];
  row["protocol"] = id.protocol[flow];
  for (auto const* name : {"duration_ns", "packets"}) {
    auto const& column = table.features[column_place(table, name, "the score table")];
    row[name] = static_cast<std::int64_t>(column_value(column, flow));
  }
  return row;
}

/// Which columns the model gives, whether or not there is a flow to score.
struct ScoreColumns {
  bool classes = false, score = false, alarm = false;
};

ScoreColumns score_columns(ModelMeta const& meta) {
  ScoreColumns columns;
  columns.classes = meta.task == "classification";
  auto const n_normal = std::ranges::count_if(meta.classes, [&](std::string const& name) {
    return std::ranges::find(meta.normal_classes, name) != meta.normal_classes.end();
  });
  columns.score = !columns.classes || (n_normal > 0 && n_normal < std::ssize(meta.classes));
  columns.alarm = columns.score && meta.threshold.has_value();
  return columns;
}

/// `place`: the flow's row among the scores; nothing if it has no score.
void add_scores(ModelMeta const& meta, Scores const& scores, std::optional<std::size_t> place,
                Row& row) {
  auto const columns = score_columns(meta);
  auto const put = [&](std::string const& name, auto const& value) {
    if (place) {
      row[name] = value(*place);
    } else {
      row[name] = nullptr;
    }
  };
  if (columns.classes) {
    put("class",
        [&](std::size_t i) { return meta.classes[static_cast<std::size_t>(scores.class_id[i])]; });
    for (std::size_t c = 0; c < meta.classes.size(); ++c) {
      put("p_" + meta.classes[c],
          [&](std::size_t i) { return scores.probability[i * scores.n_classes + c]; });
    }
  }
  if (columns.score) {
    put("score", [&](std::size_t i) { return scores.score[i]; });
  }
  if (columns.alarm) {
    put("alarm", [&](std::size_t i) { return static_cast<int>(scores.alarm[i]); });
  }
}

template <class Write>
void for_each_row(ModelMeta const& meta, FlowScores const& flows, Write write) {
  std::size_t place = 0;
  for (std::size_t flow = 0; flow < flows.table.size(); ++flow) {
    auto row = identity(flows.table, flow);
    bool const has_score = place < flows.scored.size() && flows.scored[place] == flow;
    add_scores(meta, flows.scores, has_score ? std::optional(place) : std::nullopt, row);
    place += has_score ? 1 : 0;
    write(row);
  }
}

/// Quoted where a comma, quote or line break would split it.
std::string csv_cell(Row const& value) {
  if (value.is_null()) {
    return "";
  }
  if (!value.is_string()) {
    return value.dump();
  }
  auto const text = value.get<std::string>();
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (char const c : text) {
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace

void write_scores_csv(ModelMeta const& meta, FlowScores const& flows, std::ostream& out) {
  Row header;  // also of no flows: the columns are the model's
  for (char const* const name : kIdentity) {
    header[name] = nullptr;
  }
  add_scores(meta, flows.scores, std::nullopt, header);
  std::string names;
  for (auto const& [name, value] : header.items()) {
    names += (names.empty() ? "" : ",") + csv_cell(name);
  }
  out << names << '\n';
  for_each_row(meta, flows, [&](Row const& row) {
    bool first = true;
    for (auto const& [name, value] : row.items()) {
      out << (first ? "" : ",") << csv_cell(value);
      first = false;
    }
    out << '\n';
  });
}

void write_scores_json(ModelMeta const& meta, FlowScores const& flows, std::ostream& out) {
  // Names of captures need not be UTF-8.
  constexpr auto kReplace = Row::error_handler_t::replace;
  for_each_row(meta, flows,
               [&](Row const& row) { out << row.dump(-1, ' ', false, kReplace) << '\n'; });
}

}  // namespace nta::cli
