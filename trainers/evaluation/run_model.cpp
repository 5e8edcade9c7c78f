#include "trainers/evaluation/run_model.hpp"

#include "libnta/config/load.hpp"
#include "libnta/config/run_dir.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/training/run_trial.hpp"

#include <ATen/ops/empty.h>

#include <charconv>
#include <cstring>

namespace nta {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

std::vector<float> values_of(at::Tensor const& tensor) {
  if (!tensor.defined()) {
    return {};
  }
  auto const flat = tensor.contiguous();
  auto const* const data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

at::Tensor tensor_of(std::vector<float> const& values) {
  if (values.empty()) {
    return {};
  }
  auto out = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::memcpy(out.data_ptr(), values.data(), values.size() * sizeof(float));
  return out;
}

ThresholdRule rule_of(std::string const& name) {
  for (auto const& entry : names(ThresholdRule{})) {
    if (entry.name == name) {
      return entry.value;
    }
  }
  fail(ErrorKind::data, "unknown threshold rule '{}'", name);
}

Experiment experiment_of(fs::path const& run) {
  LoadOptions options;
  options.check_files = false;
  return load_experiment(run / "config.resolved.json", options).experiment;
}

}  // namespace

std::string judgement_json(Judgement const& judgement) {
  nlohmann::ordered_json out{{"step", judgement.step}, {"threshold", nullptr}};
  if (auto const& t = judgement.threshold) {
    out["threshold"] = {
        {"value", t->value},    {"rule", name_of(t->rule)},      {"parameter", t->parameter},
        {"part", "validation"}, {"normal_rows", t->normal_rows}, {"other_rows", t->other_rows}};
  }
  out["error_mean"] = values_of(judgement.statistics.mean);
  out["error_scale"] = values_of(judgement.statistics.scale);
  return out.dump(2) + "\n";
}

Judgement parse_judgement(std::string const& text) {
  try {
    auto const in = json::parse(text);
    Judgement out;
    in.at("step").get_to(out.step);
    if (auto const& t = in.at("threshold"); !t.is_null()) {
      out.threshold = Threshold{t.at("value"), rule_of(t.at("rule")), t.at("parameter"),
                                t.at("normal_rows"), t.at("other_rows")};
    }
    out.statistics = {tensor_of(in.at("error_mean")), tensor_of(in.at("error_scale"))};
    return out;
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "threshold.json: {}", error.what());
  }
}

RunModel load_run_model(fs::path const& run, std::string const& which) {
  NTA_EXPECTS(fs::exists(run / "run.json"), ErrorKind::usage, "{} is no run folder: no run.json",
              run.string());
  RunModel out;
  out.run = run;
  auto const resolved = read_file(run / "config.resolved.json");
  out.experiment = experiment_of(run);
  out.preparation = parse_preparation(read_file(run / "preparation.json"));
  auto const tree = json::parse(resolved, nullptr, false);
  out.facts = json::parse(read_file(run / "run.json"), nullptr, false);
  NTA_EXPECTS(tree.is_object() && out.facts.is_object(), ErrorKind::data,
              "{}: config.resolved.json or run.json is damaged", run.string());
  auto const identity = checkpoint_identity(tree, out.preparation);
  out.config_sha256 = identity.config_hash;
  auto const folder = chosen_checkpoint(run, out.experiment.training, which);
  auto const checkpoint = read_checkpoint_weights(folder, identity);
  out.step = checkpoint.step;
  out.epoch = checkpoint.epoch;
  try {
    out.facts.at("output_classes").get_to(out.output_classes);
    // A sweep's trial may train with another seed than the one that split the data.
    out.facts.at("split_seed").get_to(out.experiment.seed);
    auto const& shape = out.facts.at("shape");
    out.model = make_model(
        layer_graph(out.experiment.model,
                    ModelShape{shape.at("n_features"), shape.at("n_classes"), shape.at("n_steps")}),
        checkpoint.weights);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}/run.json: {}", run.string(), error.what());
  }
  if (auto const path = run / "eval" / "threshold.json"; fs::exists(path)) {
    auto judgement = parse_judgement(read_file(path));
    if (judgement.step == out.step) {
      out.judgement = std::move(judgement);
    }
  }
  return out;
}

}  // namespace nta
