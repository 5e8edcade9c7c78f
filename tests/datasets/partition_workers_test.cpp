// How many workers, where, with how much memory: a pure function. The queue gives each partition
// once, and the first exception ends all.
#include "trainers/datasets/partition_workers.hpp"

#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>

namespace nta {
namespace {

constexpr std::size_t kGiB = std::size_t{1} << 30U;

Exec on_devices(int threads) {
  return {.device = Exec::Device::cuda, .threads = threads};
}

std::vector<int> devices_of(WorkerPlan const& plan) {
  std::vector<int> out;
  for (auto const& worker : plan.workers) {
    out.push_back(worker.device);
  }
  return out;
}

TEST(PlanWorkers, CoresHaveAWorkerAThread) {
  auto plan = plan_workers({.threads = 8}, {}, 64);
  EXPECT_EQ(devices_of(plan), std::vector<int>(8, -1));
  EXPECT_EQ(plan.threads, 1);
  plan = plan_workers({.threads = 8}, {}, 3);
  EXPECT_EQ(plan.workers.size(), 3U);
  EXPECT_EQ(plan.threads, 2);
  EXPECT_EQ(plan_workers({.threads = 2}, {}, 0).workers.size(), 1U);
}

TEST(PlanWorkers, EachDeviceHasOneThenASecond) {
  DeviceSpace const two[] = {{0, 80 * kGiB}, {3, 40 * kGiB}};
  auto const plan = plan_workers(on_devices(16), two, 64);
  EXPECT_EQ(devices_of(plan), (std::vector<int>{0, 3, 0, 3}));
  EXPECT_EQ(plan.threads, 4);
  EXPECT_EQ(plan.workers[0].device_bytes, 80 * kGiB / 10 * 9 / 2);
  EXPECT_EQ(plan.workers[1].device_bytes, 40 * kGiB / 10 * 9 / 2);
}

TEST(PlanWorkers, NoMoreThanPartitionsAndThreads) {
  DeviceSpace const three[] = {{0, kGiB}, {1, kGiB}, {2, kGiB}};
  EXPECT_EQ(devices_of(plan_workers(on_devices(16), three, 2)), (std::vector<int>{0, 1}));
  EXPECT_EQ(devices_of(plan_workers(on_devices(16), three, 4)), (std::vector<int>{0, 1, 2, 0}));
  // A device that idles costs more than a thread that waits; a second worker needs a thread.
  EXPECT_EQ(devices_of(plan_workers(on_devices(1), three, 16)), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(devices_of(plan_workers(on_devices(5), three, 16)), (std::vector<int>{0, 1, 2, 0, 1}));
  // The only worker of a device has all of it.
  auto const plan = plan_workers(on_devices(16), three, 4);
  EXPECT_EQ(plan.workers[0].device_bytes, kGiB / 10 * 9 / 2);
  EXPECT_EQ(plan.workers[1].device_bytes, kGiB / 10 * 9);
}

TEST(PlanWorkers, FullDevicesAreLeftAlone) {
  DeviceSpace const some[] = {{0, 1000}, {1, kGiB}, {2, 3 << 19U}};
  EXPECT_EQ(devices_of(plan_workers(on_devices(16), some, 16)), (std::vector<int>{1, 2, 1}));
  try {
    plan_workers(on_devices(16), std::span(some, 1), 16);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
  }
}

TEST(SharePartitions, EachIsTakenOnceWhateverTheWorkers) {
  for (std::size_t const workers : {1, 2, 7}) {
    for (PartitionRange const range : {PartitionRange{0, 100}, {5, 6}, {9, 11}}) {
      std::vector<std::atomic<int>> taken(100);
      std::mutex mutex;
      std::set<std::size_t> begun;
      share_partitions(range, workers, [&](std::size_t worker) -> PartitionJob {
        std::lock_guard const lock(mutex);
        begun.insert(worker);
        return [&](std::uint32_t p) { ++taken[p]; };
      });
      EXPECT_EQ(begun.size(), workers);
      for (std::uint32_t p = 0; p < taken.size(); ++p) {
        EXPECT_EQ(taken[p], p >= range.first && p < range.last ? 1 : 0) << p;
      }
    }
  }
}

TEST(SharePartitions, TheFirstExceptionEndsAll) {
  std::atomic<int> alive = 0, taken = 0;
  auto const begin = [&](std::size_t) -> PartitionJob {
    ++alive;
    std::shared_ptr<int> const held(new int(0), [&](int* p) {
      --alive;
      delete p;
    });
    return [&, held](std::uint32_t p) {
      ++taken;
      if (p == 3) {
        throw std::runtime_error("third");
      }
    };
  };
  EXPECT_THROW(share_partitions({0, 1'000'000}, 4, begin), std::runtime_error);
  EXPECT_EQ(alive, 0);
  EXPECT_LT(taken, 1'000'000);
}

TEST(SharePartitions, AWorkerThatCannotBeginEndsAll) {
  std::atomic<int> taken = 0;
  auto const begin = [&](std::size_t worker) -> PartitionJob {
    if (worker == 2) {
      throw std::runtime_error("no place");
    }
    return [&](std::uint32_t) { ++taken; };
  };
  EXPECT_THROW(share_partitions({0, 10}, 3, begin), std::runtime_error);
  EXPECT_LE(taken, 10);
}

}  // namespace
}  // namespace nta
