#include "libnta/capture/byte_source.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/core/stop_flag.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace nta {

namespace {

class FileSource : public ByteSource {
 public:
  FileSource(int fd, bool owned, std::uint64_t size, bool hash)
      : fd_(fd), owned_(owned), size_(size) {
    if (hash) hash_.emplace();
  }
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
    auto const n = static_cast<std::size_t>(got);
    n_read_ += n;
    if (hash_) hash_->update(std::as_bytes(into.first(n)));
    return n;
  }
  std::uint64_t stored_bytes() const override { return std::max(size_, n_read_.load()); }
  std::string stored_sha256() override {
    if (!hash_) return "";
    std::vector<std::uint8_t> rest(kReadBytes);
    while (stop_requested() == 0 && read(rest) != 0) {
    }
    std::string const hex = to_hex(hash_->digest());
    hash_.reset();
    return fault() == FaultKind::none && stop_requested() == 0 ? hex : "";
  }

 private:
  static constexpr std::size_t kReadBytes = std::size_t{1} << 17;
  int fd_;
  bool owned_;
  std::uint64_t size_;
  std::atomic<std::uint64_t> n_read_ = 0;  // a thread may read on while another one asks
  std::optional<Sha256> hash_;
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

std::unique_ptr<ByteSource> open_source(std::string const& path, bool hash) {
  if (path == "-") return std::make_unique<FileSource>(STDIN_FILENO, false, 0, false);
  int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fail(ErrorKind::data, "{}: cannot be opened: {}; name a capture file, a folder of them, or -",
         path, std::strerror(errno));
  }
  struct stat status {};
  bool const known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  if (known) ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  auto const size = known ? static_cast<std::uint64_t>(status.st_size) : 0;
  return std::make_unique<FileSource>(fd, true, size, hash && known);
}

}  // namespace nta
