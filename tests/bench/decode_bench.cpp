// One capture -> CPU time of reading it: by nta into packet rows, or by libpcap that only counts.
// One mode a process, so that scripts/bench.sh can alternate them; prints packets and ns CPU a
// packet.
//   nta_bench_decode rows|frames|libpcap FILE
#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/ingest.hpp"

#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace {

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::uint64_t rows(std::string const& path) {
  std::uint64_t n = 0;
  nta::ingest({.paths = {path}}, [&](nta::PacketTable&& table) { n += table.size(); });
  return n;
}

std::uint64_t frames(std::string const& path) {
  auto file = nta::CaptureFile::open(path);
  nta::Frame frame;
  std::uint64_t n = 0;
  while (file.next(frame) == nta::ReadStatus::frame) ++n;
  return n;
}

/// What every libpcap program pays before it looks at a packet.
std::uint64_t libpcap(std::string const& path) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* file = pcap_open_offline(path.c_str(), error);
  if (file == nullptr) {
    std::fprintf(stderr, "%s\n", error);
    return 0;
  }
  std::uint64_t n = 0;
  pcap_pkthdr* header = nullptr;
  u_char const* bytes = nullptr;
  while (pcap_next_ex(file, &header, &bytes) == 1) ++n;
  pcap_close(file);
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  std::string const mode = argc == 3 ? argv[1] : "";
  if (mode != "rows" && mode != "frames" && mode != "libpcap") {
    std::fprintf(stderr, "usage: nta_bench_decode rows|frames|libpcap FILE\n");
    return 2;
  }
  double const start = cpu_s();
  auto const n = mode == "rows"     ? rows(argv[2])
                 : mode == "frames" ? frames(argv[2])
                                    : libpcap(argv[2]);
  double const spent = cpu_s() - start;
  std::printf("packets %llu ns_per_packet %.3f\n", static_cast<unsigned long long>(n),
              n == 0 ? 0.0 : spent * 1e9 / static_cast<double>(n));
  return n == 0 ? 1 : 0;
}
