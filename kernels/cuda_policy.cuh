// Thrust's policy for the caller's stream, with temporary memory through Exec's hook.
#pragma once

#include "kernels/device_buffer.cuh"

#include <thrust/system/cuda/execution_policy.h>

#include <cstddef>
#include <map>

namespace nta {

/// What Thrust asks for bytes.
class ThrustMemory {
 public:
  using value_type = char;
  explicit ThrustMemory(Exec const& exec) : exec_(exec) {}
  char* allocate(std::ptrdiff_t bytes) {
    DeviceBuffer<char> buffer(static_cast<std::size_t>(bytes), exec_);
    char* const place = buffer.data();
    held_.emplace(place, std::move(buffer));
    return place;
  }
  void deallocate(char* place, std::size_t) { held_.erase(place); }

 private:
  Exec exec_;
  std::map<char*, DeviceBuffer<char>> held_;
};

inline auto cuda_policy(ThrustMemory& memory, Exec const& exec) {
  return thrust::cuda::par_nosync(memory).on(exec.stream);
}

}  // namespace nta
