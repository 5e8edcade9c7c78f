// A worker's place on a CUDA device (device_place.hpp): its own streams, so that its copies run
// beside another worker's kernels, its own pool, so that no allocation waits for another stream.
#pragma once

#include "kernels/cuda_try.cuh"
#include "kernels/device_place.hpp"

#include <cuda_runtime_api.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace nta {

/// The calling thread's device, until this object goes.
class DeviceChoice {
 public:
  explicit DeviceChoice(int index) {
    NTA_CUDA_TRY(cudaGetDevice(&before_));
    NTA_CUDA_TRY(cudaSetDevice(index));
  }
  DeviceChoice(DeviceChoice const&) = delete;
  DeviceChoice& operator=(DeviceChoice const&) = delete;
  ~DeviceChoice() { cudaSetDevice(before_); }  // destructors have nobody to tell

 private:
  int before_ = 0;
};

class CudaStream {
 public:
  CudaStream() { NTA_CUDA_TRY(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  CudaStream(CudaStream const&) = delete;
  CudaStream& operator=(CudaStream const&) = delete;
  ~CudaStream() {
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
  }
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

class CudaEvent {
 public:
  CudaEvent() { NTA_CUDA_TRY(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  CudaEvent(CudaEvent const&) = delete;
  CudaEvent& operator=(CudaEvent const&) = delete;
  ~CudaEvent() { cudaEventDestroy(event_); }
  void record(cudaStream_t stream) { NTA_CUDA_TRY(cudaEventRecord(event_, stream)); }
  void wait() const { NTA_CUDA_TRY(cudaEventSynchronize(event_)); }
  void hold_back(cudaStream_t stream) const {
    NTA_CUDA_TRY(cudaStreamWaitEvent(stream, event_, 0));
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// A pinned buffer, and the copy that uses it.
class PinnedSlot {
 public:
  PinnedSlot() = default;
  PinnedSlot(PinnedSlot const&) = delete;
  PinnedSlot& operator=(PinnedSlot const&) = delete;
  ~PinnedSlot() { cudaFreeHost(data_); }

  /// At least so many bytes; for whoever has waited.
  std::byte* data(std::size_t bytes) {
    if (bytes > size_) {
      cudaFreeHost(std::exchange(data_, nullptr));
      size_ = 0;
      NTA_CUDA_TRY(cudaMallocHost(reinterpret_cast<void**>(&data_), std::bit_ceil(bytes)));
      size_ = std::bit_ceil(bytes);
    }
    return data_;
  }
  void copies_on(cudaStream_t stream) { copied_.record(stream); }
  void wait() const { copied_.wait(); }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  CudaEvent copied_;
};

/// Device memory that stays here between runs.
class CudaPool {
 public:
  CudaPool(int device, std::size_t keeps_bytes) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = device;
    NTA_CUDA_TRY(cudaMemPoolCreate(&pool_, &properties));
    std::uint64_t keeps = keeps_bytes;
    cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keeps);  // a hint
    hook_ = {allocate, release, this};
  }
  CudaPool(CudaPool const&) = delete;
  CudaPool& operator=(CudaPool const&) = delete;
  ~CudaPool() { cudaMemPoolDestroy(pool_); }
  DeviceMemory* hook() { return &hook_; }

 private:
  static void* allocate(void* context, std::size_t bytes, cudaStream_t stream) {
    void* memory = nullptr;
    auto const pool = static_cast<CudaPool*>(context)->pool_;
    if (cudaMallocFromPoolAsync(&memory, bytes, pool, stream) != cudaSuccess) {
      cudaGetLastError();  // null says it
      return nullptr;
    }
    return memory;
  }
  static void release(void*, void* memory, std::size_t, cudaStream_t stream) {
    cudaFreeAsync(memory, stream);
  }
  cudaMemPool_t pool_ = nullptr;
  DeviceMemory hook_;
};

class CudaPlace final : public DevicePlace {
 public:
  CudaPlace(int index, std::size_t keeps_bytes) : choice_(index), pool_(index, keeps_bytes) {}
  Exec exec(Exec base) override {
    base.place = this;
    base.stream = base.stream != nullptr ? base.stream : stream_.get();
    base.memory = base.memory != nullptr ? base.memory : pool_.hook();
    return base;
  }
  cudaStream_t copy_stream() const { return copy_stream_.get(); }
  PinnedSlot& slot(std::size_t i) { return slot_[i]; }
  CudaEvent& ready() { return ready_; }

 private:
  DeviceChoice choice_;  // first to come, last to go
  CudaPool pool_;
  CudaEvent ready_;
  PinnedSlot slot_[2];
  CudaStream stream_, copy_stream_;  // the copies end before their buffers go
};

}  // namespace nta
