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

/// A batch of flows on the device.
template <class State>
struct CudaRun::Parts {
  std::size_t flow_before = 0;
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

void CudaRun::write_sequences(FlowOutput const& output, std::uint32_t const* place) {
  ThrustMemory memory(exec_);
  auto const cells = n_flows_ * static_cast<std::size_t>(output.sequence.n);
  DeviceBuffer<std::uint16_t> const count(n_flows_, exec_);
  DeviceBuffer<std::int8_t> const direction(output.cells.direction != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::int32_t> const size(output.cells.size != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::int64_t> const gap(output.cells.gap_ns != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::uint8_t> const flags(output.cells.flags != nullptr ? cells : 0, exec_);
  DeviceBuffer<std::uint16_t> const window(output.cells.window != nullptr ? cells : 0, exec_);
  SequencePointers const out{direction.data(), size.data(), gap.data(), flags.data(),
                             window.data()};
  for_each_index(cuda_policy(memory, exec_), n_flows_,
                 WriteSequence{rows(), bases_, rules_, output.sequence, mark_.data(), first_.data(),
                               place, out, count.data()});
  count.copy_to(output.count, 0, n_flows_);
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
  DeviceBuffer<std::uint32_t> place(n_flows_, exec_);
  place.copy_from(output.place.data(), n_flows_);
  DeviceBuffer<FeatureCell> const cells(n_flows_ * std::size_t{Set::Features::kCount}, exec_);
  for (std::size_t f = 0; f < n_flows_;) {
    Parts<typename Set::State> parts;
    parts.flow_before = f;
    for (; f < n_flows_ && parts.host.part.size() < kBatchParts; ++f) {
      // Parts must not meet a change of base: merge knows none. A single part then.
      parts.host.add_flow(first[f], first[f + 1],
                          bases_.n > 1 ? first[f + 1] - first[f] : kPartRows);
    }
    fold_parts(parts);
    ThrustMemory memory(exec_);
    for_each_index(
        cuda_policy(memory, exec_), parts.host.n_flows(),
        FinishRow<Set>{parts.state.data(), parts.first.data(), parts.flow_before, mark_.data(),
                       first_.data(), place.data(), cells.data(), n_flows_, rules_});
  }
  for (std::size_t i = 0; i < output.ids.size(); ++i) {
    cells.copy_to(output.columns[i], static_cast<std::size_t>(output.ids[i]) * n_flows_, n_flows_);
  }
  if (output.sequence.n > 0) {
    write_sequences(output, place.data());
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
