#include "trainers/serving/export_run.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/serving/model_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nta {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

SequenceLayout sequence_layout(RunModel const& run) {
  SequenceLayout out;
  if (run.experiment.data.unit != RowUnit::sequence) {
    return out;
  }
  auto const& sequence = run.experiment.features.sequence;
  out.n_steps = sequence.n.value_or(0);
  out.packets = name_of(sequence.packets);
  out.size = name_of(sequence.size);
  for (auto const field : sequence.columns) {
    out.fields.emplace_back(name_of(field));
  }
  return out;
}

/// "test/macro_f1" -> value, of every part that was evaluated with these weights.
std::map<std::string, std::optional<double>> metrics_of(RunModel const& run) {
  std::map<std::string, std::optional<double>> out;
  for (auto const* part : {"train", "validation", "test"}) {
    auto const path = run.run / "eval" / part / "metrics.json";
    if (!fs::exists(path)) {
      continue;
    }
    auto const document = json::parse(read_file(path));
    if (document.at("checkpoint_step").get<std::int64_t>() != run.step) {
      continue;
    }
    for (auto const& [name, value] : document.at("metrics").items()) {
      out[fmt::format("{}/{}", part, name)] =
          value.is_null() ? std::nullopt : std::optional(value.get<double>());
    }
  }
  return out;
}

ModelOrigin origin_of(RunModel const& run, std::string const& nta_version) {
  ModelOrigin out;
  out.run = run.facts.at("name");
  out.config_sha256 = run.config_sha256;
  out.split_sha256 = run.facts.at("split_hash");
  out.seed = run.facts.at("seed");
  out.step = run.step;
  out.epoch = run.epoch;
  for (auto const& file : run.facts.at("data")) {
    out.data_sha256[file.at("file").get<std::string>()] = file.at("sha256");
  }
  out.metrics = metrics_of(run);
  out.versions["nta"] = nta_version;
  return out;
}

}  // namespace

ModelMeta meta_of_run(RunModel const& run, std::string const& nta_version) {
  try {
    ModelMeta meta;
    meta.name = run.facts.at("name");
    meta.task = name_of(run.experiment.task);
    meta.features.profile_json = run.facts.at("profile_json");
    meta.features.profile_sha256 = run.facts.at("profile_hash");
    meta.features.set_name = run.facts.at("feature_set");
    meta.features.set_sha256 = run.facts.at("feature_set_hash");
    meta.features.names = run.preparation.inputs;
    run.facts.at("feature_units").get_to(meta.features.units);
    meta.sequence = sequence_layout(run);
    meta.preparation = run.preparation;
    meta.classes = run.output_classes;
    meta.normal_classes = run.experiment.data.labels.normal;
    std::erase_if(meta.normal_classes, [&](std::string const& name) {
      return std::ranges::find(meta.classes, name) == meta.classes.end();
    });
    if (run.judgement) {
      meta.threshold = run.judgement->threshold;
    }
    meta.origin = origin_of(run, nta_version);
    return meta;
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: run.json or an evaluation is damaged: {}", run.run.string(),
         error.what());
  }
}

void export_run(fs::path const& folder, fs::path const& out, ExportOptions const& options) {
  auto const run = load_run_model(folder, options.checkpoint);
  NTA_EXPECTS(run.judgement.has_value() || run.experiment.task != Task::anomaly, ErrorKind::usage,
              "{}: step {} was not evaluated, so it has no threshold; run nta evaluate {} first",
              folder.string(), run.step, folder.string());
  ErrorStatistics statistics;
  if (run.judgement) {
    statistics = run.judgement->statistics;
  }
  export_model(
      {meta_of_run(run, options.nta_version), *run.model, statistics, options.check_command}, out);
}

}  // namespace nta
