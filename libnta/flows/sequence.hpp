// The first n packets of a flow as columns (`flows.md` 4.4). Kept beside FlowState: n is chosen at
// run time. The streaming meter collects cells per open flow, bulk writes them from grouped rows.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

inline constexpr int kMaxSequence = 255;

enum class SequenceFilter : std::uint8_t { all, payload };
enum class SequenceBasis : std::uint8_t { ip, wire, payload };

/// n = 0: no sequences.
struct SequenceSpec {
  int n = 0;
  SequenceFilter packets = SequenceFilter::all;
  SequenceBasis size = SequenceBasis::ip;
  bool has_direction = true, has_size = true, has_gap = true, has_flags = true, has_window = true;
};

struct SequenceCell {
  std::int64_t gap_ns = 0;  // to the previous packet of the sequence; first 0
  std::uint32_t size = 0;
  std::uint16_t window = 0;
  std::uint8_t side = 0, flags = 0;
};

/// Columns [flows, n], row-major; null where not asked for.
struct SequencePointers {
  std::int8_t* direction = nullptr;
  std::int32_t* size = nullptr;
  std::int64_t* gap_ns = nullptr;
  std::uint8_t* flags = nullptr;
  std::uint16_t* window = nullptr;
};

NTA_HD inline bool in_sequence(FlowPacket const& p, SequenceSpec const& spec) {
  return spec.packets == SequenceFilter::all || p.payload_bytes > 0;
}

/// `previous`: time of the flow's packet before it that was in_sequence, kNoTime for the first.
NTA_HD inline SequenceCell sequence_cell(FlowPacket const& p, std::int64_t previous,
                                         SequenceSpec const& spec, Rules const& rules) {
  SequenceCell cell;
  if (previous != kNoTime) {
    std::int64_t const limit = INT64_MAX / rules.unit_ns;
    std::int64_t const gap = p.t - previous;
    cell.gap_ns = gap > limit ? INT64_MAX : gap * rules.unit_ns;
  }
  cell.size = spec.size == SequenceBasis::ip
                  ? p.ip_len
                  : (spec.size == SequenceBasis::wire ? p.wire_len : p.payload_bytes);
  cell.window = p.window;
  cell.side = p.side;
  cell.flags = p.tcp_flags;
  return cell;
}

/// `at` = flow * n + position.
NTA_HD inline void write_cell(SequencePointers const& out, std::size_t at, SequenceCell const& cell,
                              std::uint8_t forward) {
  if (out.direction != nullptr) {
    out.direction[at] = cell.side == forward ? 0 : 1;
  }
  if (out.size != nullptr) {
    out.size[at] = cell.size > INT32_MAX ? INT32_MAX : static_cast<std::int32_t>(cell.size);
  }
  if (out.gap_ns != nullptr) {
    out.gap_ns[at] = cell.gap_ns;
  }
  if (out.flags != nullptr) {
    out.flags[at] = cell.flags;
  }
  if (out.window != nullptr) {
    out.window[at] = cell.window;
  }
}

/// Behind the flow's last packet: -1, flags and window 0.
NTA_HD inline void write_padding(SequencePointers const& out, std::size_t at) {
  if (out.direction != nullptr) {
    out.direction[at] = -1;
  }
  if (out.size != nullptr) {
    out.size[at] = -1;
  }
  if (out.gap_ns != nullptr) {
    out.gap_ns[at] = -1;
  }
  if (out.flags != nullptr) {
    out.flags[at] = 0;
  }
  if (out.window != nullptr) {
    out.window[at] = 0;
  }
}

}  // namespace nta
