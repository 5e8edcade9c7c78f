// One packet as the accumulators see it, made from a row of the packet columns and its key.
// Sizes in B; time in the profile's unit, on the meter's clock. Plain data, host and device.
#pragma once

#include "libnta/capture/packet_rows.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/rules.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

inline constexpr std::uint8_t kProtocolIcmp = 1, kProtocolTcp = 6, kProtocolUdp = 17,
                              kProtocolIcmp6 = 58;
NTA_HD inline bool is_icmp(std::uint8_t protocol) {
  return protocol == kProtocolIcmp || protocol == kProtocolIcmp6;
}

/// No packet yet.
inline constexpr std::int64_t kNoTime = INT64_MIN;
/// Times stay within +-kMaxTime ns of the base, so that any difference of two fits an i64.
inline constexpr std::int64_t kMaxTime = (std::int64_t{1} << 62) - 1;

struct FlowPacket {
  std::int64_t t = 0;  // profile's unit; after the profile's order rule
  std::uint32_t wire_len = 0, ip_len = 0, payload_bytes = 0;
  std::uint32_t seq = 0;
  std::uint16_t header_bytes = 0;  // IP with extensions + L4
  std::uint16_t window = 0;
  std::int32_t icmp = -1;  // type << 8 + code; -1: not ICMP, or not in this packet
  std::uint8_t side = 0;   // 0: from endpoint a of the flow key; see orient() in flow_end.hpp
  std::uint8_t protocol = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t ttl = 0;
  std::uint8_t l4_header_bytes = 0;
  bool fragment = false;
  bool tcp_header = false;     // TCP and the whole header was there: seq and window are real
  bool one_sided : 1 = false;  // the profile cannot tell the endpoints apart (ProjectedKey)
  bool ipv6 : 1 = false;
  bool left_out : 1 = false;  // set by segmentation: in no flow

  NTA_HD bool has(std::uint8_t flags) const { return (tcp_flags & flags) == flags; }
  NTA_HD bool lacks(std::uint8_t flags) const { return (tcp_flags & flags) == 0; }
  /// No flag but PSH and ACK, as in nearly all packets.
  NTA_HD bool plain_flags() const { return (tcp_flags & ~(kTcpPsh | kTcpAck)) == 0; }
};

static_assert(sizeof(FlowPacket) == 40, "a gap or a new member: look at SingleCells");

/// Counts of packets by TCP flag bit.
NTA_HD inline void add_flags(std::uint64_t (&flag)[8], FlowPacket const& p) {
#ifndef __CUDA_ARCH__  // a warp has packets of both kinds, and no registers for two ways
  if (p.plain_flags()) {
    flag[3] += (p.tcp_flags >> 3) & 1U;
    flag[4] += (p.tcp_flags >> 4) & 1U;
    return;
  }
#endif
  for (unsigned bit = 0; bit < 8; ++bit) {
    flag[bit] += (p.tcp_flags >> bit) & 1U;
  }
}

/// What a feature of a flow of one packet can depend on: see kSinglesAreTimeless in flow_set.hpp.
NTA_HD constexpr FlowPacket timeless(FlowPacket p) {
  p.t = 0;
  p.seq = 0;
  return p;
}

/// The packet's size by a profile's `size`, which set `nfstream` sums: that tool's accounting modes
/// 0-3 are wire16, ip (IPv6 without its 40 B), l4 and payload.
NTA_HD constexpr std::uint32_t size_of(FlowPacket const& p, SizeBasis basis) {
  constexpr std::uint32_t kIpv6Header = 40;
  switch (basis) {
    case SizeBasis::ip:
      return p.ipv6 && p.ip_len >= kIpv6Header ? p.ip_len - kIpv6Header : p.ip_len;
    case SizeBasis::wire:
      return p.wire_len;
    case SizeBasis::wire16:
      return p.wire_len & 0xFFFFU;
    case SizeBasis::l4: {
      std::uint32_t const ip_header = std::uint32_t{p.header_bytes} - p.l4_header_bytes;
      return p.ip_len > ip_header ? p.ip_len - ip_header : 0;
    }
    case SizeBasis::payload:
      break;
  }
  return p.payload_bytes;
}

/// Raw columns of PacketRows: device code cannot call std::span members.
struct RawRows {
  std::uint32_t const *key, *index;
  std::int64_t const* time_ns;
  std::uint32_t const *wire_len, *cap_len, *ip_len;
  std::uint8_t const *ip_hdr, *l4_hdr, *tcp_flags, *ttl;
  std::uint16_t const *window, *icmp;
  std::uint32_t const* seq;
  std::uint8_t const* status;
  std::uint16_t const* bits;
};

