// The streaming meter: CPU time a packet, its own account of memory a flow, and the process's peak
// before and after all rows have gone, as a line of JSON.
// Usage: nta_bench_stream flood FLOWS | mature FLOWS PACKETS_A_FLOW | capture FILE
#include "libnta/capture/ingest.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/many_flows.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <vector>

namespace {

using nta::PacketTable;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// 10^6 B.
double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

struct Spent {
  double cpu_s = 0;
  std::size_t packets = 0;
};

void meter(nta::StreamMeter& meter, PacketTable const& table,
           std::span<nta::CaptureLink const> links, Spent& spent) {
  double const start = cpu_seconds();
  meter.add(table, links);
  spent.cpu_s += cpu_seconds() - start;
  spent.packets += table.size();
}

std::vector<nta::CaptureLink> one_link() {
  nta::CaptureLink link;
  link.link_type = 1;
  return {link};
}

/// `packets` of each flow, all of them open at the end.
Spent many(nta::StreamMeter& into, std::uint64_t flows, std::uint64_t packets) {
  auto const links = one_link();
  nta::test::ManyFlows traffic(flows, packets);
  Spent spent;
  while (traffic.next()) {
    meter(into, traffic.table(), links, spent);
  }
  return spent;
}

Spent capture(nta::StreamMeter& into, char const* path) {
  Spent spent;
  nta::IngestOptions options;
  options.paths = {path};
  options.rows_per_table = 1U << 16;
  nta::ingest_linked(options, [&](PacketTable&& table, std::span<nta::CaptureLink const> links) {
    meter(into, table, links, spent);
  });
  return spent;
}

}  // namespace

int main(int argc, char** argv) {
  std::string const mode = argc > 2 ? argv[1] : "";
  auto const number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  double const before_mb = peak_mb();
  nta::StreamMeter into(nta::load_profile("nta"), {});
  Spent spent;
  if (mode == "flood") {
    spent = many(into, number(2, 0), 1);
  } else if (mode == "mature") {
    spent = many(into, number(2, 0), number(3, 40));
  } else if (mode == "capture") {
    spent = capture(into, argv[2]);
  } else {
    std::fprintf(stderr, "usage: flood FLOWS | mature FLOWS PACKETS_A_FLOW | capture FILE\n");
    return 2;
  }
  std::size_t const open = into.open(), held = into.memory_bytes();
  double const metering_mb = peak_mb(), start = cpu_seconds();
  std::size_t flows = 0;
  into.finish(4096, [&](nta::FeatureTable&& rows) { flows += rows.size(); });
  double const finish_s = cpu_seconds() - start;
  auto const per = [](double x, std::size_t n) { return n > 0 ? x / static_cast<double>(n) : 0; };
  std::printf(
      "{\"packets\": %zu, \"open\": %zu, \"flows\": %zu, \"ns_per_packet\": %.1f, "
      "\"finish_ns_per_flow\": %.1f, \"held_bytes_per_flow\": %.1f, \"start_mb\": %.1f, "
      "\"peak_mb\": %.1f, \"finish_peak_mb\": %.1f}\n",
      spent.packets, open, flows, per(spent.cpu_s * 1e9, spent.packets), per(finish_s * 1e9, flows),
      per(static_cast<double>(held), open), before_mb, metering_mb, peak_mb());
}
