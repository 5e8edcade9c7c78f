// Results out of device memory: one pinned buffer is emptied by threads while the other is copied
// behind the kernels on the worker's stream (staged_download.hpp). Other workers' kernels go on.
#pragma once

#include "kernels/cuda_place.cuh"
#include "kernels/staged_download.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>

namespace nta {

/// store(first, from, n) takes elements [first, first + n).
template <class T, class Store>
class PinnedDownload {
 public:
  static constexpr std::size_t kChunk = (std::size_t{8} << 20U) / sizeof(T);

  PinnedDownload(T const* from, CudaPlace& place, cudaStream_t stream, Store const& store)
      : from_(from), place_(place), stream_(stream), store_(store) {}
  PinnedDownload(PinnedDownload const&) = delete;
  PinnedDownload& operator=(PinnedDownload const&) = delete;
  ~PinnedDownload() { cudaStreamSynchronize(stream_); }  // also where store has thrown

  void fetch(std::size_t slot, std::size_t first, std::size_t n) {
    auto& to = place_.slot(slot);
    to.wait();  // for an upload that was there before
    NTA_CUDA_TRY(cudaMemcpyAsync(to.data(n * sizeof(T)), from_ + first, n * sizeof(T),
                                 cudaMemcpyDeviceToHost, stream_));
    to.copies_on(stream_);
  }
  void wait(std::size_t slot) { place_.slot(slot).wait(); }
  void store(std::size_t slot, std::size_t first, std::size_t n) {
    store_(first, reinterpret_cast<T const*>(place_.slot(slot).data(n * sizeof(T))), n);
  }

 private:
  T const* from_;
  CudaPlace& place_;
  cudaStream_t stream_;
  Store const& store_;
};

template <class T, class Store>
void pinned_download(T const* from, std::size_t n, CudaPlace& place, cudaStream_t stream,
                     Store const& store) {
  PinnedDownload<T, Store> stages(from, place, stream, store);
  staged_download(n, PinnedDownload<T, Store>::kChunk, stages);
}

}  // namespace nta
