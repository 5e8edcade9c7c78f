// A packet as meters keep it for later: 32 B, one sector of a device's memory, so that fetching a
// packet from anywhere moves nothing that belongs to another. Nothing is lost that a meter reads:
// payload bytes follow from sizes, sequence number and ICMP type exclude each other.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <cstdint>

namespace nta {

struct alignas(32) PackedPacket {
  static constexpr unsigned kSideB = 1, kFragment = 2, kOneSided = 8, kIpv6 = 16, kLeftOut = 32;
  static constexpr unsigned kHeader = 4;  // of TCP or ICMP, and it was there
  std::int64_t t;
  std::uint32_t wire_len, ip_len;
  std::uint32_t seq_or_icmp;
  std::uint16_t header_bytes, window;
  std::uint8_t l4_header_bytes, protocol, tcp_flags, ttl;
  std::uint8_t bits;
};
static_assert(sizeof(PackedPacket) == 32);

NTA_HD inline PackedPacket pack(FlowPacket const& p) {
  bool const icmp = is_icmp(p.protocol);
  bool const header = icmp ? p.icmp >= 0 : p.tcp_header;
  unsigned const bits =
      (p.side != 0 ? PackedPacket::kSideB : 0U) | (p.fragment ? PackedPacket::kFragment : 0U) |
      (header ? PackedPacket::kHeader : 0U) | (p.one_sided ? PackedPacket::kOneSided : 0U) |
      (p.ipv6 ? PackedPacket::kIpv6 : 0U) | (p.left_out ? PackedPacket::kLeftOut : 0U);
  return {p.t,
          p.wire_len,
          p.ip_len,
          icmp ? static_cast<std::uint32_t>(p.icmp) : p.seq,
          p.header_bytes,
          p.window,
          p.l4_header_bytes,
          p.protocol,
          p.tcp_flags,
          p.ttl,
          static_cast<std::uint8_t>(bits)};
}

NTA_HD inline FlowPacket unpack(PackedPacket const& q) {
  bool const icmp = is_icmp(q.protocol);
  bool const header = (q.bits & PackedPacket::kHeader) != 0;
  FlowPacket p;
  p.t = q.t;
  p.wire_len = q.wire_len;
  p.ip_len = q.ip_len;
  p.payload_bytes = q.ip_len > q.header_bytes ? q.ip_len - q.header_bytes : 0;
  p.header_bytes = q.header_bytes;
  p.l4_header_bytes = q.l4_header_bytes;
  p.seq = icmp ? 0 : q.seq_or_icmp;
  p.window = q.window;
  p.icmp = icmp && header ? static_cast<std::int32_t>(q.seq_or_icmp) : -1;
  p.side = (q.bits & PackedPacket::kSideB) != 0 ? 1 : 0;
  p.protocol = q.protocol;
  p.tcp_flags = q.tcp_flags;
  p.ttl = q.ttl;
  p.fragment = (q.bits & PackedPacket::kFragment) != 0;
  p.tcp_header = !icmp && header;
  p.one_sided = (q.bits & PackedPacket::kOneSided) != 0;
  p.ipv6 = (q.bits & PackedPacket::kIpv6) != 0;
  p.left_out = (q.bits & PackedPacket::kLeftOut) != 0;
  return p;
}

}  // namespace nta
