// Device memory through Exec's allocator hook, which a place has set; never initialised, freed on
// the same stream. Move-only.
#pragma once

#include "kernels/cuda_try.cuh"
#include "libnta/core/exec.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

namespace nta {

template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::size_t n, Exec const& exec) : exec_(exec), size_(n) {
    if (n == 0) {
      return;
    }
    void* const memory = exec.memory->allocate(exec.memory->context, bytes(), exec.stream);
    if (memory == nullptr) {
      fail_device_memory(bytes());
    }
    data_ = static_cast<T*>(memory);
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept { swap(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    DeviceBuffer old(std::move(*this));
    swap(other);
    return *this;
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) {
      exec_.memory->release(exec_.memory->context, data_, bytes(), exec_.stream);
    }
  }

  T* data() const { return data_; }
  T const* cdata() const { return data_; }  // for what is only read
  T* raw() const { return data_; }          // what functors get that count nothing
  std::size_t size() const { return size_; }

 private:
  std::size_t bytes() const { return size_ * sizeof(T); }
  void swap(DeviceBuffer& other) noexcept {
    std::swap(exec_, other.exec_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  Exec exec_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace nta
