#include "libnta/core/temporary.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nta {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".tmp";
constexpr int kMostNames = 1000;  // of one process at a time

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// prefix<pid>-<n>.tmp: nothing that a user would name so.
bool is_ours(std::string_view name, std::string_view prefix) {
  if (name.size() <= prefix.size() + kSuffix.size() || !name.starts_with(prefix) ||
      !name.ends_with(kSuffix)) {
    return false;
  }
  name.remove_prefix(prefix.size());
  name.remove_suffix(kSuffix.size());
  auto const dash = name.find('-');
  return dash != std::string_view::npos && is_number(name.substr(0, dash)) &&
         is_number(name.substr(dash + 1));
}

/// Whether the descriptor is of what lies at the path now.
bool is_at(int descriptor, fs::path const& path) {
  struct stat held {
  }, found{};
  return ::fstat(descriptor, &held) == 0 && ::lstat(path.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

int open_old(fs::path const& path) {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int const file = ::open(path.c_str(), O_RDWR | kFlags);  // NFS locks what can be written
  return file < 0 && errno == EISDIR ? ::open(path.c_str(), O_RDONLY | kFlags) : file;
}

/// A descriptor, -1 with errno.
int open_new(fs::path const& path, TemporaryKind kind) {
  if (kind == TemporaryKind::file) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);  // less the umask
  }
  if (::mkdir(path.c_str(), kind == TemporaryKind::folder ? 0777 : 0700) != 0) {
    return -1;
  }
  int const folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  errno = folder < 0 && errno == ENOENT ? EEXIST : errno;  // taken for stale: the next name
  return folder;
}

/// False if a process that removes stale ones was faster than the lock.
bool take_lock(int descriptor, fs::path const& path) {
  bool const is_held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  return !is_held && is_at(descriptor, path);
}

}  // namespace

void remove_stale(fs::path const& folder, std::string const& prefix) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    if (is_ours(at->path().filename().native(), prefix)) {
      found.push_back(at->path());
    }
  }
  for (auto const& path : found) {
    int const descriptor = open_old(path);
    if (descriptor < 0) {
      continue;
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_at(descriptor, path)) {
      fs::remove_all(path, ignored);
    }
    ::close(descriptor);
  }
}

Temporary::Temporary(fs::path const& folder, std::string const& prefix, TemporaryKind kind,
                     std::string const& name) {
  remove_stale(folder, prefix);
  for (int n = 0; lock_ < 0; ++n) {
    NTA_EXPECTS(n < kMostNames, ErrorKind::usage,
                "cannot write {}: none of {} temporary files beside it could be locked; name a "
                "folder on another file system",
                name, kMostNames);
    path_ = folder / fmt::format("{}{}-{}{}", prefix, ::getpid(), n, kSuffix);
    int const descriptor = open_new(path_, kind);
    if (descriptor < 0 && errno != EEXIST) {
      fail_errno(ErrorKind::usage, "cannot write " + name, errno);
    }
    if (descriptor >= 0 && take_lock(descriptor, path_)) {
      lock_ = descriptor;
    } else if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
}

Temporary::~Temporary() {
  if (lock_ < 0) {
    return;
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(lock_);
}

void Temporary::release() {
  ::close(std::exchange(lock_, -1));
}

}  // namespace nta
