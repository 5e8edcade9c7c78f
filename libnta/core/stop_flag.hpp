// Signals only set a flag; the work looks at it at its next safe boundary.
#pragma once

namespace nta {

/// While alive, SIGINT, SIGTERM, SIGUSR1 and SIGHUP (unless it is ignored, as under nohup) set the
/// flag; a second signal ends the process at once.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(StopSignals const&) = delete;
  StopSignals& operator=(StopSignals const&) = delete;
};

/// The signal that asked to stop, or 0.
int stop_requested() noexcept;
/// 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP, 75 for SIGUSR1.
int stop_exit_code(int signal_number) noexcept;
/// For tests and for a driver that asks a worker to stop.
void request_stop(int signal_number) noexcept;

}  // namespace nta
