// Unusable input or surroundings, as an exception with a kind that decides the exit code.
// A packet that cannot be decoded is no Error but a counted SkipReason; a bug of ours is an assert.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace nta {

/// What went wrong, as the caller sees it; `exit_code.hpp` maps each kind to a process exit code.
enum class ErrorKind {
  failed,    ///< a check said no, or something inside broke
  usage,     ///< command line, configuration, a locked run, an output that may not be overwritten
  data,      ///< input that cannot be read, or does not fit what is asked of it
  diverged,  ///< training produced numbers that are not finite
  device,    ///< no such device, or its memory is full
  storage,   ///< the disk is full
  absent     ///< nothing to check here
};

/// Carries one complete sentence: file, key or offset, and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string const& text) : std::runtime_error(text), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws Error(kind, formatted text).
template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

/// Runs f; an Error leaving it gains " (while <what>)", so the reader sees which file or step it
/// belongs to.
template <class F>
decltype(auto) with_context(std::string_view what, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (Error const& error) {
    throw Error(error.kind(), fmt::format("{} (while {})", error.what(), what));
  }
}

/// Error of `kind` from errno: ENOSPC, EDQUOT and EFBIG become ErrorKind::storage whatever was
/// asked.
[[noreturn]] void fail_errno(ErrorKind kind, std::string_view what, int error_number);

}  // namespace nta

#define NTA_EXPECTS(condition, kind, ...) \
  do {                                    \
    if (!(condition)) {                   \
      ::nta::fail((kind), __VA_ARGS__);   \
    }                                     \
  } while (false)