inline RawRows raw(PacketRows const& rows) {
  return {rows.key.data(),       rows.index.data(),  rows.time_ns.data(), rows.wire_len.data(),
          rows.cap_len.data(),   rows.ip_len.data(), rows.ip_hdr.data(),  rows.l4_hdr.data(),
          rows.tcp_flags.data(), rows.ttl.data(),    rows.window.data(),  rows.icmp.data(),
          rows.seq.data(),       rows.status.data(), rows.bits.data()};
}

NTA_HD constexpr std::int64_t clamp_time(std::int64_t t) {
  return t > kMaxTime ? kMaxTime : (t < -kMaxTime ? -kMaxTime : t);
}

/// ns since the base -> the profile's unit since the base, floored (the base is a whole second).
NTA_HD constexpr std::int64_t to_unit(std::int64_t time_ns, std::int64_t unit_ns) {
  std::int64_t const t = clamp_time(time_ns);
  if (unit_ns == 1) {  // no division for the finest unit
    return t;
  }
  std::int64_t const quotient = t / unit_ns;
  return quotient * unit_ns > t ? quotient - 1 : quotient;
}

/// What moves times to another base: + delta units, saturating at +-limit units (2^62 ns), which is
/// a cut for every time-out.
struct TimeShift {
  std::int64_t delta = 0, limit = kMaxTime;
};

/// From times since old_base_s to times since new_base_s.
NTA_HD constexpr TimeShift time_shift(std::int64_t old_base_s, std::int64_t new_base_s,
                                      std::int64_t unit_ns) {
  std::int64_t const per_second = 1'000'000'000 / unit_ns;
  // Captures name any second (a pcapng time offset is an i64): the distance may not fit one.
  bool const later = old_base_s >= new_base_s;
  auto const old_s = static_cast<std::uint64_t>(old_base_s);
  auto const new_s = static_cast<std::uint64_t>(new_base_s);
  std::uint64_t const apart = later ? old_s - new_s : new_s - old_s;
  std::int64_t const delta = apart > static_cast<std::uint64_t>(INT64_MAX / per_second)
                                 ? INT64_MAX
                                 : static_cast<std::int64_t>(apart) * per_second;
  return {later ? delta : -delta, kMaxTime / unit_ns};
}

NTA_HD constexpr std::int64_t shifted(std::int64_t t, TimeShift shift) {
  if (t == kNoTime) {
    return t;
  }
  if (shift.delta > 0 && t > shift.limit - shift.delta) {
    return shift.limit;
  }
  if (shift.delta < 0 && t < -shift.limit - shift.delta) {
    return -shift.limit;
  }
  return t + shift.delta;
}

/// What a packet gets from its key.
struct KeyTraits {
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 0;
  bool one_sided = false;  // see ProjectedKey
};

/// Row i as a packet at time t.
NTA_HD inline FlowPacket packet_at(RawRows const& rows, std::size_t i, KeyTraits key,
                                   std::int64_t t) {
  std::uint8_t const protocol = key.protocol;
  std::uint16_t const bits = rows.bits[i];
  bool const no_header =
      (bits & kRowL4Missing) != 0 || (bits & kRowFragmentMask) == kRowFragmentLater;
  std::uint32_t const headers = 4U * rows.ip_hdr[i] + rows.l4_hdr[i];
  FlowPacket p;
  p.t = t;
  p.wire_len = rows.wire_len[i];
  p.ip_len = rows.ip_len[i];
  p.payload_bytes = p.ip_len > headers ? p.ip_len - headers : 0;
  p.header_bytes = static_cast<std::uint16_t>(headers);
  p.l4_header_bytes = rows.l4_hdr[i];
  p.seq = rows.seq[i];
  p.window = rows.window[i];
  p.icmp = is_icmp(protocol) && !no_header ? rows.icmp[i] : -1;
  p.side = static_cast<std::uint8_t>(bits & kRowSide);
  p.one_sided = key.one_sided;
  p.ipv6 = key.ip_version == 6;
  p.protocol = protocol;
  p.tcp_flags = protocol == kProtocolTcp ? rows.tcp_flags[i] : std::uint8_t{0};
  p.ttl = rows.ttl[i];
  p.fragment = (bits & kRowFragmentMask) != 0;
  p.tcp_header = protocol == kProtocolTcp && !no_header && (bits & kRowL4Malformed) == 0;
  return p;
}

}  // namespace nta
