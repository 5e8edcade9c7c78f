// DeviceRun: packets -> flows. They are copied in, sorted by key through an index, segmented.
#pragma once

#include "kernels/device_run.hpp"
#include "kernels/group.hpp"
#include "kernels/segment.hpp"
#include "kernels/segment_long.hpp"

#include <algorithm>

namespace nta {

/// Keys with more packets are segmented in parts.
inline constexpr std::uint32_t kLongRunRows = 2048, kRunPartRows = 256;

/// Where a run lies.
struct SpanOfRun {
  std::uint32_t const *run_first, *run;
  std::uint32_t* span;  // first, last of each
  NTA_HD void operator()(std::size_t k) const {
    span[2 * k] = run_first[run[k]];
    span[2 * k + 1] = run_first[run[k] + 1];
  }
};

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
    auto run_first = device_.template buffer<std::uint32_t>(std::min(n_, n_keys) + 1);
    auto const n_runs =
        device_.select(Stage::runs, n_, StartsRun{sorted_.cdata()}, run_first.data());
    SegmentRunOf<false, decltype(rows()), decltype(run_first.cdata()), decltype(mark_.data())> run{
        rows(), run_first.cdata(), n_runs, n_, mark_.data(), bases_, rules_};
    if (bases_.n == 1) {
      run.long_rows = kLongRunRows;
      auto const end = static_cast<std::uint32_t>(n_);
      device_.upload(run_first, n_runs, &end, 1);
      segment_long_runs(run_first, n_runs);
    }
    device_.each(Stage::segment, n_runs, run);
  }
  first_ = device_.template buffer<std::uint32_t>(n_ + 1);
  n_flows_ = device_.select(Stage::flows, n_, StartsFlow{mark_.cdata()}, first_.data());
  auto const end = static_cast<std::uint32_t>(n_);
  device_.upload(first_, n_flows_, &end, 1);
  first_host_.resize(n_flows_ + 1);
  device_.download(first_, first_host_.data(), 0, n_flows_ + 1);
}

template <class Device>
void DeviceRun<Device>::segment_long_runs(Buffer<std::uint32_t>& run_first, std::size_t n_runs) {
  auto which = device_.template buffer<std::uint32_t>(n_ / kLongRunRows + 1);
  auto const n_long = device_.select(Stage::segment, n_runs,
                                     IsLongRun{run_first.cdata(), kLongRunRows}, which.data());
  if (n_long == 0) {
    return;
  }
  auto span = device_.template buffer<std::uint32_t>(2 * n_long);
  device_.each(Stage::long_flows, n_long, SpanOfRun{run_first.raw(), which.raw(), span.raw()});
  std::vector<std::uint32_t> spans(2 * n_long);
  device_.download(span, spans.data(), 0, spans.size());
  FlowParts parts;
  for (std::size_t k = 0; k < n_long; ++k) {
    parts.add_flow(spans[2 * k], spans[2 * k + 1], kRunPartRows);
  }
  auto const n_parts = parts.part.size();
  auto const part = copied(parts.part);
  auto const run_part = copied(parts.first);
  bool const monotone = rules_.order == PacketOrder::monotone_key;
  auto clock = device_.template buffer<std::int64_t>(monotone ? n_parts : 0);
  if (monotone) {
    device_.each(Stage::long_flows, n_parts, ClockOfPart{rows(), part.raw(), clock.raw()});
    device_.each(Stage::long_flows, n_long, ScanClocks{run_part.raw(), clock.raw()});
  }
  auto event = device_.template buffer<std::uint32_t>(n_parts * kRunPartRows);
  auto n_events = device_.template buffer<std::uint32_t>(n_parts);
  using Rows = decltype(rows());
  using Marks = decltype(mark_.data());
  device_.each(Stage::long_flows, n_parts,
               FindEvents<Rows, Marks>{rows(), rules_, part.raw(), monotone ? clock.raw() : nullptr,
                                       kRunPartRows, mark_.data(), event.raw(), n_events.raw()});
  device_.each(
      Stage::long_flows, n_long,
      SegmentLongRun<Rows, Marks>{{rows(), nullptr, n_runs, n_, mark_.data(), bases_, rules_},
                                  part.raw(),
                                  run_part.raw(),
                                  kRunPartRows,
                                  event.raw(),
                                  n_events.raw()});
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
