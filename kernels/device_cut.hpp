// DeviceRun: packets -> flows. They are copied in, sorted by key through an index, segmented.
#pragma once

#include "kernels/device_run.hpp"
#include "kernels/group.hpp"
#include "kernels/segment.hpp"

#include <algorithm>

namespace nta {

template <class Device>
std::vector<FlowCut> DeviceRun<Device>::cut(SelectedPackets const& packets) {
  n_ = packets.n;
  if (n_ == 0) {
    return {};
  }
  copy_in(packets);
  sort_rows(packets);
  segment(packets.n_keys);
  count_left_out();
  return describe();
}

template <class Device>
void DeviceRun<Device>::copy_in(SelectedPackets const& packets) {
  auto const n_bases = packets.bases.n;
  base_first_ = device_.template buffer<std::uint32_t>(n_bases);
  base_s_ = device_.template buffer<std::int64_t>(n_bases);
  device_.upload(base_first_, 0, packets.bases.first_row, n_bases);
  device_.upload(base_s_, 0, packets.bases.base_s, n_bases);
  bases_ = packets.bases;
  bases_.first_row = base_first_.raw();
  bases_.base_s = base_s_.raw();
}

template <class Device>
void DeviceRun<Device>::sort_rows(SelectedPackets const& packets) {
  packet_ = device_.template buffer<PackedPacket>(n_);
  auto keys = device_.template buffer<std::uint64_t>(n_);
  {
    auto ids = device_.template buffer<std::uint32_t>(n_);
    device_.upload_packets(packets, packet_, ids);
    device_.each(Stage::sort_keys, n_, MakeSortKey{ids.cdata(), keys.data()});
  }
  sorted_ = device_.template buffer<std::uint64_t>(n_);
  device_.sort(keys, sorted_, n_, id_bits(packets.n_keys));
}

template <class Device>
void DeviceRun<Device>::segment(std::size_t n_keys) {
  mark_ = device_.template buffer<std::uint8_t>(n_);
  {
    auto run_first = device_.template buffer<std::uint32_t>(std::min(n_, n_keys));
    auto const n_runs =
        device_.select(Stage::runs, n_, StartsRun{sorted_.cdata()}, run_first.data());
    device_.each(
        Stage::segment, n_runs,
        SegmentRunOf<false, decltype(rows()), decltype(run_first.cdata()), decltype(mark_.data())>{
            rows(), run_first.cdata(), n_runs, n_, mark_.data(), bases_, rules_});
  }
  first_ = device_.template buffer<std::uint32_t>(n_ + 1);
  n_flows_ = device_.select(Stage::flows, n_, StartsFlow{mark_.cdata()}, first_.data());
  auto const end = static_cast<std::uint32_t>(n_);
  device_.upload(first_, n_flows_, &end, 1);
  first_host_.resize(n_flows_ + 1);
  device_.download(first_, first_host_.data(), 0, n_flows_ + 1);
}

template <class Device>
void DeviceRun<Device>::count_left_out() {
  if (rules_.leaves_rows_out()) {
    left_out_.late_fin = device_.count(n_, mark_, IsLeftOut{kMarkLeftOut});
    left_out_.single = device_.count(n_, mark_, IsLeftOut{kMarkSingle});
  }
}

template <class Device>
std::vector<FlowCut> DeviceRun<Device>::describe() {
  std::vector<FlowCut> cuts(n_flows_);
  auto on_device = device_.template buffer<FlowCut>(n_flows_);
  device_.each(Stage::describe, n_flows_,
               DescribeFlow{read_rows(), mark_.cdata(), first_.cdata(), on_device.data()});
  device_.download(on_device, cuts.data(), 0, n_flows_);
  return cuts;
}

}  // namespace nta
