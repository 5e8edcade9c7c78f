#include "libnta/core/fail_point.hpp"

#include "libnta/core/error.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

namespace nta {
namespace {

struct Armed {
  std::string name;
  long nth = 1;
  std::string action;
};

Armed parse(char const* text) {
  Armed armed;
  if (text == nullptr) {
    return armed;
  }
  std::string const all = text;
  auto const equals = all.rfind('=');
  NTA_EXPECTS(equals != std::string::npos, ErrorKind::usage,
              "NTA_FAILPOINT={}: expected name[:nth]=kill|enospc|eio", all);
  armed.action = all.substr(equals + 1);
  armed.name = all.substr(0, equals);
  if (auto const colon = armed.name.rfind(':'); colon != std::string::npos) {
    armed.nth = std::strtol(armed.name.c_str() + colon + 1, nullptr, 10);
    armed.name.resize(colon);
  }
  return armed;
}

}  // namespace

// The environment is asked each time: passes go with writes to a disk, and a test may arm a child.
void fail_point(std::string_view name) {
  char const* const setting = std::getenv("NTA_FAILPOINT");
  if (setting == nullptr) {
    return;
  }
  Armed const armed = parse(setting);
  if (armed.name != name) {
    return;
  }
  static std::atomic<long> passes{0};
  if (++passes != armed.nth) {
    return;
  }
  if (armed.action == "kill") {
    std::raise(SIGKILL);
  }
  int const number = armed.action == "enospc" ? ENOSPC : EIO;
  fail_errno(ErrorKind::failed, fmt::format("fail point {}", name), number);
}

}  // namespace nta
