// Packet columns -> full feature table: bulk meter against the streaming meter, CPU time,
// alternating in one run. Usage: nta_bench_kernels [packets] [packets a flow] [pairs] [threads] [1:
// bulk only]
#include "kernels/bulk_meter.hpp"
#include "tests/kernels/traffic.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <time.h>
#include <vector>

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Of the calling thread, which takes part in all that several do: with even shares, the time that
/// a run would take on a machine without neighbours.
double caller_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Spent {
  double cpu_s = 0, wall_s = 0, caller_s = 0;
  std::size_t flows = 0;
};

std::size_t finish(nta::StreamMeter& meter) {
  return meter.finish().size();
}
/// In tables of 8 MB, as a program hands them to a file.
std::size_t finish(nta::BulkMeter& meter) {
  std::size_t flows = 0;
  meter.finish(8U << 20U, [&](nta::FeatureTable&& rows) { flows += rows.size(); });
  return flows;
}

template <class Meter>
Spent measure(Meter meter, std::vector<nta::PacketTable> const& tables) {
  auto const links = nta::test::traffic_links();
  auto const cpu = cpu_seconds();
  auto const wall = wall_seconds();
  auto const caller = caller_seconds();
  for (auto const& table : tables) {
    meter.add(table, links);
  }
  auto const flows = finish(meter);
  return {cpu_seconds() - cpu, wall_seconds() - wall, caller_seconds() - caller, flows};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::size_t argument(int argc, char** argv, int i, std::size_t otherwise) {
  return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  auto const packets = argument(argc, argv, 1, 2'000'000);
  auto const per_flow = argument(argc, argv, 2, 10);
  auto const pairs = argument(argc, argv, 3, 9);
  auto const threads = static_cast<int>(argument(argc, argv, 4, 1));
  bool const bulk_only = argument(argc, argv, 5, 0) != 0;
  auto const whole = nta::test::make_traffic({.packets = packets,
                                              .keys = std::max<std::size_t>(packets / per_flow, 1),
                                              .mean_gap_ns = 200,
                                              .skipped = false,
                                              .long_gaps = false,
                                              .seed = 1});
  std::vector<nta::PacketTable> tables;
  constexpr std::size_t kTableRows = 1 << 20;
  for (std::size_t first = 0; first < packets; first += kTableRows) {
    tables.push_back(nta::test::cut_table(whole, first, std::min(packets, first + kTableRows)));
  }
  auto const profile = nta::load_profile("nta");
  std::vector<double> stream, bulk, wall, caller, ratio;
  std::size_t flows = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    auto const a = bulk_only ? Spent{} : measure(nta::StreamMeter(profile, {}), tables);
    auto const b = measure(nta::BulkMeter(profile, {}, {.threads = threads}), tables);
    stream.push_back(a.cpu_s);
    bulk.push_back(b.cpu_s);
    wall.push_back(b.wall_s);
    caller.push_back(b.caller_s);
    ratio.push_back(a.cpu_s / b.cpu_s);
    flows = b.flows;
  }
  auto const ns = [&](double seconds) { return seconds * 1e9 / static_cast<double>(packets); };
  std::printf("%zu packets, %zu flows, %d threads, %zu pairs\n", packets, flows, threads, pairs);
  std::printf("stream %.1f ns CPU a packet\n", ns(median(stream)));
  std::printf("bulk   %.1f ns CPU a packet, %.2f M packets/s CPU, %.2f M packets/s wall\n",
              ns(median(bulk)), 1e3 / ns(median(bulk)), 1e3 / ns(median(wall)));
  std::printf("caller %.1f ns CPU a packet on the calling thread\n", ns(median(caller)));
  std::printf("ratio  %.2f (%.2f-%.2f)\n", median(ratio),
              *std::min_element(ratio.begin(), ratio.end()),
              *std::max_element(ratio.begin(), ratio.end()));
}
