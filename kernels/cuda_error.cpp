// Messages of cuda_try.cuh.
#include "libnta/core/error.hpp"

#include <cstddef>

namespace nta {

[[noreturn]] void fail_cuda(char const* call, char const* reason);
[[noreturn]] void fail_device_memory(std::size_t bytes);

void fail_cuda(char const* call, char const* reason) {
  fail(ErrorKind::device, "CUDA: {}: {}; try --device cpu", call, reason);
}

void fail_device_memory(std::size_t bytes) {
  fail(ErrorKind::device, "CUDA: no {} B of device memory; try --device cpu", bytes);
}

}  // namespace nta
