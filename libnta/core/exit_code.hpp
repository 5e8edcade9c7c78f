// THE table of exit codes: help texts, READMEs and tests are fed from here.
#pragma once

#include "libnta/core/error.hpp"

#include <array>
#include <string_view>

namespace nta {

struct ExitCode {
  int code;
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array<ExitCode, 12> kExitCodes{{
    {0, "done", "done"},
    {1, "failed", "a check said no, a rank died, or an internal error"},
    {2, "usage", "usage, configuration, run locked, output not empty or not writable"},
    {3, "data",
     "unreadable data, or a hash, profile or feature list that does not fit; no valid checkpoint; "
     "untrusted model"},
    {4, "diverged", "training produced numbers that are not finite"},
    {5, "device", "no such device, or out of memory"},
    {6, "storage", "storage full"},
    {75, "requeue", "saved, please requeue"},
    {77, "absent", "nothing to check"},
    {129, "hung_up", "saved after SIGHUP"},
    {130, "interrupted", "saved after SIGINT"},
    {143, "terminated", "saved after SIGTERM"},
}};

constexpr int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::data:
      return 3;
    case ErrorKind::diverged:
      return 4;
    case ErrorKind::device:
      return 5;
    case ErrorKind::storage:
      return 6;
    case ErrorKind::absent:
      return 77;
  }
  return 1;
}

}  // namespace nta
