// An array that grows and is never zeroed: bulk columns are written once, right after growing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

namespace nta {

template <class T>
class RawBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::size_t size() const { return size_; }
  T* data() { return data_.get(); }
  T const* data() const { return data_.get(); }
  T const& operator[](std::size_t i) const { return data_[i]; }

  /// Room for n more elements, whose values are the caller's to write; returns their place.
  T* grow(std::size_t n) {
    if (size_ + n > capacity_) {
      auto const capacity = std::max(size_ + n, capacity_ + capacity_ / 2);
      auto larger = std::make_unique_for_overwrite<T[]>(capacity);
      if (size_ > 0) {
        std::memcpy(larger.get(), data_.get(), size_ * sizeof(T));
      }
      data_ = std::move(larger);
      capacity_ = capacity;
    }
    size_ += n;
    return data_.get() + (size_ - n);
  }
  void clear() {
    data_.reset();
    size_ = capacity_ = 0;
  }

 private:
  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace nta
