// Partitions -> workers on cores or devices: how many and where, and the one queue from which they
// take partitions. Neither shows in the rows.
#pragma once

#include "kernels/device_place.hpp"
#include "libnta/core/exec.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nta {

/// Partitions first, first + 1, ..., last - 1.
struct PartitionRange {
  std::uint32_t first = 0, last = 0;
};

struct PartitionWorker {
  int device = -1;               // < 0: on CPU cores
  std::size_t device_bytes = 0;  // its share of the device's memory
};

struct WorkerPlan {
  std::vector<PartitionWorker> workers;  // at least one
  int threads = 1;                       // of each
};

/// A worker a thread on cores. Of devices each has one first, then a second: while one reads,
/// decodes and uploads a partition, or takes rows back, the other's kernels run. Never more workers
/// than partitions, nor second ones beyond exec.threads. Error(device) if no device has room.
WorkerPlan plan_workers(Exec const& exec, std::span<DeviceSpace const> devices,
                        std::uint32_t partitions);
/// For the devices that are here.
WorkerPlan plan_workers(Exec const& exec, std::uint32_t partitions);

/// What a worker does with a partition.
using PartitionJob = std::function<void(std::uint32_t partition)>;

/// The numbers of `range`, whatever they count, shared out: begin(worker) on a thread for each
/// worker, the caller's among them; what it returns takes partition after partition from the queue
/// that all share, and goes with its thread. The first exception ends all and is thrown again.
void share_partitions(PartitionRange range, std::size_t n_workers,
                      std::function<PartitionJob(std::size_t worker)> const& begin);

}  // namespace nta
