// A CUDA device for DeviceRun: everything on the stream of a worker's place, memory through Exec's
// hook, packets and results through the place's pinned buffers.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/block_fold.hpp"
#include "kernels/cuda_place.cuh"
#include "kernels/device_buffer.cuh"
#include "kernels/pinned_download.cuh"
#include "kernels/traffic_model.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace nta {

inline constexpr int kThreads = 256;

template <class F>
__global__ void __launch_bounds__(kThreads) each_kernel(std::size_t n, F const f) {
  std::size_t const i = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < n) {
    f(i);
  }
}

template <class Job>
__global__ void __launch_bounds__(kBlockThreads, 2) block_kernel(Job const job) {
  using State = typename Job::State;
  // As bytes: a state has initial values, which shared variables may not have.
  __shared__ alignas(32) unsigned char bytes[sizeof(BlockMemory<State>)];
  auto& memory = *reinterpret_cast<BlockMemory<State>*>(bytes);
  BlockThread<Job> thread(job, memory, blockIdx.x, static_cast<int>(threadIdx.x));
  thread.begin();
  __syncthreads();
  std::uint32_t const rounds = thread.rounds();
  for (std::uint32_t round = 0; round < rounds; ++round) {
    thread.load(round);
    __syncthreads();
    thread.fold(round);
    __syncthreads();
  }
  thread.end();
}

/// Hears when a stage's work has been put on the stream, before and after (tests/bench).
class StageListener {
 public:
  virtual ~StageListener() = default;
  virtual void begin(Stage stage) = 0;
  virtual void end(Stage stage) = 0;
};

class CudaDevice {
  /// Tells the listener, if there is one, for the life of a launch.
  struct Heard {
    StageListener* listener;
    Stage stage;
    Heard(StageListener* to, Stage of) : listener(to), stage(of) {
      if (listener != nullptr) {
        listener->begin(stage);
      }
    }
    ~Heard() {
      if (listener != nullptr) {
        listener->end(stage);
      }
    }
  };

 public:
  template <class T>
  using Buffer = DeviceBuffer<T>;

  /// `exec`: of a CudaPlace.
  explicit CudaDevice(Exec const& exec, StageListener* listener = nullptr)
      : exec_(exec), place_(static_cast<CudaPlace*>(exec.place)), listener_(listener) {}

  template <class T>
  DeviceBuffer<T> buffer(std::size_t n) {
    return {n, exec_};
  }
  template <class T>
  void upload(DeviceBuffer<T>& to, std::size_t first, T const* host, std::size_t n) {
    NTA_CUDA_TRY(cudaMemcpyAsync(to.raw() + first, host, n * sizeof(T), cudaMemcpyHostToDevice,
                                 exec_.stream));
  }
  template <class T>
  void download(DeviceBuffer<T> const& from, T* host, std::size_t first, std::size_t n) {
    pinned_download(from.raw() + first, n, *place_, exec_.stream,
                    [host](std::size_t done, T const* chunk, std::size_t length) {
                      std::memcpy(host + done, chunk, length * sizeof(T));
                    });
  }
  void download_columns(DeviceBuffer<FeatureCell> const& cells,
                        std::span<FeatureCell* const> columns, std::size_t n_rows) {
    constexpr std::size_t kBlockCells = 65536;
    pinned_download(cells.raw(), columns.size() * n_rows, *place_, exec_.stream,
                    [&](std::size_t done, FeatureCell const* chunk, std::size_t length) {
                      for_each_block(
                          length, kBlockCells, exec_, [&](std::size_t begin, std::size_t end) {
                            store_cells(chunk + begin, done + begin, end - begin, columns, n_rows);
                          });
                    });
  }
  template <class F>
  void each(Stage stage, std::size_t n, F const& f) {
    if (n > 0) {
      Heard const heard(listener_, stage);
      each_kernel<<<grid(n, kThreads), kThreads, 0, exec_.stream>>>(n, f);
      NTA_CUDA_TRY(cudaGetLastError());
    }
  }
  template <class Job>
  void blocks(Stage stage, Job const& job) {
    if (job.n > 0) {
      Heard const heard(listener_, stage);
      block_kernel<<<grid(job.n, kBlockFlows), kBlockThreads, 0, exec_.stream>>>(job);
      NTA_CUDA_TRY(cudaGetLastError());
    }
  }

  // cuda_group.cu
  void upload_packets(SelectedPackets const& packets, DeviceBuffer<PackedPacket>& to,
                      DeviceBuffer<std::uint32_t>& ids);
  template <class Predicate>
  std::size_t select(Stage stage, std::size_t n, Predicate const& predicate, std::uint32_t* first);
  template <class Predicate>
  std::size_t count(std::size_t n, DeviceBuffer<std::uint8_t> const& marks,
                    Predicate const& predicate);
  void sort(DeviceBuffer<std::uint64_t>& keys, DeviceBuffer<std::uint64_t>& sorted, std::size_t n,
            int bits);

 private:
  static unsigned grid(std::size_t n, std::size_t per_block) {
    return static_cast<unsigned>((n + per_block - 1) / per_block);
  }
  Exec exec_;
  CudaPlace* place_;
  StageListener* listener_;
};

}  // namespace nta
