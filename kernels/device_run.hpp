// A bulk run on a device with a memory of its own: packets are copied in, results out; all between
// stays there. A template over the device, so that tests run it on the CPU and count what it moves.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/packed_packet.hpp"
#include "kernels/parts.hpp"
#include "kernels/traffic_model.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nta {

/// Device offers Buffer<T> (data(), cdata() for functors, raw() for what is not counted),
/// buffer<T>(n), upload, download (waits), download_columns, upload_packets, each(stage, n, f),
/// select, count, sort, blocks.
template <class Device>
class DeviceRun {
 public:
  DeviceRun(Rules const& rules, Device device) : rules_(rules), device_(std::move(device)) {}

  std::vector<FlowCut> cut(SelectedPackets const& packets);  // device_cut.hpp
  LeftOut left_out() const { return left_out_; }
  template <class Set>
  void finish(FlowOutput const& output);  // device_finish.hpp

 private:
  template <class T>
  using Buffer = typename Device::template Buffer<T>;
  template <class State>
  struct LongFlows;

  auto rows() const { return IndexedRows{packet_.data(), sorted_.cdata()}; }
  auto read_rows() const { return IndexedRows{packet_.cdata(), sorted_.cdata()}; }
  void copy_in(SelectedPackets const& packets);
  void sort_rows(SelectedPackets const& packets);
  void segment(std::size_t n_keys);
  void segment_long_runs(Buffer<std::uint32_t>& run_first, std::size_t n_runs);
  template <class T>
  Buffer<T> copied(std::vector<T> const& host) {
    auto buffer = device_.template buffer<T>(host.size());
    device_.upload(buffer, 0, host.data(), host.size());
    return buffer;
  }
  void count_left_out();
  std::vector<FlowCut> describe();
  template <class State>
  void fold_long(LongFlows<State>& flows);
  template <class Set>
  std::size_t finish_batch(FlowOutput const& output, std::size_t row, Buffer<std::uint32_t>& order,
                           Buffer<std::int32_t>& column, Buffer<FeatureCell>& cells);
  void write_sequences(FlowOutput const& output, Buffer<std::uint32_t>& order);

  Rules rules_;
  Device device_;
  TimeBases bases_;  // device memory
  std::size_t n_ = 0, n_flows_ = 0;
  Buffer<PackedPacket> packet_;
  Buffer<std::uint32_t> first_, base_first_;
  Buffer<std::int64_t> base_s_;
  Buffer<std::uint64_t> sorted_;
  Buffer<std::uint8_t> mark_;
  std::vector<std::uint32_t> first_host_;  // first_ again, to find the long flows
  LeftOut left_out_;
};

template <class Device>
class DeviceBackend : public BulkBackend {
 public:
  DeviceBackend(Rules const& rules, Device device) : run_(rules, std::move(device)) {}
  std::vector<FlowCut> cut(SelectedPackets const& packets) override { return run_.cut(packets); }
  LeftOut left_out() const override { return run_.left_out(); }

 protected:
  DeviceRun<Device> run_;
};

template <class Set, class Device>
class DeviceBackendOf final : public DeviceBackend<Device> {
 public:
  using DeviceBackend<Device>::DeviceBackend;
  void finish(FlowOutput const& output) override { this->run_.template finish<Set>(output); }
};

}  // namespace nta
