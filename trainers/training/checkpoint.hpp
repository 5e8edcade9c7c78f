// A training's whole state as a folder that is either complete or ignored: files are written into
// step-N.tmp, made durable, the manifest (with every file's size and SHA-256, and its own) last;
// then the folder is renamed. Pointers to it are hints. Nothing here changes a result.
#pragma once

#include "trainers/models/model.hpp"
#include "trainers/training/train_state.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nta {

/// What a checkpoint must agree on with the run that loads it.
struct CheckpointIdentity {
  std::string config_hash, preparation_hash;
};

struct Checkpoint {
  TrainState state;
  std::vector<NamedTensor> weights;    // parameters and buffers
  std::vector<NamedTensor> optimizer;  // moments, counts, generator state
};

/// step-0000001200 under run/checkpoints.
std::filesystem::path checkpoint_folder(std::filesystem::path const& run, std::int64_t step);

/// Writes run/checkpoints/step-N; an older one of that step is replaced. Fail points
/// checkpoint.write .fsync .rename. Error(storage) unless twice `expected_bytes` + 16 MiB are
/// free; on any failure the .tmp folder is removed. Returns the bytes written.
std::uint64_t write_checkpoint(std::filesystem::path const& run, Checkpoint const& checkpoint,
                               CheckpointIdentity const& identity, std::uint64_t expected_bytes);

/// Verifies self hash, format, identity, the files' sizes and hashes, and reads all. Tensors equal
/// `expected` in names, types and shapes (weights and optimizer), and are finite.
/// Error(data) with file and reason.
Checkpoint read_checkpoint(std::filesystem::path const& folder, CheckpointIdentity const& identity,
                           Checkpoint const& expected);

/// As above without expectations: for evaluation and export, which know the model's graph.
struct SavedWeights {
  std::int64_t step = 0, epoch = 0;
  std::vector<NamedTensor> weights;
};
SavedWeights read_checkpoint_weights(std::filesystem::path const& folder,
                                     CheckpointIdentity const& identity);

/// Steps of the complete-looking checkpoints, newest first.
std::vector<std::int64_t> checkpoint_steps(std::filesystem::path const& run);
/// Removes what an interrupted save or removal left: *.tmp, *.del.
void sweep_checkpoints(std::filesystem::path const& run);
/// Removes all checkpoints but these; renames first, so that a kill leaves none half there.
void keep_checkpoints(std::filesystem::path const& run, std::set<std::int64_t> const& steps);

/// last.json, best.json: {"checkpoint", "step"} and, for best, {"metric", "value"}.
void write_pointer(std::filesystem::path const& run, std::string const& name, std::int64_t step,
                   std::string const& metric = "", double value = 0);
/// The step a pointer names, if the pointer is whole and its checkpoint there.
std::optional<std::int64_t> read_pointer(std::filesystem::path const& run, std::string const& name);

/// The newest checkpoint that `load` accepts (it throws Error(data) to refuse one); `note` is told
/// why others were passed over. Nothing if there is no checkpoint; Error(data) if all are refused.
std::optional<std::int64_t> load_newest(
    std::filesystem::path const& run, std::function<void(std::filesystem::path const&)> const& load,
    std::function<void(std::string const&)> const& note);

}  // namespace nta
