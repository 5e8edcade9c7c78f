#include "libnta/core/stop_flag.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <unistd.h>

namespace nta {
namespace {

std::atomic<int> requested_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not take a lock");

constexpr std::array kSignals{SIGINT, SIGTERM, SIGUSR1, SIGHUP};
std::array<struct sigaction, kSignals.size()> previous_actions;

void on_signal(int signal_number) {
  if (requested_signal.exchange(signal_number) != 0) {
    _exit(stop_exit_code(signal_number));
  }
}

}  // namespace

StopSignals::StopSignals() {
  requested_signal = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &previous_actions[i]);
    if (kSignals[i] == SIGHUP && previous_actions[i].sa_handler == SIG_IGN) {
      sigaction(SIGHUP, &previous_actions[i],
                nullptr);  // nohup: whoever started us wants it to go on
    }
  }
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &previous_actions[i], nullptr);
  }
}

int stop_requested() noexcept {
  return requested_signal;
}

int stop_exit_code(int signal_number) noexcept {
  return signal_number == SIGUSR1 ? 75 : 128 + signal_number;
}

void request_stop(int signal_number) noexcept {
  requested_signal = signal_number;
}

}  // namespace nta
