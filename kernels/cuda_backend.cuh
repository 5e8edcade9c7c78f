// A bulk run on a CUDA device: rows are copied in, results out; all between stays there.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/device_buffer.cuh"
#include "kernels/fold.hpp"
#include "kernels/group.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nta {

class CudaRun {
 public:
  CudaRun(Rules const& rules, Exec const& exec) : rules_(rules), exec_(exec) {}

  // cuda_group.cu
  void copy_in(SelectedPackets const& packets);
  void group(std::uint32_t n_keys);
  void segment();
  std::vector<FlowCut> describe();
  LeftOut left_out() const;

  // cuda_fold.cu
  template <class Set>
  void finish(FlowOutput const& output);

 private:
  template <class State>
  struct Parts;
  GroupedRows rows() const { return {packet_.data(), row_.data()}; }
  template <class State>
  void fold_parts(Parts<State>& parts);
  void write_sequences(FlowOutput const& output, std::uint32_t const* order);

  Rules rules_;
  Exec exec_;
  TimeBases bases_;  // device memory
  std::size_t n_ = 0, n_flows_ = 0;
  DeviceBuffer<FlowPacket> selected_, packet_;
  DeviceBuffer<std::uint32_t> ids_, row_, first_, base_first_;
  DeviceBuffer<std::int64_t> base_s_;
  DeviceBuffer<std::uint64_t> sorted_;
  DeviceBuffer<std::uint8_t> mark_;
};

}  // namespace nta
