// What a device does for the bulk meter: cut selected packets into flows, then fold and finish
// them. One implementation a device, over the same templates (group, segment, fold, finish).
#pragma once

#include "kernels/time_bases.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/packed_packet.hpp"
#include "libnta/flows/rules.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace nta {

/// Packets that are in flows, in the order in which they were added. Host memory. Segmentation on
/// CPU cores writes into them what the clock and the sides of flows change.
struct SelectedPackets {
  PackedPacket* packet = nullptr;
  std::uint32_t const* id = nullptr;  // dense number of the packet's flow key, < n_keys
  std::size_t n = 0;                  // < 2^32
  std::uint32_t n_keys = 0;
  TimeBases bases;  // host memory
};

/// A flow as segmentation leaves it. Flows ascend by key, then by time.
struct FlowCut {
  std::int64_t first_t = 0;                   // after the clock rule, since the base of its row
  std::uint32_t first_row = 0, last_row = 0;  // among the selected packets
  std::uint32_t before_row = 0;               // first row of the flow that an active cut ended here
  std::uint8_t mark = 0;                      // Mark bits of the first row
  std::uint8_t end_reason = 0;
};

/// Rows to write: row r is flow order[r]. Host memory.
struct FlowOutput {
  std::span<std::uint32_t const> order;
  std::span<int const> ids;         // features asked for
  std::span<FeatureCell*> columns;  // of `ids`, each [rows]
  SequenceSpec sequence;
  SequencePointers cells;          // if sequence.n > 0
  std::uint16_t* count = nullptr;  // [rows] if sequence.n > 0
};

/// Rows that segmentation left out of all flows.
struct LeftOut {
  std::uint64_t late_fin = 0, single = 0;
};

class BulkBackend {
 public:
  virtual ~BulkBackend() = default;
  /// Groups and segments; the memory behind `packets` is edited and must outlive it. Called once.
  virtual std::vector<FlowCut> cut(SelectedPackets const& packets) = 0;
  /// Of `cut`.
  virtual LeftOut left_out() const = 0;
  /// Folds flows of `cut` and writes their rows: any flows in any order, so that a caller may ask
  /// for block after block.
  virtual void finish(FlowOutput const& output) = 0;
};

/// For feature sets of this family.
std::unique_ptr<BulkBackend> make_cpu_backend(SetFamily family, Rules const& rules,
                                              Exec const& exec);
/// `exec`: of a DevicePlace, on its thread. Error(device) where CUDA was left out of the build.
std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily family, Rules const& rules,
                                               Exec const& exec);

/// f(first, last) over all of [0, n) in blocks, on exec.threads threads; what f throws is thrown.
void for_each_block(std::size_t n, std::size_t block, Exec const& exec,
                    std::function<void(std::size_t, std::size_t)> const& f);

}  // namespace nta
