#include "libnta/capture/read_ahead.hpp"

#include <new>
#include <utility>

namespace nta {

PageBuffer allocate_pages(std::size_t bytes) {
  constexpr std::size_t kPageBytes = 4096;
  void* const memory =
      std::aligned_alloc(kPageBytes, (bytes + kPageBytes - 1) / kPageBytes * kPageBytes);
  if (memory == nullptr) throw std::bad_alloc();
  return PageBuffer(static_cast<std::uint8_t*>(memory));
}

ReadAhead::ReadAhead(ByteSource& source, std::size_t headroom_bytes, std::size_t read_bytes)
    : source_(source), headroom_bytes_(headroom_bytes), read_bytes_(read_bytes) {
  for (std::size_t i = 0; i < kBuffers; ++i) {
    free_.push_back(allocate_pages(headroom_bytes + read_bytes));
  }
  thread_ = std::thread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  has_room_.notify_one();
  thread_.join();
}

ReadAhead::Block ReadAhead::take() {
  std::unique_lock lock(mutex_);
  has_block_.wait(lock, [this] { return !blocks_.empty() || ended_; });
  if (blocks_.empty()) {
    if (thrown_) std::rethrow_exception(thrown_);
    return {};
  }
  Block block = std::move(blocks_.front());
  blocks_.pop_front();
  return block;
}

void ReadAhead::give_back(PageBuffer buffer) {
  bool wake = false;
  {
    std::lock_guard const lock(mutex_);
    free_.push_back(std::move(buffer));
    // Not for every buffer: waking a thread costs as much as a few hundred packets.
    wake = 2 * free_.size() >= kBuffers;
  }
  if (wake) has_room_.notify_one();
}

void ReadAhead::run() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    has_room_.wait(lock, [this] { return stop_ || !free_.empty(); });
    if (stop_) return;
    Block block{std::move(free_.back()), 0};
    free_.pop_back();
    lock.unlock();
    std::exception_ptr thrown;
    try {
      block.n_bytes = source_.read({block.buffer.get() + headroom_bytes_, read_bytes_});
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    ended_ = block.n_bytes == 0;
    thrown_ = thrown;
    if (!ended_) blocks_.push_back(std::move(block));
    has_block_.notify_one();
    if (ended_) return;
  }
}

}  // namespace nta
