// A run's folder: who may write it (lock), what it was asked (configs, run.json), how it stands
// (status.json, attempts.jsonl), what it measured (metrics.jsonl). One writer; the lock is held for
// life, so that a kill frees it. run.json is written last: a folder without it is no run yet.
#pragma once

#include "libnta/config/metrics_log.hpp"
#include "libnta/config/rules.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nta {

enum class RunState { created, running, complete, preempted, diverged, failed };
constexpr auto names(RunState) {
  using E = RunState;
  return std::to_array<Named<E>>({{E::created, "created"},
                                  {E::running, "running"},
                                  {E::complete, "complete"},
                                  {E::preempted, "preempted"},
                                  {E::diverged, "diverged"},
                                  {E::failed, "failed"}});
}
/// Error(data) for an unknown name.
RunState run_state_of(std::string_view name);

struct BestSoFar {
  std::string metric;
  double value = 0;
  std::int64_t step = 0;
};

/// What status.json says.
struct RunStatus {
  RunState state = RunState::created;
  std::string reason;
  int exit_code = 0;
  std::int64_t step = 0, epoch = 0, steps_total = 0;
  std::optional<BestSoFar> best;
  std::int64_t pid = 0;
  std::string host, started_at, updated_at;
};

/// Exclusive flock on folder/lock, with the holder's pid and host inside.
class RunLock {
 public:
  /// Error(usage) naming pid and host of the holder if somebody else writes this run.
  explicit RunLock(std::filesystem::path const& folder);
  ~RunLock();
  RunLock(RunLock const&) = delete;
  RunLock& operator=(RunLock const&) = delete;

 private:
  int descriptor_ = -1;
};

/// `runs/<name>-<UTC>-<4 hex>`, not existing.
std::filesystem::path default_run_folder(std::filesystem::path const& root, std::string_view name);

/// JSON pointers at which two resolved configs differ and a resume may not go on. Allowed:
/// training/checkpoint/*, max_seconds, log_every; more epochs or max_steps.
std::vector<std::string> forbidden_changes(nlohmann::json const& saved, nlohmann::json const& now);

/// What a new run records about itself before its first step.
struct RunRecord {
  std::string config_original, config_resolved;
  nlohmann::json facts;  // becomes run.json
};

class RunDir {
 public:
  /// Takes the lock. Without `resume` the folder must be new or empty; with it, anything that this
  /// class made is taken up again. Error(usage) otherwise.
  RunDir(std::filesystem::path folder, bool resume);
  ~RunDir();
  RunDir(RunDir const&) = delete;
  RunDir& operator=(RunDir const&) = delete;

  std::filesystem::path const& folder() const { return folder_; }
  /// True if run.json stands: everything below `create` is there.
  bool exists() const;
  /// Writes configs, reserve, status (created) and run.json, last.
  void create(RunRecord const& record);

  nlohmann::json facts() const;            // run.json
  nlohmann::json resolved_config() const;  // config.resolved.json
  void replace_resolved_config(std::string const& text);

  void set_status(RunStatus status);
  void log_attempt(nlohmann::json line);
  /// Frees `reserve`, so that status and log still fit on a full disk.
  void free_reserve();
  void make_reserve();

 private:
  std::filesystem::path folder_;
  std::unique_ptr<RunLock> lock_;
  std::string started_at_;  // of this process's part in the run
};

/// status.json of any run folder; needs no lock. Error(data) if it is not there or no status.
RunStatus read_status(std::filesystem::path const& folder);

}  // namespace nta
