#include "trainers/training/checkpoint.hpp"

#include "libnta/config/metrics_log.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/models/weights_file.hpp"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <map>
#include <unistd.h>

namespace nta {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kWeights = "weights.safetensors", kOptimizer = "optimizer.safetensors",
                           kState = "state.json", kManifest = "manifest.json";
constexpr std::array kFiles{kWeights, kOptimizer, kState};
constexpr std::string_view kFormat = "nta_checkpoint";
constexpr std::uint64_t kSpareBytes = 16 << 20;
const std::string kNoHash(64, '0');

/// Written and made durable; no rename of its own, since the folder is renamed as a whole.
void write_durable(fs::path const& path, std::string_view text) {
  fail_point("checkpoint.write");
  int const descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    fail_errno(ErrorKind::usage, "cannot write " + path.string(), errno);
  }
  int error = 0;
  while (!text.empty() && error == 0) {
    auto const n = ::write(descriptor, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  ::close(descriptor);
  if (error != 0) {
    fail_errno(ErrorKind::failed, "cannot write " + path.string(), error);
  }
  fail_point("checkpoint.fsync");
  fsync_path(path);
}

std::string manifest_text(Checkpoint const& checkpoint, CheckpointIdentity const& identity,
                          std::map<std::string_view, std::string> const& files) {
  nlohmann::ordered_json out{{"format", kFormat},
                             {"version", 1},
                             {"step", checkpoint.state.step},
                             {"epoch", checkpoint.state.epoch},
                             {"config_hash", identity.config_hash},
                             {"preparation_hash", identity.preparation_hash},
                             {"files", nlohmann::ordered_json::object()},
                             {"self", kNoHash}};
  for (auto const name : kFiles) {
    auto const& text = files.at(name);
    out["files"][std::string(name)] = {{"bytes", text.size()}, {"sha256", sha256_hex(text)}};
  }
  auto const hash = sha256_hex(out.dump(2));
  out["self"] = hash;
  return out.dump(2);
}

nlohmann::ordered_json checked_manifest(fs::path const& folder,
                                        CheckpointIdentity const& identity) {
  auto const path = folder / kManifest;
  auto text = read_file(path);
  auto const manifest = nlohmann::ordered_json::parse(text, nullptr, false);
  NTA_EXPECTS(!manifest.is_discarded() && manifest.is_object(), ErrorKind::data, "{}: no JSON",
              path.string());
  auto const self = manifest.contains("self") && manifest.at("self").is_string()
                        ? manifest.at("self").get<std::string>()
                        : std::string();
  auto const at = self.size() == 64 ? text.rfind(self) : std::string::npos;
  NTA_EXPECTS(at != std::string::npos, ErrorKind::data, "{}: no self hash", path.string());
  NTA_EXPECTS(sha256_hex(text.replace(at, 64, kNoHash)) == self, ErrorKind::data,
              "{}: damaged, its own hash does not fit", path.string());
  NTA_EXPECTS(manifest.at("format") == kFormat && manifest.at("version") == 1, ErrorKind::data,
              "{}: format {} version {} is not {} 1", path.string(), manifest.at("format").dump(),
              manifest.at("version").dump(), kFormat);
  NTA_EXPECTS(manifest.at("config_hash") == identity.config_hash, ErrorKind::data,
              "{}: saved under another configuration", path.string());
  NTA_EXPECTS(manifest.at("preparation_hash") == identity.preparation_hash, ErrorKind::data,
              "{}: saved with another preparation", path.string());
  return manifest;
}

std::string checked_file(fs::path const& folder, nlohmann::ordered_json const& manifest,
                         std::string_view name) {
  auto const path = folder / name;
  auto text = read_file(path);
  auto const& entry = manifest.at("files").at(std::string(name));
  NTA_EXPECTS(text.size() == entry.at("bytes").get<std::uint64_t>(), ErrorKind::data,
              "{}: {} bytes, {} were saved", path.string(), text.size(),
              entry.at("bytes").get<std::uint64_t>());
  NTA_EXPECTS(sha256_hex(text) == entry.at("sha256").get<std::string>(), ErrorKind::data,
              "{}: damaged, its hash does not fit the manifest", path.string());
  return text;
}

void check_tensors(std::vector<NamedTensor> const& found, std::vector<NamedTensor> const& expected,
                   fs::path const& path) {
  std::map<std::string, at::Tensor> by_name;
  for (auto const& [name, tensor, decays] : found) {
    by_name[name] = tensor;
  }
  std::string wrong;
  for (auto const& [name, tensor, decays] : expected) {
    auto const it = by_name.find(name);
    if (it == by_name.end()) {
      wrong += name + " is missing; ";
      continue;
    }
    if (it->second.sizes() != tensor.sizes() || it->second.scalar_type() != tensor.scalar_type()) {
      wrong += name + " has another shape or type; ";
    } else if (it->second.is_floating_point() && !at::isfinite(it->second).all().item<bool>()) {
      wrong += name + " is not finite; ";
    }
    by_name.erase(it);
  }
  for (auto const& [name, tensor] : by_name) {
    wrong += name + " is surplus; ";
  }
  NTA_EXPECTS(wrong.empty(), ErrorKind::data, "{}: {}", path.string(), wrong);
}

void remove_renamed(fs::path const& folder) {
  auto const away = fs::path(folder.string() + ".del");
  std::error_code ignored;
  fs::remove_all(away, ignored);
  fs::rename(folder, away, ignored);
  fs::remove_all(away, ignored);
}

fs::path folder_of_all(fs::path const& run) {
  return run / "checkpoints";
}

void write_files(fs::path const& tmp, Checkpoint const& checkpoint,
                 CheckpointIdentity const& identity, std::uint64_t& bytes) {
  fs::create_directories(tmp);
  std::map<std::string_view, std::string> const files{
      {kWeights, weights_bytes(checkpoint.weights)},
      {kOptimizer, weights_bytes(checkpoint.optimizer)},
      {kState, to_json(checkpoint.state).dump(2)}};
  for (auto const name : kFiles) {
    write_durable(tmp / name, files.at(name));
    bytes += files.at(name).size();
  }
  write_durable(tmp / kManifest, manifest_text(checkpoint, identity, files));
  fsync_path(tmp);
}

}  // namespace

fs::path checkpoint_folder(fs::path const& run, std::int64_t step) {
  return folder_of_all(run) / fmt::format("step-{:010}", step);
}

std::uint64_t write_checkpoint(fs::path const& run, Checkpoint const& checkpoint,
                               CheckpointIdentity const& identity, std::uint64_t expected_bytes) {
  auto const needed = 2 * expected_bytes + kSpareBytes, there = free_bytes(run);
  NTA_EXPECTS(there >= needed, ErrorKind::storage,
              "{} bytes are free at {}, a checkpoint wants {}; free space and resume", there,
              run.string(), needed);
  auto const folder = checkpoint_folder(run, checkpoint.state.step);
  auto const tmp = fs::path(folder.string() + ".tmp");
  std::uint64_t bytes = 0;
  std::error_code ignored;
  fs::remove_all(tmp, ignored);
  try {
    write_files(tmp, checkpoint, identity, bytes);
    if (fs::exists(folder)) {
      remove_renamed(folder);
    }
    fail_point("checkpoint.rename");
    rename_durable(tmp, folder);
  } catch (fs::filesystem_error const& error) {
    fs::remove_all(tmp, ignored);
    fail_errno(ErrorKind::failed, "cannot save " + folder.string(), error.code().value());
  } catch (...) {
    fs::remove_all(tmp, ignored);
    throw;
  }
  return bytes;
}

Checkpoint read_checkpoint(fs::path const& folder, CheckpointIdentity const& identity,
                           Checkpoint const& expected) {
  try {
    auto const manifest = checked_manifest(folder, identity);
    Checkpoint out;
    out.weights = parse_weights(checked_file(folder, manifest, kWeights)).tensors;
    out.optimizer = parse_weights(checked_file(folder, manifest, kOptimizer)).tensors;
    out.state =
        train_state_from_json(nlohmann::json::parse(checked_file(folder, manifest, kState)));
    check_tensors(out.weights, expected.weights, folder / kWeights);
    check_tensors(out.optimizer, expected.optimizer, folder / kOptimizer);
    return out;
  } catch (nlohmann::json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", folder.string(), error.what());
  }
}

SavedWeights read_checkpoint_weights(fs::path const& folder, CheckpointIdentity const& identity) {
  try {
    auto const manifest = checked_manifest(folder, identity);
    return {manifest.at("step"), manifest.at("epoch"),
            parse_weights(checked_file(folder, manifest, kWeights)).tensors};
  } catch (nlohmann::json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", folder.string(), error.what());
  }
}

std::vector<std::int64_t> checkpoint_steps(fs::path const& run) {
  std::vector<std::int64_t> out;
  if (!fs::exists(folder_of_all(run))) {
    return out;
  }
  for (auto const& entry : fs::directory_iterator(folder_of_all(run))) {
    auto const name = entry.path().filename().string();
    std::int64_t step = -1;
    if (name.size() < 6 || name.rfind("step-", 0) != 0) {
      continue;
    }
    auto const [end, code] = std::from_chars(name.data() + 5, name.data() + name.size(), step);
    if (code == std::errc() && end == name.data() + name.size()) {
      out.push_back(step);
    }
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

void sweep_checkpoints(fs::path const& run) {
  if (!fs::exists(folder_of_all(run))) {
    return;
  }
  std::vector<fs::path> left_over;
  for (auto const& entry : fs::directory_iterator(folder_of_all(run))) {
    auto const suffix = entry.path().extension();
    if (suffix == ".tmp" || suffix == ".del") {
      left_over.push_back(entry.path());
    }
  }
  std::error_code ignored;
  for (auto const& path : left_over) {
    fs::remove_all(path, ignored);
  }
}

void keep_checkpoints(fs::path const& run, std::set<std::int64_t> const& steps) {
  for (auto const step : checkpoint_steps(run)) {
    if (!steps.contains(step)) {
      remove_renamed(checkpoint_folder(run, step));
    }
  }
}

void write_pointer(fs::path const& run, std::string const& name, std::int64_t step,
                   std::string const& metric, double value) {
  nlohmann::ordered_json out{{"checkpoint", checkpoint_folder(run, step).filename().string()},
                             {"step", step}};
  if (!metric.empty()) {
    out["metric"] = metric;
    out["value"] = value;
  }
  write_file_atomic(run / (name + ".json"), out.dump(2) + "\n", "pointer");
}

std::optional<std::int64_t> read_pointer(fs::path const& run, std::string const& name) {
  auto const path = run / (name + ".json");
  if (!fs::exists(path)) {
    return std::nullopt;
  }
  auto const json = nlohmann::json::parse(read_file(path), nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("step") ||
      !json.at("step").is_number_integer()) {
    return std::nullopt;
  }
  auto const step = json.at("step").get<std::int64_t>();
  if (!fs::exists(checkpoint_folder(run, step))) {
    return std::nullopt;
  }
  return step;
}

std::optional<std::int64_t> load_newest(fs::path const& run,
                                        std::function<void(fs::path const&)> const& load,
                                        std::function<void(std::string const&)> const& note) {
  std::string refused;
  for (auto const step : checkpoint_steps(run)) {
    try {
      load(checkpoint_folder(run, step));
      return step;
    } catch (Error const& error) {
      if (error.kind() != ErrorKind::data) {
        throw;
      }
      note(fmt::format("checkpoint passed over: {}", error.what()));
      refused += fmt::format("\n  {}", error.what());
    }
  }
  NTA_EXPECTS(refused.empty(), ErrorKind::data,
              "{}: no checkpoint is whole; start a new run, or restore one of:{}", run.string(),
              refused);
  return std::nullopt;
}

}  // namespace nta
