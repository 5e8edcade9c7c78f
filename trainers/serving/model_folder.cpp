#include "trainers/serving/model_folder.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/models/weights_file.hpp"
#include "trainers/serving/parity.hpp"
#include "trainers/serving/sample_rows.hpp"
#include "trainers/serving/torchscript.hpp"

#include <ATen/core/Tensor.h>
#include <torch/headeronly/version.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nta {
namespace fs = std::filesystem;
namespace {

constexpr char const* kWeights = "weights.safetensors";
constexpr char const* kScript = "model.pt";
constexpr char const* kGolden = "golden.safetensors";
constexpr char const* kMeta = "model.json";
constexpr std::size_t kGoldenRows = 64;

ScriptOutline outline_of(LoadedModel const& loaded) {
  ModelMeta const& meta = loaded.meta;
  ScriptOutline out{meta.architecture,
                    loaded.input.steps(),
                    {},
                    std::nullopt,
                    meta.preparation.target.shift,
                    meta.preparation.target.scale,
                    loaded.statistics.defined()};
  for (std::string const& name : meta.classes) {
    out.normal_class.push_back(std::ranges::find(meta.normal_classes, name) !=
                               meta.normal_classes.end());
  }
  if (meta.threshold) out.threshold = meta.threshold->value;
  return out;
}

std::vector<NamedTensor> weights_of(LoadedModel const& loaded) {
  std::vector<NamedTensor> tensors = all_tensors(*loaded.model);
  if (loaded.statistics.defined()) {
    tensors.push_back({"error_mean", loaded.statistics.mean});
    tensors.push_back({"error_scale", loaded.statistics.scale});
  }
  return tensors;
}

/// Takes `name` out of the list; undefined if it is not there.
at::Tensor take(std::vector<NamedTensor>& tensors, std::string_view name) {
  auto const found = std::ranges::find(tensors, name, &NamedTensor::name);
  if (found == tensors.end()) return {};
  at::Tensor const tensor = found->tensor;
  tensors.erase(found);
  return tensor;
}

/// The scorer's view of a model with `tensors`; both export and load go through here.
LoadedModel assemble(ModelMeta meta, std::vector<NamedTensor> tensors) {
  ErrorStatistics const statistics{take(tensors, "error_mean"), take(tensors, "error_scale")};
  if (statistics.defined()) {
    NTA_EXPECTS(meta.architecture.output == ModelOutput::reconstruction &&
                    statistics.scale.defined() &&
                    statistics.mean.numel() == meta.architecture.shape.n_features &&
                    statistics.scale.sizes() == statistics.mean.sizes(),
                ErrorKind::data, "error_mean and error_scale do not fit the model");
  }
  std::unique_ptr<Model> model = make_model(meta.architecture, tensors);
  PreparedInput input(meta.preparation, model->is_sequence());
  return {std::move(meta), std::move(model), statistics, std::move(input)};
}

void write_part(fs::path const& folder, char const* name, std::string const& bytes,
                char const* point, FileRecords& files) {
  write_file_atomic(folder / name, bytes, point);
  files[name] = {bytes.size(), sha256_hex(bytes)};
}

/// Exit status of the command, run with our environment, its standard output on our standard error.
int run_command(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  int const code = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) fail_errno(ErrorKind::failed, "cannot run " + command[0], code);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail_errno(ErrorKind::failed, "cannot wait for " + command[0], errno);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The cases of a parity.json that differ; the file itself goes with the folder.
std::string differences(fs::path const& report) {
  if (!fs::exists(report)) return "it wrote no parity.json";
  std::string out;
  for (auto const& entry : nlohmann::json::parse(read_file(report)).at("cases")) {
    auto const& size = entry.at("max_abs");
    if (size.is_number() && size.get<double>() == 0) continue;
    out += fmt::format("{}{} by {}", out.empty() ? "" : ", ", entry.at("name").get<std::string>(),
                       size.dump());
  }
  return out;
}

void check_written(std::vector<std::string> command, fs::path const& folder) {
  int code = 0;
  if (command.empty()) {
    code = export_check(folder);
  } else {
    command.push_back(folder.string());
    code = run_command(std::move(command));
  }
  if (code == 0) return;
  fail(ErrorKind::failed,
       "the written model does not give the model's outputs (the check ended with {}): {}", code,
       differences(folder / "parity.json"));
}

void write_folder(LoadedModel& loaded, fs::path const& folder) {
  ModelDocument document{loaded.meta, {}};
  document.meta.origin.versions["torch"] = TORCH_VERSION;
  std::string const golden = weights_bytes(golden_tensors(loaded));
  write_part(folder, kWeights, weights_bytes(weights_of(loaded)), "export_weights", document.files);
  write_part(folder, kGolden, golden, "export_golden", document.files);
  // The script carries what is known before its own hash is.
  ScriptOutline const outline = outline_of(loaded);
  std::string const script = torchscript_bytes(
      {outline, *loaded.model, loaded.input, loaded.statistics},
      {{"nta/meta.json", model_json(document)}, {"nta/golden.safetensors", golden}});
  write_part(folder, kScript, script, "export_script", document.files);
  write_file_atomic(folder / kMeta, model_json(document), "export_meta");
}

std::string checked_file(fs::path const& folder, std::string const& name,
                         FileRecord const& record) {
  NTA_EXPECTS(name.find('/') == std::string::npos && name != "..", ErrorKind::data,
              "model.json names a file outside the folder: {}", name);
  std::string bytes = read_file(folder / name);
  NTA_EXPECTS(bytes.size() == record.n_bytes, ErrorKind::data, "{} has {} bytes, not {}", name,
              bytes.size(), record.n_bytes);
  std::string const hash = sha256_hex(bytes);
  NTA_EXPECTS(hash == record.sha256, ErrorKind::data,
              "{} was changed: it has SHA-256 {}, model.json states {}", name, hash, record.sha256);
  return bytes;
}

}  // namespace

