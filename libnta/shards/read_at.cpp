#include "libnta/shards/read_at.hpp"

#include "libnta/core/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nta {

ReadAt::ReadAt(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    fail_errno(ErrorKind::data, "cannot open " + path_.string(), errno);
  }
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor_);
    fail(ErrorKind::data, "{} is not a regular file", path_.string());
  }
  bytes_ = static_cast<std::uint64_t>(info.st_size);
}

ReadAt::~ReadAt() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

ReadAt::ReadAt(ReadAt&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(other.bytes_) {}

void ReadAt::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    auto const n = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      fail_errno(ErrorKind::data, "cannot read " + path_.string(), errno);
    }
    NTA_EXPECTS(n > 0, ErrorKind::data, "{} ends at byte {}, {} B before its content does",
                path_.string(), offset, out.size());
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace nta
