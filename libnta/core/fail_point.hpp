// Where tests kill the process or fill the disk: NTA_FAILPOINT=name[:nth]=kill|enospc|eio.
// Always compiled in; costs one look at the environment.
#pragma once

#include <string_view>

namespace nta {

/// Call before a write, fsync or rename that must survive a fault. Kills the process (SIGKILL) or
/// throws as the system call would have failed, if the environment names this point and this is its
/// nth pass (counted from 1; without nth: the first).
void fail_point(std::string_view name);

}  // namespace nta
