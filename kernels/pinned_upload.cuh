// Packets into device memory: packed by threads into one pinned buffer while the other is copied on
// a stream of its own (staged_upload.hpp).
#pragma once

#include "kernels/backend.hpp"
#include "kernels/cuda_place.cuh"
#include "kernels/packed_packet.hpp"
#include "kernels/staged_upload.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace nta {

class PinnedUpload {
 public:
  static constexpr std::size_t kChunkRows = 1U << 18U;  // 9 MB

  PinnedUpload(SelectedPackets const& packets, PackedPacket* to, std::uint32_t* ids,
               CudaPlace& place, Exec const& exec)
      : packets_(packets), to_(to), ids_(ids), place_(place), exec_(exec) {
    // The buffers were allocated in the order of the worker's stream.
    place_.ready().record(exec_.stream);
    place_.ready().hold_back(place_.copy_stream());
  }
  PinnedUpload(PinnedUpload const&) = delete;
  PinnedUpload& operator=(PinnedUpload const&) = delete;
  ~PinnedUpload() {
    if (!joined_) {  // the buffers go on the worker's stream, which has not been told to wait
      cudaStreamSynchronize(place_.copy_stream());
    }
  }

  void wait(std::size_t slot) { place_.slot(slot).wait(); }
  void fill(std::size_t slot, std::size_t first, std::size_t n) {
    constexpr std::size_t kBlockRows = 16384;
    auto* const packet = packets_in(slot, n);
    auto* const id = ids_behind(packet, n);
    for_each_block(n, kBlockRows, exec_, [&](std::size_t begin, std::size_t end) {
      for (auto i = begin; i < end; ++i) {
        packet[i] = packets_.packet[first + i];
        id[i] = packets_.id[first + i];
      }
    });
  }
  void send(std::size_t slot, std::size_t first, std::size_t n) {
    auto* const packet = packets_in(slot, n);
    auto const stream = place_.copy_stream();
    NTA_CUDA_TRY(
        cudaMemcpyAsync(to_ + first, packet, n * sizeof *packet, cudaMemcpyHostToDevice, stream));
    NTA_CUDA_TRY(cudaMemcpyAsync(ids_ + first, ids_behind(packet, n), n * sizeof *ids_,
                                 cudaMemcpyHostToDevice, stream));
    place_.slot(slot).copies_on(stream);
  }
  /// The worker's stream goes on when all has arrived.
  void join() {
    place_.ready().record(place_.copy_stream());
    place_.ready().hold_back(exec_.stream);
    joined_ = true;
  }

 private:
  PackedPacket* packets_in(std::size_t slot, std::size_t n) {
    auto* const bytes = place_.slot(slot).data(n * (sizeof(PackedPacket) + sizeof *ids_));
    return reinterpret_cast<PackedPacket*>(bytes);
  }
  static std::uint32_t* ids_behind(PackedPacket* packets, std::size_t n) {
    return reinterpret_cast<std::uint32_t*>(packets + n);
  }

  SelectedPackets const& packets_;
  PackedPacket* to_;
  std::uint32_t* ids_;
  CudaPlace& place_;
  Exec exec_;
  bool joined_ = false;
};

}  // namespace nta
