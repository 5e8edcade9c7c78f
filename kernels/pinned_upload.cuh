// Packets into device memory: packed by threads into one pinned buffer while the other is copied on
// a stream of its own (staged_upload.hpp).
#pragma once

#include "kernels/backend.hpp"
#include "kernels/cuda_try.cuh"
#include "kernels/packed_packet.hpp"
#include "kernels/staged_upload.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace nta {

class PinnedUpload {
 public:
  PinnedUpload(SelectedPackets const& packets, PackedPacket* to, std::uint32_t* ids,
               std::size_t chunk_rows, Exec const& exec)
      : packets_(packets), to_(to), ids_(ids), exec_(exec) {
    auto const rows = std::min(chunk_rows, packets.n);
    NTA_CUDA_TRY(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    NTA_CUDA_TRY(cudaEventCreateWithFlags(&ready_, cudaEventDisableTiming));
    for (auto& slot : slot_) {
      NTA_CUDA_TRY(cudaEventCreateWithFlags(&slot.sent, cudaEventDisableTiming));
      NTA_CUDA_TRY(
          cudaMallocHost(reinterpret_cast<void**>(&slot.packet), rows * sizeof *slot.packet));
      NTA_CUDA_TRY(cudaMallocHost(reinterpret_cast<void**>(&slot.id), rows * sizeof *slot.id));
    }
    // The buffers were allocated in the order of the caller's stream.
    NTA_CUDA_TRY(cudaEventRecord(ready_, exec_.stream));
    NTA_CUDA_TRY(cudaStreamWaitEvent(stream_, ready_, 0));
  }
  PinnedUpload(PinnedUpload const&) = delete;
  PinnedUpload& operator=(PinnedUpload const&) = delete;
  ~PinnedUpload() {  // a destructor has nobody to tell
    if (stream_ != nullptr) {
      cudaStreamSynchronize(stream_);
      cudaStreamDestroy(stream_);
    }
    for (auto& slot : slot_) {
      cudaFreeHost(slot.packet);
      cudaFreeHost(slot.id);
      destroy(slot.sent);
    }
    destroy(ready_);
  }

  void wait(std::size_t slot) { NTA_CUDA_TRY(cudaEventSynchronize(slot_[slot].sent)); }
  void fill(std::size_t slot, std::size_t first, std::size_t n) {
    constexpr std::size_t kBlockRows = 16384;
    auto const& to = slot_[slot];
    for_each_block(n, kBlockRows, exec_, [&](std::size_t begin, std::size_t end) {
      for (auto i = begin; i < end; ++i) {
        to.packet[i] = pack(packets_.packet[first + i]);
        to.id[i] = packets_.id[first + i];
      }
    });
  }
  void send(std::size_t slot, std::size_t first, std::size_t n) {
    auto const& from = slot_[slot];
    NTA_CUDA_TRY(cudaMemcpyAsync(to_ + first, from.packet, n * sizeof *from.packet,
                                 cudaMemcpyHostToDevice, stream_));
    NTA_CUDA_TRY(cudaMemcpyAsync(ids_ + first, from.id, n * sizeof *from.id, cudaMemcpyHostToDevice,
                                 stream_));
    NTA_CUDA_TRY(cudaEventRecord(from.sent, stream_));
  }
  /// The caller's stream goes on when all has arrived.
  void join() {
    NTA_CUDA_TRY(cudaEventRecord(ready_, stream_));
    NTA_CUDA_TRY(cudaStreamWaitEvent(exec_.stream, ready_, 0));
  }

 private:
  struct Slot {
    PackedPacket* packet = nullptr;
    std::uint32_t* id = nullptr;
    cudaEvent_t sent = nullptr;
  };
  static void destroy(cudaEvent_t event) {
    if (event != nullptr) {
      cudaEventDestroy(event);
    }
  }

  SelectedPackets const& packets_;
  PackedPacket* to_;
  std::uint32_t* ids_;
  Exec exec_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t ready_ = nullptr;
  Slot slot_[2];
};

}  // namespace nta
