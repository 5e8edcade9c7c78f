// The frame that most captures are full of: Ethernet, IPv4 without options or fragments, TCP or UDP
// outside tunnels. Its fields are read at fixed offsets, its key is compared as it lies on the
// wire. Promise: the same row and key as decode() and canonical() give
// (tests/capture/plain_frame_test.cpp); whatever is not certain here is no plain frame, and the
// general decoder's.
#pragma once

#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/decode.hpp"

#include <cstdint>
#include <cstring>

namespace nta {

/// Offsets in such a frame.
struct PlainFrame {
  static constexpr std::uint32_t kIp = 14, kL4 = 34, kUdpEnd = 42, kTcpEnd = 54;
  static constexpr std::uint32_t kIpHeaderBytes = 20;
  static constexpr std::uint8_t kTcp = 6, kUdp = 17;
};

/// Could a tunnel live on one of these UDP ports?
bool is_udp_tunnel_port(unsigned source, unsigned destination) noexcept;

/// Of a frame of link type Ethernet.
inline bool is_plain_frame(std::uint8_t const* p, std::uint32_t cap_len) noexcept {
  using F = PlainFrame;
  if (cap_len < F::kUdpEnd || load_be16(p + 12) != 0x0800 || p[F::kIp] != 0x45) return false;
  std::uint32_t const ip_len = load_be16(p + F::kIp + 2);
  bool const fragment = (load_be16(p + F::kIp + 6) & 0x3FFF) != 0;
  if (fragment) return false;
  if (p[F::kIp + 9] == F::kTcp) {
    if (cap_len < F::kTcpEnd) return false;
    std::uint32_t const header_bytes = (p[F::kL4 + 12] >> 4) * 4U;
    return header_bytes >= 20 && ip_len >= F::kIpHeaderBytes + header_bytes;
  }
  return p[F::kIp + 9] == F::kUdp && ip_len >= F::kIpHeaderBytes + 8 &&
         !is_udp_tunnel_port(load_be16(p + F::kL4), load_be16(p + F::kL4 + 2));
}

/// A plain frame's PacketKey in 28 bytes: endpoints in canonical order.
struct PlainKey {
  static constexpr std::uint32_t kMaxLink = UINT16_MAX;
  // Address << 16 | port of a and of b, the low 16 bits of their MACs on top; the MACs' other bits.
  std::uint64_t word[3] = {0, 0, 0};
  std::uint32_t tail = 0;  // link << 8 | protocol
};

/// The key, and whether it is the source that is endpoint b.
struct PlainEnds {
  PlainKey key;
  bool source_is_b = false;
};

inline PlainEnds plain_ends(std::uint8_t const* p, std::uint32_t link) noexcept {
  using F = PlainFrame;
  std::uint64_t const source =
      std::uint64_t{load_be32(p + F::kIp + 12)} << 16 | load_be16(p + F::kL4);
  std::uint64_t const target =
      std::uint64_t{load_be32(p + F::kIp + 16)} << 16 | load_be16(p + F::kL4 + 2);
  std::uint64_t const source_mac = load_be48(p + 6);
  std::uint64_t const target_mac = load_be48(p);
  bool const swap = target < source;
  std::uint64_t const a = swap ? target : source;
  std::uint64_t const b = swap ? source : target;
  std::uint64_t const mac_a = swap ? target_mac : source_mac;
  std::uint64_t const mac_b = swap ? source_mac : target_mac;
  return {{{a | mac_a << 48, b | mac_b << 48, mac_a >> 16 | mac_b >> 16 << 32},
           link << 8 | p[F::kIp + 9]},
          swap};
}

inline std::uint64_t hash_of(PlainKey const& key) noexcept {
  auto const fold = [](std::uint64_t x, std::uint64_t y) {
    auto const product = static_cast<unsigned __int128>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  return fold(key.word[0] ^ 0xA0761D6478BD642FULL, key.word[1] ^ 0xE7037ED1A0B428DBULL) ^
         fold(key.word[2] ^ 0x8EBC6AF09C88C6E3ULL, key.tail ^ 0x589965CC75374CC3ULL);
}

inline PacketKey packet_key_of(PlainKey const& plain) noexcept {
  auto const set_address = [](IpAddress& address, std::uint64_t word) {
    address[10] = address[11] = 0xFF;
    std::uint32_t const big_endian = __builtin_bswap32(static_cast<std::uint32_t>(word >> 16));
    std::memcpy(address.data() + 12, &big_endian, sizeof big_endian);
  };
  PacketKey key;
  set_address(key.addr_a, plain.word[0]);
  set_address(key.addr_b, plain.word[1]);
  key.port_a = static_cast<std::uint16_t>(plain.word[0]);
  key.port_b = static_cast<std::uint16_t>(plain.word[1]);
  key.mac_a = (plain.word[2] & 0xFFFFFFFF) << 16 | plain.word[0] >> 48;
  key.mac_b = plain.word[2] >> 32 << 16 | plain.word[1] >> 48;
  key.ip_version = 4;
  key.protocol = static_cast<std::uint8_t>(plain.tail);
  key.link = plain.tail >> 8;
  return key;
}

}  // namespace nta
