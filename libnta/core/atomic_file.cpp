#include "libnta/core/atomic_file.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace nta {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  Descriptor(fs::path const& path, int flags, ErrorKind kind)
      : number_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (number_ < 0) {
      fail_errno(kind, "cannot open " + path.string(), errno);
    }
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

void write_all(int descriptor, std::string_view text, fs::path const& path) {
  while (!text.empty()) {
    auto const n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      fail_errno(ErrorKind::usage, "cannot write " + path.string(), errno);
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void sync_descriptor(int descriptor, fs::path const& path) {
  if (::fsync(descriptor) != 0) {
    fail_errno(ErrorKind::failed, "cannot make durable " + path.string(), errno);
  }
}

fs::path folder_of(fs::path const& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A rename would put a file in the place of a device or pipe: of /dev/null for the whole machine.
fs::path checked_target(fs::path target) {
  std::error_code ignored;
  auto const there = fs::status(target, ignored);
  NTA_EXPECTS(!fs::exists(there) || fs::is_regular_file(there), ErrorKind::usage,
              "cannot write {}: it exists and is no regular file; name a file", target.string());
  return target;
}

}  // namespace

void write_file_atomic(fs::path const& path, std::string_view text, std::string_view point) {
  PendingFile pending(path);
  {
    Descriptor const file(pending.temporary(), O_WRONLY, ErrorKind::usage);
    fail_point(fmt::format("{}.write", point));
    write_all(file.number(), text, path);
    fail_point(fmt::format("{}.fsync", point));
    sync_descriptor(file.number(), path);
  }
  fail_point(fmt::format("{}.rename", point));
  pending.commit();
}

std::string read_file(fs::path const& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       &std::fclose);
  if (!file) {
    fail_errno(ErrorKind::data, "cannot open " + path.string(), errno);
  }
  std::string out;
  char buffer[1 << 16];
  while (std::size_t const n = std::fread(buffer, 1, sizeof buffer, file.get())) {
    out.append(buffer, n);
  }
  if (std::ferror(file.get())) {
    fail_errno(ErrorKind::data, "cannot read " + path.string(), errno);
  }
  return out;
}

void fsync_path(fs::path const& path) {
  Descriptor const file(path, O_RDONLY, ErrorKind::failed);
  sync_descriptor(file.number(), path);
}

void rename_durable(fs::path const& from, fs::path const& to) {
  std::error_code code;
  fs::rename(from, to, code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot rename to " + to.string(), code.value());
  }
  fsync_path(folder_of(to));
}

std::uint64_t free_bytes(fs::path const& path) {
  auto existing = fs::absolute(path);
  while (!fs::exists(existing) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  struct statvfs info {};
  if (::statvfs(existing.c_str(), &info) != 0) {
    fail_errno(ErrorKind::usage, "cannot ask for free space at " + existing.string(), errno);
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

void create_empty_folder(fs::path const& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot create " + folder.string(), code.value());
  }
  NTA_EXPECTS(fs::is_empty(folder), ErrorKind::usage,
              "{} exists and is not empty; name another folder or remove it", folder.string());
}

PendingFile::PendingFile(fs::path target)
    : target_(checked_target(std::move(target))),
      temporary_(folder_of(target_), target_.filename().string() + ".", TemporaryKind::file,
                 target_.string()) {}

void PendingFile::commit() {
  fsync_path(temporary_.path());
  rename_durable(temporary_.path(), target_);
  temporary_.release();
}

}  // namespace nta
