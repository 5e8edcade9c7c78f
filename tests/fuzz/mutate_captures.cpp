// Real captures, damaged by chance: each is read and metered under every profile and feature set in
// turn. Promise: no crash, no hang, every packet accounted for, bulk = streaming. Run it under the
// sanitizers (scripts/mutate.sh); seed and number name a mutation for ever.
//   nta_mutate_captures SEED FIRST COUNT FOLDER...
#include "kernels/bulk_meter.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/documents.hpp"
#include "libnta/flows/feature_file.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using nta::fuzz::require;
using Bytes = std::vector<std::uint8_t>;

constexpr unsigned kSecondsEach = 120;  // a hang: SIGALRM ends the process
constexpr std::uintmax_t kMaxBytes = 2U << 20U;

/// Numbers of one mutation, drawn in order.
class Draws {
 public:
  explicit Draws(std::uint64_t key) : key_(key) {}
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : nta::random_bits(key_, at_++) % n; }

 private:
  std::uint64_t key_, at_ = 0;
};

void flip_bytes(Bytes& bytes, Draws& draws) {
  for (auto n = 1 + draws.below(16); n > 0; --n) {
    bytes[draws.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + draws.below(255));
  }
}

void cut(Bytes& bytes, Draws& draws) {
  bytes.resize(draws.below(bytes.size()));
}

void remove_stretch(Bytes& bytes, Draws& draws) {
  auto const first = draws.below(bytes.size());
  auto const n = std::min<std::uint64_t>(1 + draws.below(2000), bytes.size() - first);
  auto const begin = bytes.begin() + static_cast<std::ptrdiff_t>(first);
  bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(n));
}

void repeat_stretch(Bytes& bytes, Draws& draws) {
  auto const first = draws.below(bytes.size());
  auto const n = std::min<std::uint64_t>(1 + draws.below(4000), bytes.size() - first);
  auto const begin = bytes.begin() + static_cast<std::ptrdiff_t>(first);
  Bytes const again(begin, begin + static_cast<std::ptrdiff_t>(n));
  auto const at = static_cast<std::ptrdiff_t>(draws.below(bytes.size()));
  bytes.insert(bytes.begin() + at, again.begin(), again.end());
}

/// A 16- or 32-bit field becomes a number that lengths and times break at.
void set_number(Bytes& bytes, Draws& draws) {
  constexpr std::uint32_t kOdd[] = {0,          1,          0xFFFF,     0x10000,   0x7FFFFFFF,
                                    0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 262'145,   28,
                                    12,         40,         1500,       0x01000000};
  for (auto n = 1 + draws.below(4); n > 0; --n) {
    auto const value = kOdd[draws.below(std::size(kOdd))];
    auto const width = draws.below(2) == 0 ? 2U : 4U;
    if (bytes.size() < width) {
      return;
    }
    auto const at = draws.below(bytes.size() - width + 1) & ~std::uint64_t{1};
    std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(width, bytes.size() - at));
  }
}

void mutate(Bytes& bytes, Draws& draws) {
  constexpr void (*kWays[])(Bytes&, Draws&) = {flip_bytes, cut, remove_stretch, repeat_stretch,
                                               set_number};
  for (auto n = 1 + draws.below(3); n > 0 && !bytes.empty(); --n) {
    kWays[draws.below(std::size(kWays))](bytes, draws);
  }
}

