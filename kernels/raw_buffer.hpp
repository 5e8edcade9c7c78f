// Large arrays that are never zeroed: bulk columns are written once, right after they are made. On
// huge pages where the system gives them, since a page fault per 4 KiB costs as much as the work.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <type_traits>

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
  constexpr std::size_t kHugePage = 2U << 20U;
  auto const bytes = std::max<std::size_t>(n * sizeof(T), 1);
  bool const huge = bytes >= 2 * kHugePage;
  void* const memory =
      huge ? std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage)
           : std::malloc(bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  if (huge) {
    ::madvise(memory, bytes, MADV_HUGEPAGE);
  }
  return RawArray<T>(static_cast<T*>(memory));
}

/// The same, growing.
template <class T>
class RawBuffer {
 public:
  std::size_t size() const { return size_; }
  T* data() { return data_.get(); }
  T const* data() const { return data_.get(); }
  T const& operator[](std::size_t i) const { return data_[i]; }

  /// Room for n more elements, whose values are the caller's to write; returns their place.
  T* grow(std::size_t n) {
    if (size_ + n > capacity_) {
      auto const capacity = std::max(size_ + n, capacity_ * 2);
      auto larger = raw_array<T>(capacity);
      if (size_ > 0) {
        std::memcpy(larger.get(), data_.get(), size_ * sizeof(T));
      }
      data_ = std::move(larger);
      capacity_ = capacity;
    }
    size_ += n;
    return data_.get() + (size_ - n);
  }
  /// Gives the last n elements back.
  void shrink(std::size_t n) { size_ -= n; }

 private:
  RawArray<T> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace nta
