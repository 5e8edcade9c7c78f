#include "libnta/shards/output_file.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace nta {

OutputFile::OutputFile(std::filesystem::path const& path, std::filesystem::path name)
    : name_(std::move(name)),
      descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) {
    fail_errno(ErrorKind::usage, "cannot write " + name_.string(), errno);
  }
}

OutputFile::~OutputFile() {
  ::close(descriptor_);
}

void OutputFile::write(std::uint64_t offset, std::span<std::byte const> bytes) noexcept {
  if (bytes.data() == watched_.data() && bytes.size() == watched_.size()) {
    place_ = offset;
  }
  while (error_ == 0 && !bytes.empty()) {
    auto const n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      error_ = errno == EINTR ? 0 : errno;
      continue;
    }
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    bytes_ = std::max(bytes_, offset);
  }
  begin_writing_back();
}

/// What fsync would wait for goes to the device beside the work on the rows that follow. A request
/// that fails is no harm: fsync tells.
void OutputFile::begin_writing_back() noexcept {
  constexpr std::uint64_t kStretchBytes = std::uint64_t{4} << 20U;
  if (bytes_ < written_back_ + kStretchBytes) {
    return;
  }
  ::sync_file_range(descriptor_, static_cast<off_t>(written_back_),
                    static_cast<off_t>(bytes_ - written_back_), SYNC_FILE_RANGE_WRITE);
  written_back_ = bytes_;
}

void OutputFile::read(std::uint64_t offset, std::span<std::byte> out) noexcept {
  while (!out.empty()) {
    auto const n = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      error_ = n < 0 && error_ == 0 ? errno : error_;
      std::fill(out.begin(), out.end(), std::byte{0});
      return;
    }
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

void OutputFile::resize(std::uint64_t bytes) noexcept {
  if (error_ != 0) {
    return;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) {
    error_ = errno;
  }
  bytes_ = bytes;
}

void OutputFile::check() const {
  if (error_ != 0) {
    fail_errno(ErrorKind::usage, "cannot write " + name_.string(), error_);
  }
}

}  // namespace nta
