#include "libnta/capture/pcap_file.hpp"

#include <utility>

namespace nta {

namespace {
constexpr std::uint32_t kMagicUs = 0xA1B2C3D4;
constexpr std::uint32_t kMagicNs = 0xA1B23C4D;
constexpr std::size_t kFileHeaderBytes = 24;
}  // namespace

bool PcapFile::is_magic(std::uint8_t const* first) noexcept {
  std::uint32_t const big = load_be32(first);
  std::uint32_t const little = load_le32(first);
  return big == kMagicUs || big == kMagicNs || little == kMagicUs || little == kMagicNs;
}

PcapFile::PcapFile(ByteWindow&& window) : window_(std::move(window)) {
  std::uint8_t const* const header = window_.peek(kFileHeaderBytes);
  if (header == nullptr) {
    end_of_records();
    return;
  }
  std::uint32_t const big = load_be32(header);
  order_.big_endian = big == kMagicUs || big == kMagicNs;
  bool const is_ns = order_.u32(header) == kMagicNs;
  ns_per_fraction_ = is_ns ? 1 : 1000;
  // Writers before version 2.3 had the two lengths the other way round; of 2.3 both kinds exist.
  std::uint16_t const major = order_.u16(header + 4);
  std::uint16_t const minor = order_.u16(header + 6);
  if (major < 2 || (major == 2 && minor < 3)) {
    lengths_swapped_ = Swapped::always;
  } else if (major == 2 && minor == 3) {
    lengths_swapped_ = Swapped::if_longer;
  }
  interface_.snaplen = order_.u32(header + 16);
  // The upper half holds the length of the frame check sequence, which is no part of any size here.
  interface_.link_type = order_.u32(header + 20) & 0xFFFF;
  interface_.scale.resolution = is_ns ? 9 : 6;
  window_.consume(kFileHeaderBytes);
}

std::size_t PcapFile::next_block(std::span<Frame> frames) {
  if (frames.empty() || next(frames[0]) != ReadStatus::frame) return 0;
  if (lengths_swapped_ != Swapped::never) return 1;
  return 1 + (order_.big_endian ? walk<true>(frames.subspan(1)) : walk<false>(frames.subspan(1)));
}

template <bool kBigEndian>
std::size_t PcapFile::walk(std::span<Frame> frames) {
  constexpr ByteOrder kOrder{kBigEndian};
  std::uint8_t const* at = window_.shown();
  std::uint8_t const* const end = at + window_.available();
  std::size_t n = 0;
  while (n < frames.size() && end - at >= std::ptrdiff_t{kRecordHeaderBytes}) {
    std::uint32_t const cap_len = kOrder.u32(at + 8);
    std::uint8_t const* const data = at + kRecordHeaderBytes;
    // What is too large for the buffer, or for a record, is left to `next`.
    if (cap_len > end - data || cap_len > kMaxRecordBytes) break;
    // The header is there with what is in its line; the lengths of the next one are waited for.
    prefetch_line(at + 64);
    Frame& frame = frames[n++];
    set_record_time(kOrder, at, frame);
    frame.data = data;
    frame.cap_len = cap_len;
    frame.wire_len = kOrder.u32(at + 12);
    frame.interface = &interface_;
    at = data + cap_len;
  }
  window_.consume(static_cast<std::size_t>(at - window_.shown()));
  return n;
}

ReadStatus PcapFile::end_of_records() {
  if (fault_.kind != FaultKind::none) return ReadStatus::fault;
  if (window_.fault() != FaultKind::none) return stop(window_.fault(), window_.fault_text());
  if (window_.available() == 0) return ReadStatus::end;
  return stop(FaultKind::torn_record, "");
}

ReadStatus PcapFile::stop(FaultKind kind, std::string text) {
  fault_ = {kind, window_.offset(), std::move(text)};
  return ReadStatus::fault;
}

}  // namespace nta
