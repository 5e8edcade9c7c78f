// The CUDA back end's kernels on a device, stage by stage: bytes a packet by formula, predicted and
// measured time; then the whole path from host to host, with one worker, two, two a device. CUDA
// events, warm-ups, medians. Usage: nta_bench_device [packets] [warm-ups] [runs] Prints one JSON
// document; exit 77 without a device.
#include "kernels/bulk_meter.hpp"
#include "kernels/cuda_device.cuh"
#include "kernels/device_run.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/profile.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

namespace nta {

extern template std::vector<FlowCut> DeviceRun<CudaDevice>::cut(SelectedPackets const&);
extern template void DeviceRun<CudaDevice>::finish<NtaSet>(FlowOutput const&);

namespace {

constexpr int kNoDevice = 77;
constexpr std::size_t kRowsAFlow = 20;

/// Milliseconds of each stage in one run.
class StageTimes : public StageListener {
 public:
  explicit StageTimes(cudaStream_t stream) : stream_(stream) {
    for (auto& event : event_) {
      NTA_CUDA_TRY(cudaEventCreate(&event));
    }
  }
  ~StageTimes() override {
    for (auto event : event_) {
      cudaEventDestroy(event);
    }
  }
  void begin(Stage) override { NTA_CUDA_TRY(cudaEventRecord(event_[0], stream_)); }
  void end(Stage stage) override {
    cudaEventRecord(event_[1], stream_);
    cudaEventSynchronize(event_[1]);
    float ms = 0;
    cudaEventElapsedTime(&ms, event_[0], event_[1]);
    ms_[static_cast<std::size_t>(stage)] += ms;
  }
  std::array<double, kStages> take() { return std::exchange(ms_, {}); }

 private:
  cudaStream_t stream_;
  std::array<cudaEvent_t, 2> event_{};
  std::array<double, kStages> ms_{};
};

/// Like flows whose packets take turns.
struct Traffic {
  std::vector<PackedPacket> packet;
  std::vector<std::uint32_t> id;
  std::uint32_t first_row = 0;
  std::int64_t base_s = 0;
  TrafficShapeOf shape;

