// Bytes that a device's kernels move a packet, as a formula, and the speed that follows: predicted,
// never measured. tests/kernels/traffic_model_test.cpp counts them and demands equality.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nta {

/// The kernels of DeviceRun, in order.
enum class Stage : std::uint8_t {
  sort_keys,   // MakeSortKey
  sort,        // radix sort
  runs,        // StartsRun
  segment,     // IsLongRun, SegmentRun
  flows,       // StartsFlow
  describe,    // DescribeFlow
  long_flows,  // parts of runs and flows that are longer than kPartRows
  fold,        // FinishRows
  sequences    // WriteSequence
};
inline constexpr int kStages = 9;
inline constexpr char const* kStageNames[kStages] = {
    "sort keys", "sort", "runs", "segment", "flows", "describe", "long flows", "fold", "sequences"};

/// Device memory moves in sectors. A kernel fetches a sector once and writes it once (neighbours
/// come from the cache); what it has written itself it need not fetch.
inline constexpr std::size_t kSector = 32;

/// Like flows of `rows` packets each, a multiple of 4 from 8 to 32, one a key, in order of time.
struct TrafficShapeOf {
  std::size_t flows = 0, rows = 20;
  int id_bits = 0;           // that the sort looks at
  std::size_t features = 0;  // 8 B each

  constexpr std::size_t packets() const { return flows * rows; }
};

struct Moved {
  std::size_t read = 0, written = 0;
  friend constexpr bool operator==(Moved const&, Moved const&) = default;
};

constexpr Moved moved(Stage stage, TrafficShapeOf const& shape) {
  auto const whole = [](std::size_t bytes) { return (bytes + kSector - 1) / kSector * kSector; };
  auto const n = shape.packets(), f = shape.flows;
  auto const passes = static_cast<std::size_t>((shape.id_bits + 7) / 8);
  constexpr std::size_t kCut = 24;  // FlowCut
  switch (stage) {
    case Stage::sort_keys:
      return {whole(4 * n), whole(8 * n)};
    case Stage::sort:  // a histogram of all digits, then a pass a digit
      return {(1 + passes) * whole(8 * n), passes * whole(8 * n)};
    case Stage::runs:
      return {whole(8 * n), whole(4 * f)};
    case Stage::segment:  // and a look for very long runs
      return {whole(4 * f) + whole(4 * (f + 1)) + whole(8 * n) + kSector * n, whole(n)};
    case Stage::flows:
      return {whole(n), whole(4 * f)};
    case Stage::describe:  // index and packet of the first row, index of the last
      return {whole(4 * (f + 1)) + whole(n) + 3 * kSector * f, whole(kCut * f)};
    case Stage::fold:
      return {whole(4 * f) + whole(4 * (f + 1)) + whole(n) + whole(8 * n) + kSector * n,
              shape.features * whole(8 * f)};
    case Stage::long_flows:
    case Stage::sequences:
      break;
  }
  return {};
}

constexpr double bytes_per_packet(TrafficShapeOf const& shape) {
  std::size_t sum = 0;
  for (int s = 0; s < kStages; ++s) {
    auto const one = moved(static_cast<Stage>(s), shape);
    sum += one.read + one.written;
  }
  return static_cast<double>(sum) / static_cast<double>(shape.packets());
}

/// What goes over the link: a packed packet and its id in; a FlowCut, a flow's first row and its
/// features back.
inline constexpr std::size_t kLinkBytes = 36;
constexpr double link_bytes_back(TrafficShapeOf const& shape) {
  constexpr std::size_t kCutAndFirst = 28;
  return static_cast<double>(shape.flows * (kCutAndFirst + 8 * shape.features)) /
         static_cast<double>(shape.packets());
}

/// Kernels alone, bound by memory: bandwidth of the data sheet, of which 65 % are reached; a launch
/// costs 5 us. Instructions are not modelled.
constexpr double predicted_packets_per_second(TrafficShapeOf const& shape, double bandwidth) {
  constexpr double kReached = 0.65, kLaunch_s = 5e-6, kLaunches = 18;
  auto const n = static_cast<double>(shape.packets());
  return n / (n * bytes_per_packet(shape) / (kReached * bandwidth) + kLaunches * kLaunch_s);
}

/// The same with what goes over a link of so many B/s each way, for each device: one worker
/// uploads, computes, takes rows back; several do it side by side, so that the slowest of the three
/// decides. What host cores do is not modelled.
constexpr double predicted_path_packets_per_second(TrafficShapeOf const& shape, double bandwidth,
                                                   double link, int workers) {
  double const steps_s[] = {static_cast<double>(kLinkBytes) / link,
                            1 / predicted_packets_per_second(shape, bandwidth),
                            link_bytes_back(shape) / link};
  double sum = 0, most = 0;
  for (double const step : steps_s) {
    sum += step;
    most = step > most ? step : most;
  }
  return 1 / (workers > 1 ? most : sum);
}
inline constexpr double kLink = 42e9;  // PCIe 5 x16, one way

struct Card {
  char const* name;
  double bandwidth;  // B/s, data sheet
};
inline constexpr Card kCards[] = {{"A100 80 GB", 2.04e12}, {"H100 SXM", 3.35e12}, {"H200", 4.8e12}};

}  // namespace nta
