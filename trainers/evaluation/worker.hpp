// Many trials in one process, sent by a sweep's driver (protocol 1): data and prepared matrices are
// kept from trial to trial, each trial is an ordinary run folder.
#pragma once

#include "libnta/config/load.hpp"
#include "trainers/evaluation/trial_cache.hpp"
#include "trainers/evaluation/worker_channel.hpp"

#include <string>

namespace nta {

inline constexpr int kWorkerProtocol = 1;

struct WorkerOptions {
  int threads = 0;          // 0: as the experiment says
  std::string nta_version;  // for hello
  LoadOptions load;         // vocabulary for checking a trial's settings
  DataLoader load_data;     // empty: from the experiment's sources
};

/// Speaks until the driver sends shutdown or goes away; a trial in progress is then saved.
/// Returns the exit code: 0, or that of the signal that stopped it. Error(usage) for a message of
/// another protocol; what goes wrong inside a trial is sent as an error, and the worker lives on.
int run_worker(LoadedConfig const& base, WorkerChannel& channel, WorkerOptions const& options);

}  // namespace nta
