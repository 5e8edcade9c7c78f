#include "libnta/capture/byte_window.hpp"

#include <algorithm>
#include <cstring>

namespace nta {

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> source, std::size_t capacity_bytes)
    : source_(std::move(source)),
      capacity_(capacity_bytes),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_bytes)) {}

std::uint8_t const* ByteWindow::refill(std::size_t n) {
  std::size_t const rest = end_ - at_;
  if (n > capacity_) {
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(n);
    std::memcpy(larger.get(), buffer_.get() + at_, rest);
    buffer_ = std::move(larger);
    capacity_ = n;
  } else {
    std::memmove(buffer_.get(), buffer_.get() + at_, rest);
  }
  passed_ += at_;
  at_ = 0;
  end_ = rest;
  while (end_ < n) {
    std::size_t const got = source_->read({buffer_.get() + end_, capacity_ - end_});
    if (got == 0) return nullptr;
    end_ += got;
  }
  return buffer_.get();
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
