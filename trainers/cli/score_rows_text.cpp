#include "trainers/cli/score_rows_text.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "trainers/datasets/dataset_columns.hpp"

#include <nlohmann/json.hpp>

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
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     nanoseconds);
}

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

/// `place`: the flow's row among the scores; nothing if it has no score.
void add_scores(ModelMeta const& meta, Scores const& scores, std::optional<std::size_t> place,
                Row& row) {
  auto const put = [&](std::string const& name, auto const& value) {
    if (place) {
      row[name] = value(*place);
    } else {
      row[name] = nullptr;
    }
  };
  if (scores.n_classes > 0) {
    put("class",
        [&](std::size_t i) { return meta.classes[static_cast<std::size_t>(scores.class_id[i])]; });
    for (std::size_t c = 0; c < scores.n_classes; ++c) {
      put("p_" + meta.classes[c],
          [&](std::size_t i) { return scores.probability[i * scores.n_classes + c]; });
    }
  }
  if (!scores.score.empty()) {
    put("score", [&](std::size_t i) { return scores.score[i]; });
  }
  if (!scores.alarm.empty()) {
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
  bool header = true;
  for_each_row(meta, flows, [&](Row const& row) {
    std::string names;
    std::string cells;
    for (auto const& [name, value] : row.items()) {
      names += (names.empty() ? "" : ",") + csv_cell(name);
      cells += (cells.empty() ? "" : ",") + csv_cell(value);
    }
    if (header) {
      out << names << '\n';
    }
    header = false;
    out << cells << '\n';
  });
}

void write_scores_json(ModelMeta const& meta, FlowScores const& flows, std::ostream& out) {
  for_each_row(meta, flows, [&](Row const& row) { out << row.dump() << '\n'; });
}

}  // namespace nta::cli
