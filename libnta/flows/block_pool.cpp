// Pages by size class, blocks without holes: see block_pool.hpp.
#include "libnta/flows/block_pool.hpp"

#include "libnta/core/error.hpp"

#include <cstring>
#include <new>
#include <utility>

namespace nta {

std::uint32_t BlockPool::new_page(std::size_t size_class) {
  if (free_pages_.empty()) {
    std::size_t const first = class_of_page_.size();
    NTA_EXPECTS(
        first + kPagesAtOnce <= std::size_t{1} << (32 - kSlotBits), ErrorKind::failed,
        "the open flows take more than {} pages of {} B: meter fewer at once, for example by "
        "partitions",
        first, kPageBytes);
    // Reads of a block's last words may go a few bytes beyond it.
    std::size_t const bytes = kPagesAtOnce * kPageBytes + kStep;
    Chunk chunk(static_cast<std::byte*>(std::malloc(bytes)));
    if (chunk == nullptr) {
      throw std::bad_alloc();
    }
    free_pages_.reserve(kPagesAtOnce);  // there are none
    chunks_.push_back(std::move(chunk));
    class_of_page_.resize(chunks_.size() * kPagesAtOnce);
    for (std::size_t page = kPagesAtOnce; page > 0; --page) {
      free_pages_.push_back(static_cast<std::uint32_t>(first + page - 1));
    }
  }
  std::uint32_t const page = free_pages_.back();
  free_pages_.pop_back();
  class_of_page_[page] = static_cast<std::uint8_t>(size_class);
  return page;
}

BlockPool::Handle BlockPool::take(std::size_t bytes, std::uint32_t owner) {
  std::size_t const size_class = class_for(bytes);
  SizeClass& own = classes_[size_class];
  if (own.pages.empty() || own.in_last == kPageBytes / block_bytes(size_class)) {
    own.pages.push_back(new_page(size_class));
    own.in_last = 0;
  }
  Handle const handle = own.pages.back() << kSlotBits | own.in_last++;
  set_owner(handle, owner);
  return handle;
}

BlockPool::Moved BlockPool::give(Handle handle) {
  std::size_t const size_class = class_of(handle);
  SizeClass& own = classes_[size_class];
  Handle const last = own.pages.back() << kSlotBits | (own.in_last - 1);
  Moved moved;
  if (handle != last) {
    std::memcpy(block(handle), block(last), block_bytes(size_class));
    std::memcpy(&moved.owner, block(handle), kOwnerBytes);
    moved.handle = handle;
  }
  own.in_last -= 1;
  if (own.in_last == 0) {
    free_pages_.push_back(own.pages.back());
    own.pages.pop_back();
    own.in_last = static_cast<std::uint32_t>(kPageBytes / block_bytes(size_class));
  }
  return moved;
}

void BlockPool::set_owner(Handle handle, std::uint32_t owner) {
  std::memcpy(block(handle), &owner, kOwnerBytes);
}

std::size_t BlockPool::memory_bytes() const {
  std::size_t bytes = chunks_.size() * (kPagesAtOnce * kPageBytes + kStep) +
                      chunks_.capacity() * sizeof(chunks_[0]) + class_of_page_.capacity() +
                      free_pages_.capacity() * sizeof(std::uint32_t);
  for (SizeClass const& own : classes_) {
    bytes += own.pages.capacity() * sizeof(std::uint32_t);
  }
  return bytes;
}

void BlockPool::clear() {
  *this = BlockPool{};
}

}  // namespace nta
