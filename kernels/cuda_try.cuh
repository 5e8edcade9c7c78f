// Every CUDA call is checked: NTA_CUDA_TRY(call) throws Error(device) with the call's text.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace nta {

// In cuda_error.cpp: nvcc does not compile the compile-time checked formats of error.hpp.
[[noreturn]] void fail_cuda(char const* call, char const* reason);
[[noreturn]] void fail_device_memory(std::size_t bytes);

inline void check_cuda(cudaError_t code, char const* call) {
  if (code != cudaSuccess) {
    fail_cuda(call, cudaGetErrorString(code));
  }
}

}  // namespace nta

#define NTA_CUDA_TRY(call) ::nta::check_cuda((call), #call)
