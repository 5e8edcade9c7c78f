// Where bulk work runs: device, threads, stream and memory, handed down explicitly and last.
#pragma once

#include <cstddef>

struct CUstream_st;  // what cudaStream_t points to

namespace nta {

/// Allocator hook for device memory, so that torch's caching allocator can serve our kernels.
struct DeviceMemory {
  void* (*allocate)(void* context, std::size_t bytes, CUstream_st* stream) = nullptr;
  void (*release)(void* context, void* pointer, std::size_t bytes, CUstream_st* stream) = nullptr;
  void* context = nullptr;
};

/// A worker's stream and buffers on a device, kept from run to run (kernels/device_place.hpp).
class DevicePlace;

struct Exec {
  enum class Device { cpu, cuda } device = Device::cpu;
  int threads = 1;
  CUstream_st* stream = nullptr;
  DeviceMemory* memory = nullptr;  // null: the place's own pool
  int index = -1;  // of the CUDA device; < 0: all of them where work is shared out, else the first
  DevicePlace* place = nullptr;  // null: one is made for each run
};

}  // namespace nta
