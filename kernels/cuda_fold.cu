// Folding and finishing on a CUDA device: the templates of fold.hpp and finish.hpp. Flows go
// through in batches, so that their states take bounded memory; columns come back one by one.
#include "kernels/bulk_meter.hpp"
#include "kernels/cuda_backend.cuh"
#include "kernels/cuda_policy.cuh"
#include "kernels/finish.hpp"
#include "kernels/parts.hpp"

#include <algorithm>
#include <memory>

namespace nta {
namespace {

constexpr std::uint32_t kPartRows = 256;        // a thread's work
constexpr std::size_t kBatchParts = 1U << 17U;  // about 140 MB of states

}  // namespace

/// A batch of rows on the device, each a flow.
template <class State>
struct CudaRun::Parts {
  std::size_t row_before = 0;
  FlowParts host;
  DeviceBuffer<RowRange> part;
  DeviceBuffer<std::uint32_t> first, order;
  DeviceBuffer<SidesSpan> span;  // of states with entry values
  DeviceBuffer<State> state;
};

template <class State>
void CudaRun::fold_parts(Parts<State>& parts) {
  ThrustMemory memory(exec_);
  auto const policy = cuda_policy(memory, exec_);
  auto const n_parts = parts.host.part.size();
  auto const n_flows = parts.host.n_flows();
  parts.host.bin_by_length();
  parts.part = {n_parts, exec_};
  parts.order = {n_parts, exec_};
  parts.first = {n_flows + 1, exec_};
  parts.state = {n_parts, exec_};
  parts.part.copy_from(parts.host.part.data(), n_parts);
  parts.order.copy_from(parts.host.order.data(), n_parts);
  parts.first.copy_from(parts.host.first.data(), n_flows + 1);
  if constexpr (HasEntryValues<State>) {
    parts.span = {n_parts, exec_};
    for_each_index(policy, n_parts, SpanOfPart{rows(), parts.part.data(), parts.span.data()});
    for_each_index(policy, n_flows, ScanSpans{parts.first.data(), parts.span.data()});
  }
  for_each_index(policy, n_parts,
                 FoldPart<State>{{rows(), bases_, rules_},
                                 parts.part.data(),
                                 parts.order.data(),
                                 parts.span.data(),
                                 parts.state.data()});
  for_each_index(policy, n_flows,
                 MergeParts<State>{parts.first.data(), parts.state.data(), rules_});
}

void CudaRun::write_sequences(FlowOutput const& output, std::uint32_t const* order) {
  ThrustMemory memory(exec_);
  auto const n_rows = output.order.size();
  auto const cells = n_rows * static_cast<std::size_t>(output.sequence.n);
  DeviceBuffer<std::uint16_t> const count(n_rows, exec_);
  DeviceBuffer<std::int8_t> const direction(output.cells.direction != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::int32_t> const size(output.cells.size != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::int64_t> const gap(output.cells.gap_ns != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::uint8_t> const flags(output.cells.flags != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::uint16_t> const window(output.cells.window != nullptr ? cells : 0, exec_);
  SequencePointers const out{direction.data(), size.data(), gap.data(), flags.data(),
                             window.data()};
  for_each_index(cuda_policy(memory, exec_), n_rows,
                 WriteSequence{rows(), bases_, rules_, output.sequence, mark_.data(), first_.data(),
                               order, out, count.data()});
  count.copy_to(output.count, 0, n_rows);
  auto const back = [&](auto const& buffer, auto* host) {
    if (host != nullptr) {
      buffer.copy_to(host, 0, cells);
    }
  };
  back(direction, output.cells.direction);
  back(size, output.cells.size);
  back(gap, output.cells.gap_ns);
  back(flags, output.cells.flags);
  back(window, output.cells.window);
  NTA_CUDA_TRY(cudaStreamSynchronize(exec_.stream));
}

template <class Set>
void CudaRun::finish(FlowOutput const& output) {
  std::vector<std::uint32_t> first(n_flows_ + 1);
  first_.copy_to(first.data(), 0, n_flows_ + 1);
  NTA_CUDA_TRY(cudaStreamSynchronize(exec_.stream));
  auto const n_rows = output.order.size();
  DeviceBuffer<std::uint32_t> order(n_rows, exec_);
  order.copy_from(output.order.data(), n_rows);
  DeviceBuffer<FeatureCell> const cells(n_rows * std::size_t{Set::Features::kCount}, exec_);
  for (std::size_t row = 0; row < n_rows;) {
    Parts<typename Set::State> parts;
    parts.row_before = row;
    for (; row < n_rows && parts.host.part.size() < kBatchParts; ++row) {
      auto const f = output.order[row];
      // Parts must not meet a change of base: merge knows none. A single part then.
      parts.host.add_flow(first[f], first[f + 1],
                          bases_.n > 1 ? first[f + 1] - first[f] : kPartRows);
    }
    fold_parts(parts);
    ThrustMemory memory(exec_);
    for_each_index(
        cuda_policy(memory, exec_), parts.host.n_flows(),
        FinishRow<Set>{parts.state.data(), parts.first.data(), parts.row_before, mark_.data(),
                       first_.data(), order.data(), cells.data(), n_rows, rules_});
  }
  for (std::size_t i = 0; i < output.ids.size(); ++i) {
    cells.copy_to(output.columns[i], static_cast<std::size_t>(output.ids[i]) * n_rows, n_rows);
  }
  if (output.sequence.n > 0) {
    write_sequences(output, order.data());
  }
  NTA_CUDA_TRY(cudaStreamSynchronize(exec_.stream));
}

namespace {

template <class Set>
class CudaBackend : public BulkBackend {
 public:
  CudaBackend(Rules const& rules, Exec const& exec) : run_(rules, exec) {}
  std::vector<FlowCut> cut(SelectedPackets const& packets) override {
    if (packets.n == 0) {
      return {};
    }
    run_.copy_in(packets);
    run_.group(packets.n_keys);
    run_.segment();
    return run_.describe();
  }
  LeftOut left_out() const override { return run_.left_out(); }
  void finish(FlowOutput const& output) override { run_.finish<Set>(output); }

 private:
  CudaRun run_;
};

}  // namespace

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily family, Rules const& rules,
                                               Exec const& exec) {
  return visit_set(family, [&]<class Set>(Set) -> std::unique_ptr<BulkBackend> {
    return std::make_unique<CudaBackend<Set>>(rules, exec);
  });
}

}  // namespace nta
