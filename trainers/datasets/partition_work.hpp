// One partition of a shard folder -> its finished rows, within a budget. What does not fit is met
// twice: open flows are carried from shard to shard, and a partition with too many of them is taken
// in slices by more bits of the keys' hash.
#pragma once

#include "kernels/bulk_meter.hpp"
#include "kernels/device_place.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/flow_source.hpp"
#include "trainers/datasets/global_clock.hpp"
#include "trainers/datasets/row_runs.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace nta {

/// How a meter's memory is shared out: packets and the work on them, open flows, a table of rows.
struct MeterBudget {
  std::size_t held_bytes = 0, carried_bytes = 0, out_bytes = 0;
  std::size_t device_bytes = 0;  // for packets and the work on them
};
/// 0: no bound. Of device memory a quarter is for the table of rows.
MeterBudget meter_budget(std::size_t memory_bytes, std::size_t device_bytes = 0);

/// Where a worker runs.
struct WorkerPlace {
  Exec exec;
  std::size_t device_bytes = 0;        // 0: no bound
  std::unique_ptr<DevicePlace> place;  // of a device
};

/// What all partitions of a worker share.
struct PartitionContext {
  ShardFolder const& shards;
  FlowRequest const& request;  // profile: with_settled_clock
  GlobalClock const& clock;
  RowRuns& runs;
  WorkerPlace worker;
  std::size_t memory_bytes = 0;  // of one worker; 0: no bound
  /// Rows that were read, negative when they will be read again; looks for a reason to stop.
  std::function<void(std::int64_t)> step;
};

/// Commits the partition's rows; returns its use counts. Error(usage) if a slice of the keys cannot
/// be made to fit.
UseCounts run_partition(PartitionContext const& context, std::uint32_t partition);

/// Only the rows whose keys fall into `slice` of n_slices (a power of two), and only their keys.
void keep_slice(PacketTable& table, std::uint32_t slice, std::uint32_t n_slices);

}  // namespace nta
