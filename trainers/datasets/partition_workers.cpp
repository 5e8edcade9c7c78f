#include "trainers/datasets/partition_workers.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace nta {
namespace {

constexpr std::size_t kWorkersADevice = 2;
constexpr std::size_t kLeastShare = std::size_t{1} << 20U;  // less holds no packets worth a launch

/// A tenth stays free: for the driver, and what an allocator loses.
std::size_t share_of(std::size_t free_bytes, std::size_t workers) {
  return free_bytes / 10 * 9 / workers;
}

WorkerPlan on_devices(Exec const& exec, std::span<DeviceSpace const> devices,
                      std::uint32_t partitions) {
  auto const threads = static_cast<std::size_t>(exec.threads);
  std::vector<std::size_t> where, workers_on(devices.size(), 0);
  for (std::size_t round = 0; round < kWorkersADevice; ++round) {
    for (std::size_t d = 0; d < devices.size(); ++d) {
      bool const wanted = where.size() < partitions && (round == 0 || where.size() < threads);
      if (wanted && share_of(devices[d].free_bytes, round + 1) >= kLeastShare) {
        where.push_back(d);
        ++workers_on[d];
      }
    }
  }
  NTA_EXPECTS(!where.empty(), ErrorKind::device,
              "no CUDA device has {} MB of free memory; use --device cpu", kLeastShare >> 20U);
  WorkerPlan plan;
  for (auto const d : where) {
    plan.workers.push_back({devices[d].index, share_of(devices[d].free_bytes, workers_on[d])});
  }
  return plan;
}

}  // namespace

WorkerPlan plan_workers(Exec const& exec, std::span<DeviceSpace const> devices,
                        std::uint32_t partitions) {
  auto const threads = static_cast<std::size_t>(exec.threads);
  WorkerPlan plan;
  if (exec.device == Exec::Device::cuda) {
    plan = on_devices(exec, devices, partitions);
  } else {
    plan.workers.resize(std::clamp<std::size_t>(partitions, 1, threads));
  }
  plan.threads = static_cast<int>(std::max<std::size_t>(threads / plan.workers.size(), 1));
  return plan;
}

WorkerPlan plan_workers(Exec const& exec, std::uint32_t partitions) {
  std::vector<DeviceSpace> devices;
  if (exec.device == Exec::Device::cuda) {
    devices = device_spaces(exec);
  }
  return plan_workers(exec, devices, partitions);
}

void share_partitions(PartitionRange range, std::size_t n_workers,
                      std::function<PartitionJob(std::size_t worker)> const& begin) {
  std::atomic<std::uint32_t> next{range.first};
  std::exception_ptr failure;
  std::mutex mutex;
  auto const work = [&](std::size_t worker) {
    try {
      auto const job = begin(worker);
      for (auto p = next.fetch_add(1); p < range.last; p = next.fetch_add(1)) {
        job(p);
      }
    } catch (...) {
      std::lock_guard const lock(mutex);
      next = range.last;
      failure = failure ? failure : std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (std::size_t worker = 1; worker < n_workers; ++worker) {
      threads.emplace_back(work, worker);
    }
  } catch (std::system_error const&) {  // no more threads: fewer do the same
  }
  work(0);
  threads.clear();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace nta