  explicit Traffic(std::size_t packets) {
    shape.flows = std::max<std::size_t>(packets / kRowsAFlow / kWarp * kWarp, kWarp);
    shape.rows = kRowsAFlow;
    shape.id_bits = id_bits(static_cast<std::uint32_t>(shape.flows));
    shape.features = NtaSet::Features::kCount;
    packet.resize(shape.packets());
    id.resize(shape.packets());
    for (std::size_t i = 0; i < shape.packets(); ++i) {
      FlowPacket p;
      p.t = static_cast<std::int64_t>(i) * 100;
      p.protocol = kProtocolTcp, p.tcp_header = true, p.tcp_flags = 16;
      p.side = static_cast<std::uint8_t>(i / shape.flows % 2);
      p.ip_len = static_cast<std::uint32_t>(40 + i % 1400);
      p.wire_len = p.ip_len + 14, p.header_bytes = 40, p.payload_bytes = p.ip_len - 40;
      packet[i] = pack(p);
      id[i] = static_cast<std::uint32_t>(i % shape.flows);
    }
  }
  SelectedPackets selected() {
    return {packet.data(),
            id.data(),
            packet.size(),
            static_cast<std::uint32_t>(shape.flows),
            {&first_row, &base_s, 1, 1}};
  }
};

std::array<double, kStages> run_once(Traffic& traffic, Rules const& rules, Exec const& exec,
                                     StageTimes* times) {
  DeviceRun<CudaDevice> run(rules, CudaDevice(exec, times));
  auto const cuts = run.cut(traffic.selected());
  std::vector<std::uint32_t> order(cuts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::vector<int> ids(traffic.shape.features);
  std::iota(ids.begin(), ids.end(), 0);
  std::vector<std::vector<FeatureCell>> cells(ids.size(), std::vector<FeatureCell>(cuts.size()));
  std::vector<FeatureCell*> columns;
  for (auto& column : cells) {
    columns.push_back(column.data());
  }
  FlowOutput output;
  output.order = order, output.ids = ids, output.columns = columns;
  run.finish<NtaSet>(output);
  return times != nullptr ? times->take() : std::array<double, kStages>{};
}

/// Host to host by workers on `devices` (one a mention), each with a place of its own: packets/s
/// while all work.
double packets_per_second(Traffic& traffic, Rules const& rules, std::vector<int> const& devices,
                          std::size_t runs) {
  auto const n_workers = devices.size();
  auto const cores = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::barrier together(static_cast<std::ptrdiff_t>(n_workers) + 1);
  auto const work = [&](int device) {
    try {
      Exec const there{.device = Exec::Device::cuda,
                       .threads = static_cast<int>(std::max<std::size_t>(cores / n_workers, 1)),
                       .index = device};
      auto const place = make_device_place(there, device_bytes(traffic.shape.packets()));
      run_once(traffic, rules, place->exec(there), nullptr);
      together.arrive_and_wait();
      while (next.fetch_add(1) < runs) {
        run_once(traffic, rules, place->exec(there), nullptr);
      }
      together.arrive_and_wait();
    } catch (...) {
      std::lock_guard const lock(mutex);
      failure = std::current_exception();
      together.arrive_and_drop();
    }
  };
  std::vector<std::jthread> threads;
  for (int const device : devices) {
    threads.emplace_back(work, device);
  }
  together.arrive_and_wait();
  auto const begin = std::chrono::steady_clock::now();
  together.arrive_and_wait();
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
  threads.clear();
  if (failure) {
    std::rethrow_exception(failure);
  }
  return static_cast<double>(traffic.shape.packets() * runs) / took.count();
}

/// Returns the card's bandwidth; 0 if it is not known.
double print(Traffic& traffic, std::vector<std::array<double, kStages>> const& runs) {
  cudaDeviceProp card{};
  int driver = 0;
  NTA_CUDA_TRY(cudaGetDeviceProperties(&card, 0));
  NTA_CUDA_TRY(cudaDriverGetVersion(&driver));
  double bandwidth = 0;
  for (auto const& known : kCards) {
    bool const same = std::string_view(card.name).find(std::string_view(known.name).substr(0, 4)) !=
                      std::string_view::npos;
    bandwidth = same ? known.bandwidth : bandwidth;
  }
  auto const n = static_cast<double>(traffic.shape.packets());
  std::printf("{\"card\": \"%s\", \"driver\": %d, \"packets\": %.0f, \"bandwidth\": %.3e,\n",
              card.name, driver, n, bandwidth);
  std::printf(" \"bytes_per_packet\": %.1f, \"runs\": %zu, \"stages\": [",
              bytes_per_packet(traffic.shape), runs.size());
  double total_ms = 0;
  for (std::size_t s = 0; s < kStages; ++s) {
    std::vector<double> ms;
    for (auto const& run : runs) {
      ms.push_back(run[s]);
    }
    std::sort(ms.begin(), ms.end());
    auto const median = ms[ms.size() / 2];
    total_ms += median;
    auto const bytes = moved(static_cast<Stage>(s), traffic.shape);
    std::printf("%s\n  {\"stage\": \"%s\", \"bytes_per_packet\": %.1f, \"measured_ms\": %.4f}",
                s == 0 ? "" : ",", kStageNames[s],
                static_cast<double>(bytes.read + bytes.written) / n, median);
  }
  std::printf("],\n \"predicted_packets_per_second\": %.3e, \"measured_packets_per_second\": %.3e",
              bandwidth > 0 ? predicted_packets_per_second(traffic.shape, bandwidth) : 0.0,
              n / (total_ms / 1000));
  return bandwidth;
}

/// One worker, two on the first device, two on each of all.
void print_workers(Traffic& traffic, Rules const& rules, double bandwidth, std::size_t runs) {
  std::vector<std::vector<int>> crews = {{0}, {0, 0}};
  if (int const n_devices = cuda_device_count(); n_devices > 1) {
    auto& all = crews.emplace_back();
    for (int i = 0; i < 2 * n_devices; ++i) {
      all.push_back(i % n_devices);
    }
  }
  std::printf(",\n \"workers\": [");
  for (std::size_t c = 0; c < crews.size(); ++c) {
    auto const& crew = crews[c];
    int const devices = c < 2 ? 1 : cuda_device_count();
    auto const one = predicted_path_packets_per_second(traffic.shape, bandwidth, kLink,
                                                       static_cast<int>(crew.size()) / devices);
    std::printf(
        "%s\n  {\"devices\": %d, \"workers\": %zu, \"predicted_packets_per_second\": %.3e,"
        " \"measured_packets_per_second\": %.3e}",
        c == 0 ? "" : ",", devices, crew.size(), bandwidth > 0 ? devices * one : 0.0,
        packets_per_second(traffic, rules, crew, runs * crew.size()));
  }
  std::printf("]}\n");
}

int run(int argc, char** argv) {
  auto const argument = [&](int i, std::size_t otherwise) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
  };
  if (!cuda_available()) {
    std::fprintf(stderr, "no CUDA device\n");
    return kNoDevice;
  }
  Traffic traffic(argument(1, 8'000'000));
  auto const rules = load_profile("nta").rules;
  Exec const anywhere{.device = Exec::Device::cuda};
  auto const place = make_device_place(anywhere, device_bytes(traffic.shape.packets()));
  auto const exec = place->exec(anywhere);
  StageTimes times(exec.stream);
  for (std::size_t i = 0; i < argument(2, 20); ++i) {
    run_once(traffic, rules, exec, &times);
  }
  std::vector<std::array<double, kStages>> runs;
  for (std::size_t i = 0; i < argument(3, 100); ++i) {
    runs.push_back(run_once(traffic, rules, exec, &times));
  }
  auto const bandwidth = print(traffic, runs);
  print_workers(traffic, rules, bandwidth, std::max<std::size_t>(argument(3, 100) / 5, 2));
  return 0;
}

}  // namespace
}  // namespace nta

int main(int argc, char** argv) {
  try {
    return nta::run(argc, argv);
  } catch (std::exception const& failure) {
    std::fprintf(stderr, "nta_bench_device: %s\n", failure.what());
    return 1;
  }
}
