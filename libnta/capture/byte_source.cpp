#include "libnta/capture/byte_source.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nta {

namespace {

class FileSource : public ByteSource {
 public:
  FileSource(int fd, bool owned, std::uint64_t size) : fd_(fd), owned_(owned), size_(size) {}
  ~FileSource() override {
    if (owned_) ::close(fd_);
  }

  std::size_t read(std::span<std::uint8_t> into) override {
    if (fault() != FaultKind::none) return 0;
    ssize_t got = 0;
    do {
      got = ::read(fd_, into.data(), into.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(FaultKind::read_error, std::strerror(errno));
    n_read_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  std::uint64_t stored_bytes() const override { return std::max(size_, n_read_); }

 private:
  int fd_;
  bool owned_;
  std::uint64_t size_;
  std::uint64_t n_read_ = 0;
};

}  // namespace

std::size_t MemorySource::read(std::span<std::uint8_t> into) {
  std::size_t const n = std::min(into.size(), bytes_.size() - at_);
  std::copy_n(bytes_.data() + at_, n, into.data());
  at_ += n;
  return n;
}

std::size_t PrefixedSource::read(std::span<std::uint8_t> into) {
  // Both in one go, so that a reader of whole pages goes on reading whole pages of the rest.
  std::size_t const n_first = std::min(into.size(), prefix_.size() - at_);
  std::copy_n(prefix_.data() + at_, n_first, into.data());
  at_ += n_first;
  if (n_first == into.size()) return n_first;
  std::size_t const n = n_first + rest_->read(into.subspan(n_first));
  return n == 0 ? fail(rest_->fault(), rest_->fault_text()) : n;
}

std::unique_ptr<ByteSource> open_source(std::string const& path) {
  if (path == "-") return std::make_unique<FileSource>(STDIN_FILENO, false, 0);
  int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fail(ErrorKind::data, "{}: cannot be opened: {}; name a capture file, a folder of them, or -",
         path, std::strerror(errno));
  }
  struct stat status {};
  bool const known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  if (known) ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<FileSource>(fd, true,
                                      known ? static_cast<std::uint64_t>(status.st_size) : 0);
}

}  // namespace nta
