// Theoretical occupancy of a kernel by NVIDIA's own calculator, which is host code alone: no
// device.
//   nta_occupancy MAJOR MINOR REGISTERS SHARED_BYTES BLOCK  ->  percent of the multiprocessor's
//   warps
#include <cuda_occupancy.h>

#include <cstdio>
#include <cstdlib>

namespace {

/// What an architecture offers, as the programming guide's table of compute capabilities has it.
struct Limits {
  int major, minor, threads, registers, shared_bytes, shared_bytes_block;
};
constexpr Limits kLimits[] = {{8, 0, 2048, 65536, 164 * 1024, 163 * 1024},
                              {9, 0, 2048, 65536, 228 * 1024, 227 * 1024},
                              {10, 0, 2048, 65536, 228 * 1024, 227 * 1024},
                              {12, 0, 1536, 65536, 100 * 1024, 99 * 1024}};

cudaOccDeviceProp properties(Limits const& limits) {
  cudaOccDeviceProp p;
  p.computeMajor = limits.major;
  p.computeMinor = limits.minor;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsPerMultiprocessor = limits.threads;
  p.regsPerBlock = limits.registers;
  p.regsPerMultiprocessor = limits.registers;
  p.warpSize = 32;
  p.sharedMemPerBlock = 48 * 1024;
  p.sharedMemPerMultiprocessor = static_cast<std::size_t>(limits.shared_bytes);
  p.numSms = 1;
  p.sharedMemPerBlockOptin = static_cast<std::size_t>(limits.shared_bytes_block);
  p.reservedSharedMemPerBlock = 1024;
  return p;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: nta_occupancy MAJOR MINOR REGISTERS SHARED_BYTES BLOCK\n");
    return 2;
  }
  int const block = std::atoi(argv[5]);
  for (auto const& limits : kLimits) {
    if (limits.major != std::atoi(argv[1]) || limits.minor != std::atoi(argv[2])) {
      continue;
    }
    auto const device = properties(limits);
    cudaOccFuncAttributes kernel;
    kernel.maxThreadsPerBlock = 1024;
    kernel.numRegs = std::atoi(argv[3]);
    kernel.sharedSizeBytes = static_cast<std::size_t>(std::atoi(argv[4]));
    cudaOccDeviceState const state;
    cudaOccResult result;
    if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, block, 0) !=
        CUDA_OCC_SUCCESS) {
      return 1;
    }
    std::printf("%d\n", 100 * result.activeBlocksPerMultiprocessor * block / limits.threads);
    return 0;
  }
  std::fprintf(stderr, "no limits known for sm_%s%s\n", argv[1], argv[2]);
  return 2;
}
