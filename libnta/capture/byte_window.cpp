#include "libnta/capture/byte_window.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nta {

namespace {

// Whole pages that hold what records of usual size leave over.
constexpr std::size_t kMaxHeadroomBytes = std::size_t{4} * 4096;

}  // namespace

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> source, std::size_t capacity_bytes,
                       bool read_ahead)
    : source_(std::move(source)),
      capacity_(capacity_bytes),
      headroom_(std::min(capacity_bytes / 4, kMaxHeadroomBytes)),
      size_(headroom_ + capacity_bytes),
      buffer_(allocate_pages(size_)),
      read_ahead_(read_ahead) {}

std::uint8_t const* ByteWindow::refill(std::size_t n) {
  // A file of one buffer is not worth a thread.
  if (read_ahead_ && ahead_ == nullptr && n_read_ >= capacity_) {
    ahead_ = std::make_unique<ReadAhead>(*source_, headroom_, capacity_);
  }
  if (ahead_ == nullptr) make_room(n);
  while (available() < n) {
    bool const more = ahead_ != nullptr ? take_block(n) : read_more();
    if (!more) {
      ended_ = true;
      return nullptr;
    }
  }
  return shown();
}

/// Moves the rest to where n bytes fit, and so that reads begin where the source's pages do.
void ByteWindow::make_room(std::size_t n) {
  std::size_t const rest = available();
  std::size_t const to = rest <= headroom_ ? headroom_ - rest : 0;
  if (to + n > size_) {
    auto larger = allocate_pages(to + n);
    std::memcpy(larger.get() + to, shown(), rest);
    buffer_ = std::move(larger);
    size_ = to + n;
  } else {
    std::memmove(buffer_.get() + to, shown(), rest);
  }
  at_ = to;
  end_ = to + rest;
}

bool ByteWindow::read_more() {
  std::size_t const got = source_->read({buffer_.get() + end_, size_ - end_});
  end_ += got;
  n_read_ += got;
  return got > 0;
}

bool ByteWindow::take_block(std::size_t n) {
  auto block = ahead_->take();
  if (block.n_bytes == 0) return false;
  std::size_t const rest = available();
  if (rest <= headroom_) {  // the block becomes the buffer, with the rest in front
    std::memcpy(block.buffer.get() + headroom_ - rest, shown(), rest);
    bool const usual = size_ == headroom_ + capacity_;
    size_ = headroom_ + capacity_;
    buffer_.swap(block.buffer);
    at_ = headroom_ - rest;
    end_ = headroom_ + block.n_bytes;
    ahead_->give_back(usual ? std::move(block.buffer) : allocate_pages(size_));
  } else {  // a large record gathers its blocks
    if (end_ + block.n_bytes > size_) make_room(std::max(n, rest) + block.n_bytes);
    std::memcpy(buffer_.get() + end_, block.buffer.get() + headroom_, block.n_bytes);
    end_ += block.n_bytes;
    ahead_->give_back(std::move(block.buffer));
  }
  n_read_ += block.n_bytes;
  return true;
}

std::string ByteWindow::stored_sha256() {
  ahead_.reset();
  read_ahead_ = false;
  return source_->stored_sha256();
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
