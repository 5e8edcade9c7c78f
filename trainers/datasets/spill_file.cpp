#include "trainers/datasets/spill_file.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace nta {

SpillFile::SpillFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

SpillFile::~SpillFile() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

void SpillFile::make() {
  auto name = (folder_ / ".nta-rows-XXXXXX").string();
  file_ = ::mkostemp(name.data(), O_CLOEXEC);  // 0600
  if (file_ < 0) {
    fail_errno(ErrorKind::usage, "cannot write a temporary file in " + folder_.string(), errno);
  }
  ::unlink(name.c_str());
}

std::uint64_t SpillFile::append(std::span<std::byte const> bytes) {
  std::uint64_t at = 0;
  int file = -1;
  {
    std::lock_guard const lock(mutex_);
    if (file_ < 0) {
      make();
    }
    file = file_;
    at = std::exchange(end_, end_ + bytes.size());
  }
  fail_point("spill.write");
  for (std::size_t done = 0; done < bytes.size();) {
    auto const n =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno != EINTR) {
      fail_errno(ErrorKind::storage, "cannot write rows to a temporary file in " + folder_.string(),
                 errno);
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return at;
}

void SpillFile::read(std::uint64_t at, std::span<std::byte> bytes) const {
  for (std::size_t done = 0; done < bytes.size();) {
    auto const n =
        ::pread(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      fail_errno(ErrorKind::storage,
                 "cannot read rows back from a temporary file in " + folder_.string(),
                 n < 0 ? errno : EIO);
    }
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace nta
