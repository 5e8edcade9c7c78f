// Any bytes as a capture file: refused as none, or read to an end or a fault with every record
// accounted for, and the same with a small buffer.
#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/frame_intake.hpp"
#include "libnta/core/error.hpp"
#include "tests/fuzz/require.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace {

using nta::fuzz::require;

struct Outcome {
  std::uint64_t n_packets = 0;
  std::uint64_t n_bytes = 0;
  nta::FaultKind fault = nta::FaultKind::none;
  std::uint64_t offset = 0;
  bool operator==(Outcome const&) const = default;
};

void check_table(nta::PacketTable const& table, std::uint64_t& n_primary) {
  require(table.rows().bits.size() == table.size(), "columns are of equal length");
  for (std::size_t i = 0; i < table.size(); ++i) {
    require(table.key[i] < table.keys.size(), "a row's key is in the key table");
    require(4U * table.ip_hdr[i] + table.l4_hdr[i] <= table.ip_len[i], "headers fit the length");
    n_primary += (table.bits[i] & nta::kRowPrimary) != 0 ? 1 : 0;
  }
}

Outcome read(std::span<std::uint8_t const> bytes, std::size_t buffer_bytes,
             std::size_t block_frames) {
  nta::CaptureFile file(std::make_unique<nta::MemorySource>(bytes), "input", buffer_bytes);
  std::uint64_t n_primary = 0;
  nta::PacketSink const sink = [&](nta::PacketTable&& table) { check_table(table, n_primary); };
  nta::IngestOptions const options{.paths = {}, .rows_per_table = 100};
  auto const intake = std::make_unique<nta::FrameIntake>(options, sink);
  Outcome outcome;
  std::array<nta::Frame, 16> frames;
  while (std::size_t const n = file.next_block(std::span(frames).first(block_frames))) {
    outcome.n_packets += n;
    for (std::size_t i = 0; i < n; ++i) outcome.n_bytes += frames[i].cap_len;
    intake->add(std::span(frames).first(n), 0);
  }
  nta::ReadStatus const status = file.next(frames[0]);
  require(status != nta::ReadStatus::frame, "no block comes after the last frame only");
  outcome.fault = file.fault().kind;
  outcome.offset = file.fault().offset;
  require((status == nta::ReadStatus::fault) == (outcome.fault != nta::FaultKind::none),
          "a fault is told");
  nta::IngestResult result;
  result.inputs.push_back({"input", bytes.size(), 0, outcome.n_packets, {}});
  intake->finish(result);  // throws unless read = used + skipped
  require(n_primary == outcome.n_packets, "each record has one primary row");
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::span<std::uint8_t const> const bytes(data, size);
  try {
    Outcome const large = read(bytes, 1U << 16, 16);
    require(large == read(bytes, 16, 1), "neither buffer nor blocks change anything");
  } catch (nta::Error const& error) {
    require(error.kind() == nta::ErrorKind::data, "only unusable data is refused");
  }
  return 0;
}
