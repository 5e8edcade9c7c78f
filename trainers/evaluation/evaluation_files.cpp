#include "trainers/evaluation/evaluation_files.hpp"

#include "libnta/config/metrics_log.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"

#include <algorithm>

namespace nta {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// RFC 4180: quoted where a comma, quote or line end would break the cell.
std::string cell(std::string const& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    return text;
  }
  std::string out = "\"";
  for (char const c : text) {
    out += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return out + "\"";
}

std::string class_name(Dataset const& dataset, std::int32_t id) {
  return id < 0 ? "" : dataset.classes[static_cast<std::size_t>(id)];
}

std::string row_prefix(Dataset const& dataset, std::int64_t row) {
  auto const i = static_cast<std::size_t>(row);
  auto const& id = dataset.identity;
  return fmt::format("{},{},{}.{:09}", cell(dataset.captures[id.capture[i]]), id.row_in_file[i],
                     id.start_s[i], id.start_ns[i]);
}

std::string class_scores(EvaluationData const& data, PartOutputs const& outputs,
                         std::optional<double> threshold) {
  std::string out = "capture,row_in_file,start_s,truth,decision";
  for (auto const& name : data.dataset.classes) {
    out += "," + cell("p(" + name + ")");
  }
  out += "\n";
  auto const decided = decide(data.data, outputs, threshold);
  auto const n_classes = data.dataset.classes.size();
  for (std::size_t i = 0; i < outputs.rows.size(); ++i) {
    auto const row = outputs.rows[i];
    auto const truth = data.dataset.target[static_cast<std::size_t>(row)];
    out += fmt::format("{},{},{}", row_prefix(data.dataset, row),
                       cell(class_name(data.dataset, truth)),
                       cell(class_name(data.dataset, decided[i])));
    for (std::size_t c = 0; c < n_classes; ++c) {
      out += "," + shortest_number(outputs.probabilities[i * n_classes + c]);
    }
    out += "\n";
  }
  return out;
}

std::string value_scores(EvaluationData const& data, PartOutputs const& outputs,
                         std::optional<double> threshold) {
  bool const anomaly = data.data.task == Task::anomaly;
  std::string out = anomaly ? "capture,row_in_file,start_s,truth,normal,score,alarm\n"
                            : "capture,row_in_file,start_s,truth,predicted\n";
  for (std::size_t i = 0; i < outputs.rows.size(); ++i) {
    auto const row = static_cast<std::size_t>(outputs.rows[i]);
    out += row_prefix(data.dataset, outputs.rows[i]);
    if (anomaly) {
      out += fmt::format(",{},{},{},{}\n", cell(class_name(data.dataset, data.dataset.target[row])),
                         data.dataset.normal[row] ? 1 : 0, shortest_number(outputs.scores[i]),
                         threshold ? (outputs.scores[i] > *threshold ? "1" : "0") : "");
    } else {
      out += fmt::format(",{},{}\n", shortest_number(data.dataset.target_value[row]),
                         shortest_number(outputs.scores[i]));
    }
  }
  return out;
}

Json threshold_json(Evaluation const& evaluation) {
  if (!evaluation.threshold) {
    return nullptr;
  }
  auto const& t = *evaluation.threshold;
  if (evaluation.threshold_given) {
    return {{"value", t.value}, {"rule", "given"}};
  }
  return {
      {"value", t.value},          {"rule", name_of(t.rule)},      {"parameter", t.parameter},
      {"chosen_on", "validation"}, {"normal_rows", t.normal_rows}, {"other_rows", t.other_rows}};
}

}  // namespace

Json part_json(Evaluation const& evaluation, PartEvaluation const& part) {
  Json metrics = Json::object(), reasons = Json::object();
  for (auto const& entry : part.metrics) {
    metrics[entry.name] = entry.value ? Json(*entry.value) : Json(nullptr);
    if (!entry.reason.empty()) {
      reasons[entry.name] = entry.reason;
    }
  }
  Json confusion = nullptr;
  if (part.confusion.n_classes > 0) {
    confusion = {{"truth", part.truth_labels},
                 {"decision", part.decision_labels},
                 {"counts", Json::array()}};
    for (std::size_t i = 0; i < part.confusion.n_classes; ++i) {
      auto line = Json::array();
      for (std::size_t j = 0; j < part.confusion.n_classes; ++j) {
        line.push_back(part.confusion.at(i, j));
      }
      confusion["counts"].push_back(line);
    }
  }
  return {{"part", part.name},
          {"rows", part.rows},
          {"checkpoint_step", evaluation.step},
          {"threshold", threshold_json(evaluation)},
          {"metrics", metrics},
          {"reasons", reasons},
          {"confusion", confusion}};
}

std::string confusion_csv(PartEvaluation const& part) {
  if (part.confusion.n_classes == 0) {
    return {};
  }
  std::string out = "truth\\decision";
  for (auto const& label : part.decision_labels) {
    out += "," + cell(label);
  }
  out += "\n";
  for (std::size_t i = 0; i < part.confusion.n_classes; ++i) {
    out += cell(part.truth_labels[i]);
    for (std::size_t j = 0; j < part.confusion.n_classes; ++j) {
      out += fmt::format(",{}", part.confusion.at(i, j));
    }
    out += "\n";
  }
  return out;
}

std::string scores_csv(EvaluationData const& data, PartOutputs const& outputs,
                       std::optional<double> threshold) {
  return data.data.task == Task::classification ? class_scores(data, outputs, threshold)
                                                : value_scores(data, outputs, threshold);
}

void write_part(fs::path const& folder, Json const& metrics, std::string const& confusion,
                std::string const& scores) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot create " + folder.string(), code.value());
  }
  write_file_atomic(folder / "metrics.json", metrics.dump(2) + "\n", "eval");
  if (!confusion.empty()) {
    write_file_atomic(folder / "confusion.csv", confusion, "eval");
  }
  if (!scores.empty()) {
    write_file_atomic(folder / "scores.csv", scores, "eval");
  }
}

}  // namespace nta
