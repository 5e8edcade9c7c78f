// An evaluation for people's eyes: one column per part.
#include "libnta/core/error.hpp"
#include "trainers/evaluation/evaluate.hpp"
#include "trainers/evaluation/evaluation_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace nta {
namespace {

constexpr int kCellWidth = 12;

std::string value_text(std::vector<MetricValue> const& metrics, std::string const& name) {
  auto const value = value_of(metrics, name);
  return value ? fmt::format("{:.4f}", *value) : "-";
}

/// Names of the metrics in order of first appearance; `per_class` selects those with a slash.
std::vector<std::string> metric_names_of(Evaluation const& evaluation, bool per_class) {
  std::vector<std::string> out;
  for (auto const& part : evaluation.parts) {
    for (auto const& entry : part.metrics) {
      bool const has_class = entry.name.find('/') != std::string::npos;
      if (has_class == per_class && std::find(out.begin(), out.end(), entry.name) == out.end()) {
        out.push_back(entry.name);
      }
    }
  }
  return out;
}

std::string block(Evaluation const& evaluation, bool per_class) {
  auto const names = metric_names_of(evaluation, per_class);
  if (names.empty()) {
    return {};
  }
  std::size_t width = 8;
  for (auto const& name : names) {
    width = std::max(width, name.size());
  }
  std::string out = fmt::format("{:<{}}", per_class ? "class" : "metric", width);
  for (auto const& part : evaluation.parts) {
    out += fmt::format("{:>{}}", part.name, kCellWidth);
  }
  out += fmt::format("\n{:<{}}", "rows", width);
  for (auto const& part : evaluation.parts) {
    out += fmt::format("{:>{}}", part.rows, kCellWidth);
  }
  for (auto const& name : names) {
    out += fmt::format("\n{:<{}}", name, width);
    for (auto const& part : evaluation.parts) {
      out += fmt::format("{:>{}}", value_text(part.metrics, name), kCellWidth);
    }
  }
  return out + "\n\n";
}

std::string confusion_block(PartEvaluation const& part) {
  if (part.confusion.n_classes == 0) {
    return {};
  }
  std::size_t width = 8, cell = 8;
  for (auto const& label : part.truth_labels) {
    width = std::max(width, label.size());
  }
  for (auto const& label : part.decision_labels) {
    cell = std::max(cell, label.size() + 1);
  }
  auto out = fmt::format("{}: truth (down), decision (right)\n{:<{}}", part.name, "", width);
  for (auto const& label : part.decision_labels) {
    out += fmt::format("{:>{}}", label, cell);
  }
  for (std::size_t i = 0; i < part.confusion.n_classes; ++i) {
    out += fmt::format("\n{:<{}}", part.truth_labels[i], width);
    for (std::size_t j = 0; j < part.confusion.n_classes; ++j) {
      out += fmt::format("{:>{}}", part.confusion.at(i, j), cell);
    }
  }
  return out + "\n\n";
}

std::string remarks(Evaluation const& evaluation) {
  std::map<std::string, std::set<std::string>> by_reason;
  for (auto const& part : evaluation.parts) {
    for (auto const& entry : part.metrics) {
      if (!entry.reason.empty()) {
        by_reason[entry.reason].insert(part.name + "/" + entry.name);
      }
    }
  }
  std::string out;
  for (auto const& [reason, names] : by_reason) {
    out += reason + ":";
    for (auto const& name : names) {
      out += " " + name;
    }
    out += "\n";
  }
  return out;
}

std::string threshold_line(Evaluation const& evaluation) {
  if (!evaluation.threshold) {
    return "decision: largest probability, or none\n\n";
  }
  auto const& t = *evaluation.threshold;
  if (evaluation.threshold_given) {
    return fmt::format("threshold {:.6g} as given\n\n", t.value);
  }
  return fmt::format(
      "threshold {:.6g} by rule {} on validation ({} normal rows, {} others), unchanged "
      "elsewhere\n\n",
      t.value, name_of(t.rule), t.normal_rows, t.other_rows);
}

}  // namespace

nlohmann::ordered_json to_json(Evaluation const& evaluation) {
  auto parts = nlohmann::ordered_json::array();
  for (auto const& part : evaluation.parts) {
    parts.push_back(part_json(evaluation, part));
  }
  return {{"run", evaluation.run}, {"checkpoint_step", evaluation.step}, {"parts", parts}};
}

std::string evaluation_table(Evaluation const& evaluation) {
  auto out = fmt::format("{}, checkpoint of step {}\n", evaluation.run, evaluation.step) +
             threshold_line(evaluation) + block(evaluation, false) + block(evaluation, true);
  for (auto const& part : evaluation.parts) {
    out += confusion_block(part);
  }
  return out + remarks(evaluation);
}

}  // namespace nta
