// Packets per second and core of the capture layer on a made capture: Ethernet, IPv4, TCP, snapped
// to 96 bytes, many connections interleaved. Prints JSON lines. Peer in the same run: a loop that
// walks the records of the same file and counts, the least any reader has to do.
//   nta_bench_capture [packets] [connections]
#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/core/counter_rng.hpp"
#include "tests/support/packet_builder.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using nta::test::Bytes;

/// Connections of one client and one server each, packets in both directions, order at random.
void write_capture(std::filesystem::path const& path, std::uint64_t n_packets,
                   std::uint64_t n_connections) {
  std::ofstream out(path, std::ios::binary);
  Bytes const header = nta::test::pcap({});
  out.write(reinterpret_cast<char const*>(header.data()),
            static_cast<std::streamsize>(header.size()));
  for (std::uint64_t i = 0; i < n_packets; ++i) {
    std::uint64_t const connection = nta::random_bits(1, i) % n_connections;
    bool const back = (nta::random_bits(2, i) & 1U) != 0;
    auto const client = static_cast<std::uint32_t>(0x0A000000 + connection % 65'521);
    auto const server = static_cast<std::uint32_t>(0xC0A80000 + connection % 251);
    auto const port = static_cast<unsigned>(1024 + connection % 60'000);
    Bytes frame = nta::test::ethernet(
        0x0800,
        nta::test::ipv4({.source = back ? server : client,
                         .destination = back ? client : server,
                         .total_length = 1400},
                        nta::test::tcp({.source = back ? 443 : port,
                                        .destination = back ? port : 443,
                                        .seq = static_cast<std::uint32_t>(i)},
                                       42)),
        back ? nta::test::kMac2 : nta::test::kMac1, back ? nta::test::kMac1 : nta::test::kMac2);
    Bytes record;
    record.le(1'700'000'000 + i / 1'000'000, 4).le(i % 1'000'000, 4);
    record.le(frame.size(), 4).le(1414, 4).add(frame);
    out.write(reinterpret_cast<char const*>(record.data()),
              static_cast<std::streamsize>(record.size()));
  }
}

/// Processor time: other work on the machine costs cache, but is not counted as ours.
double seconds(std::function<void()> const& work) {
  auto const now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  double const start = now();
  work();
  return now() - start;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t const n_packets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4'000'000;
  std::uint64_t const n_connections = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  auto const path = std::filesystem::temp_directory_path() /
                    ("nta-capture-bench-" + std::to_string(::getpid()) + ".pcap");
  write_capture(path, n_packets, n_connections);

  std::vector<double> ingest_s;
  std::vector<double> walk_s;
  std::uint64_t n_rows = 0;
  std::uint64_t n_walked = 0;
  constexpr int kRepetitions = 9;
  for (int i = 0; i < kRepetitions; ++i) {  // alternating, so that both meet the same machine
    n_rows = 0;
    ingest_s.push_back(seconds([&] {
      nta::ingest({.paths = {path.string()}},
                  [&](nta::PacketTable&& table) { n_rows += table.size(); });
    }));
    walk_s.push_back(seconds([&] {
      auto file = nta::CaptureFile::open(path.string());
      nta::Frame frame;
      while (file.next(frame) == nta::ReadStatus::frame) ++n_walked;
    }));
  }
  std::filesystem::remove(path);
  std::sort(ingest_s.begin(), ingest_s.end());
  std::sort(walk_s.begin(), walk_s.end());
  double const n = static_cast<double>(n_packets);
  std::printf(
      "{\"bench\":\"capture\",\"packets\":%llu,\"connections\":%llu,\"rows\":%llu,"
      "\"ingest_packets_per_s\":%.0f,\"ingest_packets_per_s_best\":%.0f,"
      "\"walk_packets_per_s\":%.0f,\"ingest_over_walk\":%.3f}\n",
      static_cast<unsigned long long>(n_packets), static_cast<unsigned long long>(n_connections),
      static_cast<unsigned long long>(n_rows), n / ingest_s[kRepetitions / 2], n / ingest_s[0],
      n / walk_s[kRepetitions / 2], ingest_s[kRepetitions / 2] / walk_s[kRepetitions / 2]);
  return n_walked == n_packets * kRepetitions && n_rows == n_packets ? 0 : 1;
}
