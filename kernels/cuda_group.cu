// Grouping and segmentation on a CUDA device: the templates of group.hpp and segment.hpp with
// thrust::cuda::par_nosync on the caller's stream; CUB's radix sort on the ids' bits.
#include "kernels/bulk_meter.hpp"
#include "kernels/cuda_backend.cuh"
#include "kernels/cuda_policy.cuh"
#include "kernels/segment.hpp"

#include <cub/device/device_radix_sort.cuh>

namespace nta {

bool cuda_available() {
  int n_devices = 0;
  bool const asked = cudaGetDeviceCount(&n_devices) == cudaSuccess;
  cudaGetLastError();  // "no device" is an answer here, no error for a later call to find
  return asked && n_devices > 0;
}

void CudaRun::copy_in(SelectedPackets const& packets) {
  n_ = packets.n;
  selected_ = {n_, exec_};
  ids_ = {n_, exec_};
  base_first_ = {packets.bases.n, exec_};
  base_s_ = {packets.bases.n, exec_};
  selected_.copy_from(packets.packet, n_);
  ids_.copy_from(packets.id, n_);
  base_first_.copy_from(packets.bases.first_row, packets.bases.n);
  base_s_.copy_from(packets.bases.base_s, packets.bases.n);
  bases_ = packets.bases;
  bases_.first_row = base_first_.data();
  bases_.base_s = base_s_.data();
}

void CudaRun::group(std::uint32_t n_keys) {
  ThrustMemory memory(exec_);
  auto const policy = cuda_policy(memory, exec_);
  sorted_ = {n_, exec_};
  DeviceBuffer<std::uint64_t> keys(n_, exec_);
  for_each_index(policy, n_, MakeSortKey{ids_.data(), keys.data()});
  ids_ = {};
  std::size_t bytes = 0;
  auto const sort = [&](void* storage) {
    NTA_CUDA_TRY(cub::DeviceRadixSort::SortKeys(storage, bytes, keys.data(), sorted_.data(),
                                                static_cast<std::int64_t>(n_), 32,
                                                32 + id_bits(n_keys), exec_.stream));
  };
  sort(nullptr);
  DeviceBuffer<char> const storage(bytes, exec_);
  sort(storage.data());
  packet_ = {n_, exec_};
  row_ = {n_, exec_};
  for_each_index(policy, n_, GatherPacket{selected_.data(), sorted_.data(), rows(), n_});
  selected_ = {};
}

void CudaRun::segment() {
  ThrustMemory memory(exec_);
  auto const policy = cuda_policy(memory, exec_);
  mark_ = {n_, exec_};
  {
    DeviceBuffer<std::uint32_t> const run_first(n_, exec_);
    auto const n_runs = find_starts(policy, n_, StartsRun{sorted_.data()}, run_first.data());
    for_each_index(policy, n_runs,
                   SegmentRun{rows(), run_first.data(), n_runs, n_, mark_.data(), bases_, rules_});
  }
  sorted_ = {};
  first_ = {n_ + 1, exec_};
  n_flows_ = find_starts(policy, n_, StartsFlow{mark_.data()}, first_.data());
  auto const end = static_cast<std::uint32_t>(n_);
  NTA_CUDA_TRY(cudaMemcpyAsync(first_.data() + n_flows_, &end, sizeof end, cudaMemcpyHostToDevice,
                               exec_.stream));
  NTA_CUDA_TRY(cudaStreamSynchronize(exec_.stream));
}

LeftOut CudaRun::left_out() const {
  ThrustMemory memory(exec_);
  return count_left_out(cuda_policy(memory, exec_), mark_.data(), n_, rules_);
}

std::vector<FlowCut> CudaRun::describe() {
  ThrustMemory memory(exec_);
  std::vector<FlowCut> cuts(n_flows_);
  DeviceBuffer<FlowCut> const on_device(n_flows_, exec_);
  for_each_index(cuda_policy(memory, exec_), n_flows_,
                 DescribeFlow{rows(), mark_.data(), first_.data(), on_device.data()});
  on_device.copy_to(cuts.data(), 0, n_flows_);
  NTA_CUDA_TRY(cudaStreamSynchronize(exec_.stream));
  return cuts;
}

}  // namespace nta