/// Bytes as a file that lies in memory alone.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes const& bytes) : fd_(::memfd_create("mutation", 0)) {
    require(fd_ >= 0, "memory for a mutation");
    for (std::size_t done = 0; done < bytes.size();) {
      auto const n = ::write(fd_, bytes.data() + done, bytes.size() - done);
      require(n > 0, "memory for a mutation");
      done += static_cast<std::size_t>(n);
    }
  }
  MemoryFile(MemoryFile const&) = delete;
  MemoryFile& operator=(MemoryFile const&) = delete;
  ~MemoryFile() { ::close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

struct Capture {
  std::vector<nta::PacketTable> tables;
  nta::IngestResult result;
};

template <class Meter>
std::string metered(Meter meter, Capture const& capture) {
  std::uint64_t rows = 0, used = 0;
  for (auto const& table : capture.tables) {
    meter.add(table, capture.result.links);
    rows += static_cast<std::uint64_t>(
        std::count(table.status.begin(), table.status.end(), std::uint8_t{0}));
  }
  auto const flows = meter.finish();
  for (auto const n : meter.use().rows) {
    used += n;
  }
  require(used == rows, "each used row is in a flow or left out for a reason");
  std::ostringstream text;
  nta::write_csv(flows, text);
  return text.str();
}

/// False: refused as no capture.
bool check(Bytes const& bytes, std::uint64_t number) {
  MemoryFile const file(bytes);
  Capture capture;
  nta::IngestOptions options{.paths = {file.path()}};
  options.rows_per_table = 1 + static_cast<std::uint32_t>(number * 37 % 5000);
  try {
    capture.result = nta::ingest(
        options, [&](nta::PacketTable&& table) { capture.tables.push_back(std::move(table)); });
  } catch (nta::Error const& error) {
    require(error.kind() == nta::ErrorKind::data, "only unusable data is refused");
    return false;
  }
  auto skipped = std::uint64_t{0};
  for (auto const& [reason, n] : capture.result.accounting.skipped) {
    skipped += n;
  }
  require(capture.result.accounting.read == capture.result.accounting.used + skipped,
          "read = used + skipped");
  auto const profiles = nta::profile_documents();
  auto const sets = nta::feature_set_documents();
  nta::MeterOptions meter;
  meter.features.set = std::string(sets[number / profiles.size() % sets.size()].name);
  meter.sequence.n = static_cast<int>(number % 3) * 10;
  auto const profile = nta::load_profile(std::string(profiles[number % profiles.size()].name));
  auto const streamed = metered(nta::StreamMeter(profile, meter), capture);
  require(streamed == metered(nta::BulkMeter(profile, meter, nta::Exec{}), capture),
          "bulk = streaming");
  return true;
}

std::vector<fs::path> captures_below(std::vector<std::string> const& folders) {
  std::vector<fs::path> paths;
  for (auto const& folder : folders) {
    for (auto const& entry : fs::recursive_directory_iterator(folder)) {
      auto const name = entry.path().filename().string();
      bool const capture = !name.ends_with(".csv") && (name.find(".pcap") != std::string::npos ||
                                                       name.find(".cap") != std::string::npos);
      if (entry.is_regular_file() && capture && entry.file_size() > 0 &&
          entry.file_size() <= kMaxBytes) {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: nta_mutate_captures SEED FIRST COUNT FOLDER...\n");
    return 2;
  }
  auto const seed = std::strtoull(argv[1], nullptr, 10);
  auto const first = std::strtoull(argv[2], nullptr, 10);
  auto const count = std::strtoull(argv[3], nullptr, 10);
  auto const paths = captures_below({argv + 4, argv + argc});
  require(!paths.empty(), "captures below the folders");
  std::uint64_t refused = 0;
  for (auto number = first; number < first + count; ++number) {
    auto const& path = paths[number % paths.size()];
    std::ifstream in(path, std::ios::binary);
    Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    Draws draws(nta::stream_key(seed, "mutation", number));
    mutate(bytes, draws);
    // What was being done when the process died.
    std::fprintf(stderr, "\rseed %llu mutation %llu %s ", seed,
                 static_cast<unsigned long long>(number), path.filename().c_str());
    ::alarm(kSecondsEach);
    refused += check(bytes, number) ? 0 : 1;
  }
  ::alarm(0);
  std::fprintf(stderr, "\n");
  std::printf("%llu mutations of %zu captures, seed %llu from %llu: %llu refused whole\n",
              static_cast<unsigned long long>(count), paths.size(),
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(refused));
  return 0;
}
