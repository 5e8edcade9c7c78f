// Grouping and segmentation on a CUDA device: device_cut.hpp with Thrust under par_nosync and CUB's
// radix sort; packets come through two pinned buffers on a copy stream of their own. Devices.
#include "kernels/bulk_meter.hpp"
#include "kernels/cuda_device.cuh"
#include "kernels/cuda_policy.cuh"
#include "kernels/device_cut.hpp"
#include "kernels/pinned_upload.cuh"

#include <cub/device/device_radix_sort.cuh>
#include <thrust/copy.h>
#include <thrust/count.h>

#include <memory>

namespace nta {

int cuda_device_count() {
  int n_devices = 0;
  bool const asked = cudaGetDeviceCount(&n_devices) == cudaSuccess;
  cudaGetLastError();  // "no device" is an answer here, no error for a later call to find
  return asked ? n_devices : 0;
}

std::vector<DeviceSpace> device_spaces(Exec const& exec) {
  std::vector<DeviceSpace> spaces;
  for (int const index : device_indices(exec, cuda_device_count())) {
    DeviceChoice const choice(index);
    std::size_t free_bytes = 0, all_bytes = 0;
    NTA_CUDA_TRY(cudaMemGetInfo(&free_bytes, &all_bytes));
    spaces.push_back({index, free_bytes});
  }
  return spaces;
}

std::unique_ptr<DevicePlace> make_device_place(Exec const& exec, std::size_t keeps_bytes) {
  return std::make_unique<CudaPlace>(device_indices(exec, cuda_device_count()).front(),
                                     keeps_bytes);
}

void CudaDevice::upload_packets(SelectedPackets const& packets, DeviceBuffer<PackedPacket>& to,
                                DeviceBuffer<std::uint32_t>& ids) {
  PinnedUpload upload(packets, to.raw(), ids.raw(), *place_, exec_);
  staged_upload(packets.n, PinnedUpload::kChunkRows, upload);
  upload.join();
}

template <class Predicate>
std::size_t CudaDevice::select(Stage stage, std::size_t n, Predicate const& predicate,
                               std::uint32_t* first) {
  Heard const heard(listener_, stage);
  ThrustMemory memory(exec_);
  // Over 64-bit numbers: CUB gives a thread half as many of them, and spills none.
  thrust::counting_iterator<std::uint64_t> const begin(0);
  auto const* const end = thrust::copy_if(cuda_policy(memory, exec_), begin,
                                          begin + static_cast<std::ptrdiff_t>(n), first, predicate);
  return static_cast<std::size_t>(end - first);
}

template <class Predicate>
std::size_t CudaDevice::count(std::size_t n, DeviceBuffer<std::uint8_t> const& marks,
                              Predicate const& predicate) {
  ThrustMemory memory(exec_);
  return static_cast<std::size_t>(
      thrust::count_if(cuda_policy(memory, exec_), marks.raw(), marks.raw() + n, predicate));
}

void CudaDevice::sort(DeviceBuffer<std::uint64_t>& keys, DeviceBuffer<std::uint64_t>& sorted,
                      std::size_t n, int bits) {
  std::size_t bytes = 0;
  auto const run = [&](void* storage) {
    NTA_CUDA_TRY(cub::DeviceRadixSort::SortKeys(storage, bytes, keys.raw(), sorted.raw(),
                                                static_cast<std::int64_t>(n), 32, 32 + bits,
                                                exec_.stream));
  };
  run(nullptr);
  DeviceBuffer<char> const storage(bytes, exec_);
  Heard const heard(listener_, Stage::sort);
  run(storage.raw());
}

template std::vector<FlowCut> DeviceRun<CudaDevice>::cut(SelectedPackets const&);

}  // namespace nta
