#include "libnta/capture/byte_window.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace nta {

namespace {

constexpr std::size_t kPageBytes = 4096;
// Whole pages that hold what records of usual size leave over.
constexpr std::size_t kMaxHeadroomBytes = 4 * kPageBytes;

}  // namespace

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> source, std::size_t capacity_bytes)
    : source_(std::move(source)),
      headroom_(std::min(capacity_bytes / 4, kMaxHeadroomBytes)),
      size_(headroom_ + capacity_bytes),
      buffer_(allocate(size_)) {}

ByteWindow::Buffer ByteWindow::allocate(std::size_t bytes) {
  void* const memory =
      std::aligned_alloc(kPageBytes, (bytes + kPageBytes - 1) / kPageBytes * kPageBytes);
  if (memory == nullptr) throw std::bad_alloc();
  return Buffer(static_cast<std::uint8_t*>(memory));
}

std::uint8_t const* ByteWindow::refill(std::size_t n) {
  std::size_t const rest = end_ - at_;
  std::size_t const to = rest <= headroom_ ? headroom_ - rest : 0;
  if (to + n > size_) {
    auto larger = allocate(to + n);
    std::memcpy(larger.get() + to, buffer_.get() + at_, rest);
    buffer_ = std::move(larger);
    size_ = to + n;
  } else {
    std::memmove(buffer_.get() + to, buffer_.get() + at_, rest);
  }
  at_ = to;
  end_ = to + rest;
  while (end_ - at_ < n) {
    std::size_t const got = source_->read({buffer_.get() + end_, size_ - end_});
    if (got == 0) return nullptr;
    end_ += got;
    n_read_ += got;
  }
  return buffer_.get() + at_;
}

bool ByteWindow::skip(std::uint64_t n) {
  while (n > available()) {
    n -= available();
    consume(available());
    if (peek(1) == nullptr) return false;
  }
  consume(static_cast<std::size_t>(n));
  return true;
}

}  // namespace nta
