// A record of a capture file as all formats give it: bytes, lengths, time in ns, interface.
#pragma once

#include "libnta/capture/skip_reason.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nta {

/// Largest captured length that is taken for a record and not for damage.
inline constexpr std::uint32_t kMaxRecordBytes = 16U << 20;

/// How a file counts time (`flows.md` 1.1): units of 10^-v s, or 2^-v s, since offset_s.
struct TimeScale {
  std::uint8_t resolution = 6;  // as in if_tsresol: top bit set = power of two
  std::int64_t offset_s = 0;
  std::string text() const;  // "1e-6", "2^-20"
};

/// One interface of a file; `link` is the row in the ingest's links once a packet has used it.
struct CaptureInterface {
  static constexpr std::uint32_t kNoLink = UINT32_MAX;
  std::uint32_t number = 0;
  std::uint32_t link_type = 0;
  std::uint32_t snaplen = 0;  // 0: unlimited
  TimeScale scale;
  std::string name;
  std::uint32_t link = kNoLink;
};

/// Borrowed from the file until its next record is read.
struct Frame {
  std::uint8_t const* data = nullptr;
  std::uint32_t cap_len = 0, wire_len = 0;  // B
  std::int64_t time_s = 0;                  // since the epoch, floored
  std::uint32_t time_ns = 0;                // 0..999,999,999 above time_s
  bool time_valid = true;                   // false: beyond 64-bit seconds
  bool no_timestamp = false;
  CaptureInterface* interface = nullptr;  // null: not described in the file
};

enum class ReadStatus { frame, end, fault };

/// Where and how a file ended early; offset in the decompressed stream.
struct ReadFault {
  FaultKind kind = FaultKind::none;
  std::uint64_t offset = 0;
  std::string text;
};

/// Sets the frame's time from `units` of the scale; exact, floored to ns.
void set_time(TimeScale const& scale, std::uint64_t units, Frame& frame) noexcept;

}  // namespace nta