std::vector<NamedTensor> golden_tensors(LoadedModel& loaded) {
  ModelMeta const& meta = loaded.meta;
  std::vector<NamedTensor> out;
  auto const add = [&](at::Tensor const& x, at::Tensor const& lengths, Scores const& scores) {
    out.push_back({"x", x.clone()});
    if (lengths.defined()) out.push_back({"lengths", lengths.clone()});
    out.push_back({"output", native_output(loaded, x, lengths)});
    out.push_back({"score", at::Tensor()});
    bool const is_classifier = scores.n_classes > 0;
    auto const& values = is_classifier ? scores.probability : scores.score;
    Matrix const rows{scores.n_rows, values.size() / scores.n_rows, values};
    at::Tensor score = view_of(rows).clone();
    if (!is_classifier) score = score.squeeze(1);
    bool const is_wide = meta.architecture.output == ModelOutput::value;
    out.back().tensor = is_wide ? score : score.to(at::kFloat);  // as the script returns it
  };
  if (meta.sequence.n_steps > 0) {
    SequenceBlock const block = sample_sequences(
        meta.preparation, kGoldenRows, static_cast<std::size_t>(meta.sequence.n_steps), 0);
    add(view_of(block), view_of(block.length), score_rows(loaded, block));
  } else {
    Matrix const rows = sample_rows(meta.preparation, kGoldenRows, 0);
    add(view_of(rows), {}, score_rows(loaded, rows));
  }
  return out;
}

void export_model(ExportInput const& input, fs::path const& out) {
  ModelMeta meta = input.meta;
  meta.architecture = input.model.graph();
  check_meta(meta);
  std::vector<NamedTensor> tensors = all_tensors(input.model);
  if (input.statistics.defined()) {
    tensors.push_back({"error_mean", input.statistics.mean});
    tensors.push_back({"error_scale", input.statistics.scale});
  }
  LoadedModel loaded = assemble(std::move(meta), std::move(tensors));
  fs::path place = fs::absolute(out).lexically_normal();
  place = place.has_filename() ? place : place.parent_path();  // "models/a/"
  NTA_EXPECTS(!fs::exists(place) || (fs::is_directory(place) && fs::is_empty(place)),
              ErrorKind::usage, "{} exists and is not an empty folder; name another", out.string());
  std::error_code told_below;
  fs::create_directories(place.parent_path(), told_below);
  Temporary folder(place.parent_path(), place.filename().string() + ".", TemporaryKind::folder,
                   out.string());
  write_folder(loaded, folder.path());
  check_written(input.check_command, folder.path());
  fsync_path(folder.path());
  fail_point("export.rename");
  rename_durable(folder.path(), place);
  folder.release();
}

LoadedModel load_model_folder(fs::path const& folder) {
  return with_context("loading model " + folder.string(), [&] {
    ModelDocument document = parse_model_json(read_file(folder / kMeta));
    for (char const* const name : {kWeights, kScript, kGolden}) {
      NTA_EXPECTS(document.files.contains(name), ErrorKind::data, "model.json does not name {}",
                  name);
    }
    std::string weights;
    for (auto const& [name, record] : document.files) {
      std::string bytes = checked_file(folder, name, record);
      if (name == kWeights) weights = std::move(bytes);
    }
    return assemble(std::move(document.meta), parse_weights(weights).tensors);
  });
}

}  // namespace nta
