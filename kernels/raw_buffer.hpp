// Large arrays that are never zeroed: bulk columns are written once, right after they are made. On
// huge pages where the system gives them, since a page fault per 4 KiB costs as much as the work.
#pragma once

#include "libnta/core/huge_pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <type_traits>
#include <utility>

namespace nta {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

/// An array of trivial elements with no values yet.
template <class T>
using RawArray = std::unique_ptr<T[], FreeMemory>;

template <class T>
RawArray<T> raw_array(std::size_t n) {
  static_assert(std::is_trivially_copyable_v<T>);
  auto const bytes = std::max<std::size_t>(n * sizeof(T), 1);
  bool const huge = bytes >= 2 * kHugePageBytes;
  void* const memory = huge
                           ? std::aligned_alloc(kHugePageBytes, (bytes + kHugePageBytes - 1) /
                                                                    kHugePageBytes * kHugePageBytes)
                           : std::malloc(bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  if (huge) {
    ::madvise(memory, bytes, MADV_HUGEPAGE);
  }
  return RawArray<T>(static_cast<T*>(memory));
}

/// The same, growing. Once it is large the system moves its pages, so nothing is copied.
template <class T>
class RawBuffer {
 public:
  RawBuffer() = default;
  RawBuffer(RawBuffer&& other) noexcept { swap(other); }
  RawBuffer& operator=(RawBuffer&& other) noexcept {
    RawBuffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~RawBuffer() { release(); }

  std::size_t size() const { return size_; }
  T* data() { return data_; }
  T const* data() const { return data_; }
  T const& operator[](std::size_t i) const { return data_[i]; }

  /// Room for n more elements, whose values are the caller's to write; returns their place.
  T* grow(std::size_t n) {
    if (size_ + n > capacity_) {
      reserve(std::max(size_ + n, capacity_ * 2));
    }
    size_ += n;
    return data_ + (size_ - n);
  }
  /// Gives the last n elements back.
  void shrink(std::size_t n) { size_ -= n; }

 private:
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t kMappedBytes = std::size_t{1} << 20;
  static constexpr std::size_t kLine = 64;
  static_assert(alignof(T) <= kLine);

  static std::size_t bytes_of(std::size_t capacity) { return capacity * sizeof(T); }
  bool mapped() const { return bytes_of(capacity_) >= kMappedBytes; }
  /// Whole large pages: the system aligns no other mapping to them.
  static std::size_t mapped_bytes(std::size_t capacity) {
    return (bytes_of(capacity) + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  }

  void reserve(std::size_t capacity) {
    bool const maps = bytes_of(capacity) >= kMappedBytes;
    auto const bytes = maps ? mapped_bytes(capacity) : bytes_of(capacity);
    void* larger = nullptr;
    if (!maps) {
      larger = std::aligned_alloc(kLine, (bytes + kLine - 1) / kLine * kLine);
    } else if (mapped()) {
      larger = ::mremap(data_, mapped_bytes(capacity_), bytes, MREMAP_MAYMOVE);
    } else {
      larger = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (larger == nullptr || larger == MAP_FAILED) {
      throw std::bad_alloc();
    }
    if (maps) {
      ::madvise(larger, bytes, MADV_HUGEPAGE);
    }
    if (!mapped() && data_ != nullptr) {
      std::memcpy(larger, data_, size_ * sizeof(T));
      std::free(data_);
    }
    data_ = static_cast<T*>(larger);
    capacity_ = capacity;
  }
  void release() {
    if (mapped()) {
      ::munmap(data_, mapped_bytes(capacity_));
    } else {
      std::free(data_);
    }
  }
  void swap(RawBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace nta
