// DeviceRun: flows -> rows of features and sequences. Long flows go first, in parts, so that no
// thread has much more to do than the others; batches of them bound the memory for their states.
#pragma once

#include "kernels/block_fold.hpp"
#include "kernels/device_run.hpp"
#include "kernels/finish.hpp"

#include <algorithm>

namespace nta {

inline constexpr std::uint32_t kPartRows = 128;        // a thread's work
inline constexpr std::size_t kBatchParts = 1U << 17U;  // about 140 MB of states

/// A batch's long flows.
template <class Device>
template <class State>
struct DeviceRun<Device>::LongFlows {
  FlowParts host;
  std::vector<std::uint32_t> row, first_part;
  Buffer<RowRange> part;
  Buffer<std::uint32_t> on_device_row, on_device_part, first;
  Buffer<SidesSpan> span;  // of states with entry values
  Buffer<State> state;
};

template <class Device>
template <class State>
void DeviceRun<Device>::fold_long(LongFlows<State>& flows) {
  auto const n_parts = flows.host.part.size();
  if (n_parts == 0) {
    return;
  }
  flows.part = copied(flows.host.part);
  flows.on_device_row = copied(flows.row);
  flows.on_device_part = copied(flows.first_part);
  flows.state = device_.template buffer<State>(n_parts);
  if constexpr (HasEntryValues<State>) {
    flows.first = copied(flows.host.first);
    flows.span = device_.template buffer<SidesSpan>(n_parts);
    device_.each(Stage::long_flows, n_parts,
                 SpanOfPart{read_rows(), flows.part.raw(), flows.span.raw()});
    device_.each(Stage::long_flows, flows.row.size(),
                 ScanSpans{flows.first.raw(), flows.span.raw()});
  }
  device_.blocks(Stage::long_flows, FoldParts<State, decltype(read_rows())>{
                                        n_parts, read_rows(), bases_, rules_, flows.part.raw(),
                                        flows.span.raw(), flows.state.raw()});
  std::uint32_t longest = 0;
  for (auto const& part : flows.host.part) {
    longest = std::max(longest, part.of);
  }
  for (std::uint32_t stride = 1; stride < longest; stride *= 2) {
    device_.each(Stage::long_flows, n_parts,
                 MergeNeighbours<State>{flows.part.raw(), flows.state.raw(), rules_, stride});
  }
}

/// Rows from `row` on, as many as a batch holds; returns the row after them.
template <class Device>
template <class Set>
std::size_t DeviceRun<Device>::finish_batch(FlowOutput const& output, std::size_t row,
                                            Buffer<std::uint32_t>& order,
                                            Buffer<std::int32_t>& column,
                                            Buffer<FeatureCell>& cells) {
  auto const n_rows = output.order.size();
  LongFlows<typename Set::State> flows;
  auto const row_before = row;
  for (; row < n_rows && flows.host.part.size() < kBatchParts; ++row) {
    auto const begin = first_host_[output.order[row]], end = first_host_[output.order[row] + 1];
    // Parts must not meet a change of base: merge knows none. Such flows are folded as a whole.
    if (end - begin > kPartRows && bases_.n == 1) {
      flows.row.push_back(static_cast<std::uint32_t>(row));
      flows.first_part.push_back(static_cast<std::uint32_t>(flows.host.part.size()));
      flows.host.add_flow(begin, end, kPartRows);
    }
  }
  fold_long(flows);
  device_.blocks(
      Stage::fold,
      FinishRows<Set, decltype(read_rows()), decltype(mark_.cdata()), decltype(first_.cdata()),
                 decltype(cells.data())>{
          row - row_before, read_rows(), bases_, rules_, row_before, mark_.cdata(), first_.cdata(),
          order.cdata(), flows.on_device_row.raw(), flows.on_device_part.raw(), flows.row.size(),
          flows.state.raw(), column.raw(), cells.data(), n_rows});
  return row;
}

template <class Device>
template <class Set>
void DeviceRun<Device>::finish(FlowOutput const& output) {
  static_assert(kFitsBlock<typename Set::State>);
  auto const n_rows = output.order.size();
  std::vector<std::int32_t> columns(Set::Features::kCount, -1);
  for (std::size_t k = 0; k < output.ids.size(); ++k) {
    columns[static_cast<std::size_t>(output.ids[k])] = static_cast<std::int32_t>(k);
  }
  auto order = device_.template buffer<std::uint32_t>(n_rows);
  auto column = device_.template buffer<std::int32_t>(columns.size());
  auto cells = device_.template buffer<FeatureCell>(n_rows * output.ids.size());
  device_.upload(order, 0, output.order.data(), n_rows);
  device_.upload(column, 0, columns.data(), columns.size());
  for (std::size_t row = 0; row < n_rows;) {
    row = finish_batch<Set>(output, row, order, column, cells);
  }
  device_.download_columns(cells, output.columns, n_rows);
  if (output.sequence.n > 0) {
    write_sequences(output, order);
  }
}

template <class Device>
void DeviceRun<Device>::write_sequences(FlowOutput const& output, Buffer<std::uint32_t>& order) {
  auto const n_rows = output.order.size();
  auto const cells = n_rows * static_cast<std::size_t>(output.sequence.n);
  auto const room = [&]<class T>(T* host) {
    return device_.template buffer<T>(host != nullptr ? cells : 0);
  };
  auto count = device_.template buffer<std::uint16_t>(n_rows);
  auto direction = room(output.cells.direction);
  auto size = room(output.cells.size);
  auto gap = room(output.cells.gap_ns);
  auto flags = room(output.cells.flags);
  auto window = room(output.cells.window);
  SequencePointers const out{direction.raw(), size.raw(), gap.raw(), flags.raw(), window.raw()};
  device_.each(Stage::sequences, n_rows,
               WriteSequence{read_rows(), bases_, rules_, output.sequence, mark_.raw(),
                             first_.raw(), order.raw(), out, count.raw()});
  device_.download(count, output.count, 0, n_rows);
  auto const back = [&](auto& buffer, auto* host) {
    if (host != nullptr) {
      device_.download(buffer, host, 0, cells);
    }
  };
  back(direction, output.cells.direction);
  back(size, output.cells.size);
  back(gap, output.cells.gap_ns);
  back(flags, output.cells.flags);
  back(window, output.cells.window);
}

}  // namespace nta
