#include "trainers/serving/parity.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/models/weights_file.hpp"
#include "trainers/serving/model_folder.hpp"
#include "trainers/serving/sample_rows.hpp"
#include "trainers/serving/torchscript.hpp"

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace nta {
namespace {

/// Raw input of a case.
struct RawBatch {
  std::string name;
  at::Tensor x, lengths;
};

std::vector<RawBatch> parity_batches(ModelMeta const& meta) {
  std::vector<RawBatch> out;
  bool const is_sequence = meta.sequence.n_steps > 0;
  auto const n_steps = static_cast<std::size_t>(meta.sequence.n_steps);
  for (std::size_t const n : {1, 2, 17, 1024}) {
    std::string const name = fmt::format("batch_{}", n);
    if (is_sequence) {
      SequenceBlock const block = sample_sequences(meta.preparation, n, n_steps, n);
      out.push_back({name, view_of(block).clone(), view_of(block.length).clone()});
    } else {
      out.push_back({name, view_of(sample_rows(meta.preparation, n, n)).clone(), {}});
    }
  }
  if (is_sequence) {
    SequenceBlock const block = hard_sequences(meta.preparation, n_steps);
    out.push_back({"hard_values", view_of(block).clone(), view_of(block.length).clone()});
  } else {
    out.push_back({"hard_values", view_of(hard_rows(meta.features.names.size())).clone(), {}});
  }
  return out;
}

at::Tensor tensor_named(std::vector<NamedTensor> const& tensors, std::string_view name) {
  for (NamedTensor const& named : tensors) {
    if (named.name == name) return named.tensor;
  }
  return {};
}

/// What `score` gives natively: probabilities, anomaly scores, or values.
at::Tensor native_score(LoadedModel& loaded, RawBatch const& batch) {
  at::Tensor const output = native_output(loaded, batch.x, batch.lengths);
  PreparedTarget const& target = loaded.meta.preparation.target;
  switch (loaded.model->graph().output) {
    case ModelOutput::logits:
      return class_probabilities(output);
    case ModelOutput::reconstruction:
      return reconstruction_score(output, loaded.input.rows(batch.x), loaded.statistics);
    case ModelOutput::value:
      return output.to(at::kDouble).mul(target.scale).add(target.shift);
  }
  return output;
}

void run_cases(LoadedModel& loaded, Script& script, std::string const& label,
               std::vector<ParityCase>& out) {
  for (RawBatch const& batch : parity_batches(loaded.meta)) {
    out.push_back(compare(label + "/forward/" + batch.name,
                          native_output(loaded, batch.x, batch.lengths),
                          script.call("forward", batch.x, batch.lengths).at(0)));
    out.push_back(compare(label + "/score/" + batch.name, native_score(loaded, batch),
                          script.call("score", batch.x, batch.lengths).at(0)));
  }
}

/// Outputs that were computed before anything was written.
void golden_cases(LoadedModel& loaded, Script& script, std::filesystem::path const& folder,
                  std::vector<ParityCase>& out) {
  std::string const bytes = read_file(folder / "golden.safetensors");
  NTA_EXPECTS(bytes == script.golden(), ErrorKind::data,
              "{}: the golden rows inside model.pt are not those of the folder", folder.string());
  std::vector<NamedTensor> const golden = parse_weights(bytes).tensors;
  RawBatch const batch{"golden", tensor_named(golden, "x"), tensor_named(golden, "lengths")};
  at::Tensor const output = tensor_named(golden, "output"), score = tensor_named(golden, "score");
  NTA_EXPECTS(batch.x.defined() && output.defined() && score.defined(), ErrorKind::data,
              "{}/golden.safetensors lacks x, output or score", folder.string());
  out.push_back(compare("native/golden", output, native_output(loaded, batch.x, batch.lengths)));
  out.push_back(compare("torchscript/golden/forward", output,
                        script.call("forward", batch.x, batch.lengths).at(0)));
  out.push_back(compare("torchscript/golden/score", score,
                        script.call("score", batch.x, batch.lengths).at(0)));
}

nlohmann::json number_or_text(double value) {
  if (std::isfinite(value)) return value;
  return "infinite";
}

std::string parity_json(std::vector<ParityCase> const& cases, LoadedModel const& loaded,
                        std::filesystem::path const& folder) {
  nlohmann::json list = nlohmann::json::array();
  double max_abs = 0, max_rel = 0;
  for (ParityCase const& entry : cases) {
    list.push_back({{"name", entry.name},
                    {"rows", entry.n_rows},
                    {"max_abs", number_or_text(entry.max_abs)},
                    {"max_rel", number_or_text(entry.max_rel)}});
    max_abs = std::max(max_abs, entry.max_abs);
    max_rel = std::max(max_rel, entry.max_rel);
  }
  nlohmann::json const json{{"nta_parity", 1},
                            {"device", "cpu"},
                            {"model_json_sha256", sha256_file_hex(folder / "model.json")},
                            {"versions", loaded.meta.origin.versions},
                            {"max_abs", number_or_text(max_abs)},
                            {"max_rel", number_or_text(max_rel)},
                            {"allowed", 0},
                            {"ok", max_abs == 0},
                            {"cases", std::move(list)}};
  return json.dump(1) + "\n";
}

}  // namespace

ParityCase compare(std::string name, at::Tensor const& expected, at::Tensor const& found) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  ParityCase out{std::move(name), expected.dim() > 0 ? expected.size(0) : 1, 0, 0};
  if (expected.sizes() != found.sizes() || expected.scalar_type() != found.scalar_type()) {
    out.max_abs = out.max_rel = kInfinite;
    return out;
  }
  at::Tensor const a = expected.to(at::kDouble).contiguous();
  at::Tensor const b = found.to(at::kDouble).contiguous();
  double const* const x = a.const_data_ptr<double>();
  double const* const y = b.const_data_ptr<double>();
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    double const difference = std::abs(x[i] - y[i]);
    bool const is_finite = std::isfinite(difference);
    out.max_abs = std::max(out.max_abs, is_finite ? difference : kInfinite);
    double const size = std::max(std::abs(x[i]), std::abs(y[i]));
    out.max_rel = std::max(out.max_rel, is_finite ? difference / size : kInfinite);
  }
  return out;
}

int export_check(std::filesystem::path const& folder) {
  LoadedModel loaded = load_model_folder(folder);
  Script script(read_file(folder / "model.pt"));
  std::vector<ParityCase> cases;
  golden_cases(loaded, script, folder, cases);
  run_cases(loaded, script, "torchscript", cases);
  script.freeze();
  run_cases(loaded, script, "torchscript_frozen", cases);
  write_file_atomic(folder / "parity.json", parity_json(cases, loaded, folder), "export_parity");
  for (ParityCase const& entry : cases) {
    if (entry.max_abs != 0) return 1;
  }
  return 0;
}

}  // namespace nta
