// The frame that most captures are full of: Ethernet, IPv4 without options or fragments, TCP or UDP
// outside tunnels, as many bytes as the three headers with TCP have. Its fields are read at fixed
// offsets, its key is compared as it lies on the wire. Promise: the same row and key as decode()
// and canonical() give (tests/capture/plain_frame_test.cpp); whatever is not certain here is no
// plain frame, and the general decoder's.
#pragma once

#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/decode.hpp"

#include <cstdint>
#include <cstring>

namespace nta {

/// Offsets in such a frame.
struct PlainFrame {
  static constexpr std::uint32_t kIp = 14, kL4 = 34, kTcpEnd = 54;
  static constexpr std::uint32_t kIpHeaderBytes = 20;
  static constexpr std::uint8_t kTcp = 6, kUdp = 17;
};

/// A bit per value of a port's low 10 bits: of nearly every UDP packet it tells that it is no
/// tunnel. The same as a list of these values, the first one again where there are fewer.
struct PortBits {
  static constexpr unsigned kLowBits = 10;
  std::uint64_t words[16] = {};
  std::uint16_t low[8] = {};
  constexpr bool has(unsigned port) const noexcept {
    return (words[port >> 6 & 15] >> (port & 63) & 1) != 0;
  }
};
extern PortBits const kUdpTunnelPorts;  // decode.cpp

/// Could a tunnel live on one of these UDP ports?
inline bool is_udp_tunnel_port(unsigned source, unsigned destination) noexcept {
  return kUdpTunnelPorts.has(source) | kUdpTunnelPorts.has(destination);
}

/// Of a frame of link type Ethernet.
inline bool is_plain_frame(std::uint8_t const* p, std::uint32_t cap_len) noexcept {
  using F = PlainFrame;
  constexpr std::uint32_t kTypeAndVersion = 0x450008;  // IPv4, a header of 20 bytes: three bytes
  if (cap_len < F::kTcpEnd || (load_le32(p + 12) & 0xFFFFFF) != kTypeAndVersion) return false;
  bool const fragment = (load_be16(p + F::kIp + 6) & 0x3FFF) != 0;
  if (fragment) return false;
  std::uint32_t const ip_len = load_be16(p + F::kIp + 2);
  if (p[F::kIp + 9] == F::kTcp) {
    std::uint32_t const header_bytes = (p[F::kL4 + 12] >> 4) * 4U;
    return header_bytes >= 20 && ip_len >= F::kIpHeaderBytes + header_bytes;
  }
  return p[F::kIp + 9] == F::kUdp && ip_len >= F::kIpHeaderBytes + 8 &&
         !is_udp_tunnel_port(load_be16(p + F::kL4), load_be16(p + F::kL4 + 2));
}

/// A plain frame's PacketKey in 28 bytes: endpoints in canonical order.
struct PlainKey {
  static constexpr std::uint32_t kMaxLink = UINT16_MAX;
  static constexpr std::uint32_t kNone = UINT32_MAX;  // a tail that no plain key has
  // Of a in the lower half, of b in the upper one: the addresses; the ports and behind them the
  // last 2 bytes of the MACs, both in this way; their first 4 bytes. The MACs' bytes as they lie in
  // the frame.
  std::uint64_t word[3] = {0, 0, 0};
  std::uint32_t tail = 0;  // link << 8 | protocol
};

/// An endpoint's share of a plain key.
struct PlainEnd {
  std::uint32_t address = 0, port = 0, mac_first_4 = 0, mac_last_2 = 0;
};
inline PlainKey plain_key(PlainEnd const& a, PlainEnd const& b, std::uint32_t tail) noexcept {
  std::uint64_t const ports = a.port | b.port << 16;
  std::uint64_t const mac_ends = a.mac_last_2 | b.mac_last_2 << 16;
  return {{a.address | std::uint64_t{b.address} << 32, ports | mac_ends << 32,
           a.mac_first_4 | std::uint64_t{b.mac_first_4} << 32},
          tail};
}

/// The key, and whether it is the source that is endpoint b.
struct PlainEnds {
  PlainKey key;
  bool source_is_b = false;
};

inline PlainEnds plain_ends(std::uint8_t const* p, std::uint32_t link) noexcept {
  using F = PlainFrame;
  PlainEnd const source{load_be32(p + F::kIp + 12), load_be16(p + F::kL4), load_le32(p + 6),
                        load_le16(p + 10)};
  PlainEnd const target{load_be32(p + F::kIp + 16), load_be16(p + F::kL4 + 2), load_le32(p),
                        load_le16(p + 4)};
  bool const swap = target.address != source.address ? target.address < source.address
                                                     : target.port < source.port;
  std::uint32_t const tail = link << 8 | p[F::kIp + 9];
  return {swap ? plain_key(target, source, tail) : plain_key(source, target, tail), swap};
}

inline bool equal(PlainKey const& x, PlainKey const& y) noexcept {
  return ((x.word[0] ^ y.word[0]) | (x.word[1] ^ y.word[1]) | (x.word[2] ^ y.word[2]) |
          (x.tail ^ y.tail)) == 0;
}

/// Both halves of the 128-bit product: each bit of the result depends on all bits of x and y. The
/// factors too: of a product that is 0, for one factor is, they tell the keys apart.
inline std::uint64_t fold(std::uint64_t x, std::uint64_t y) noexcept {
  auto const product = static_cast<unsigned __int128>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ x ^ y;
}

inline std::uint64_t hash_of(PlainKey const& key) noexcept {
  return fold(key.word[0] ^ 0xA0761D6478BD642FULL, key.word[1] ^ 0xE7037ED1A0B428DBULL) ^
         fold(key.word[2] ^ 0x8EBC6AF09C88C6E3ULL, key.tail ^ 0x589965CC75374CC3ULL);
}

inline PacketKey packet_key_of(PlainKey const& plain) noexcept {
  auto const set_address = [](IpAddress& address, std::uint64_t word) {
    address[10] = address[11] = 0xFF;
    std::uint32_t const big_endian = __builtin_bswap32(static_cast<std::uint32_t>(word));
    std::memcpy(address.data() + 12, &big_endian, sizeof big_endian);
  };
  PacketKey key;
  set_address(key.addr_a, plain.word[0]);
  set_address(key.addr_b, plain.word[0] >> 32);
  key.port_a = static_cast<std::uint16_t>(plain.word[1]);
  key.port_b = static_cast<std::uint16_t>(plain.word[1] >> 16);
  auto const mac = [](std::uint64_t first_4, std::uint64_t last_2) {
    return __builtin_bswap64(first_4 | last_2 << 32) >> 16;
  };
  key.mac_a = mac(plain.word[2] & 0xFFFFFFFF, plain.word[1] >> 32 & 0xFFFF);
  key.mac_b = mac(plain.word[2] >> 32, plain.word[1] >> 48);
  key.ip_version = 4;
  key.protocol = static_cast<std::uint8_t>(plain.tail);
  key.link = plain.tail >> 8;
  return key;
}

/// Whether a plain frame could have this key, and if so, the same in 28 bytes. A frame that is not
/// plain can have it too: a fragment, an IP header with options.
inline bool plain_key_of(PacketKey const& key, PlainKey& plain) noexcept {
  constexpr std::uint64_t kMappedLow = 0xFFFF0000;  // bytes 8 to 11 of ::ffff:a.b.c.d
  auto const is_mapped = [](IpAddress const& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.data(), sizeof words);
    return words[0] == 0 && (words[1] & 0xFFFFFFFF) == kMappedLow;
  };
  bool const other_parts = (key.tunnel_id | key.icmp_class | key.vlan_outer | key.vlan_inner |
                            key.vlan_last | key.shims | key.path) != 0;
  bool const fits = key.link <= PlainKey::kMaxLink && ((key.mac_a | key.mac_b) >> 48) == 0;
  if (key.ip_version != 4 || other_parts || !fits || !is_mapped(key.addr_a) ||
      !is_mapped(key.addr_b)) {
    return false;
  }
  auto const end = [](IpAddress const& address, std::uint16_t port, std::uint64_t mac) {
    std::uint64_t const bytes = __builtin_bswap64(mac << 16);
    return PlainEnd{load_be32(address.data() + 12), port, static_cast<std::uint32_t>(bytes),
                    static_cast<std::uint32_t>(bytes >> 32)};
  };
  plain = plain_key(end(key.addr_a, key.port_a, key.mac_a), end(key.addr_b, key.port_b, key.mac_b),
                    key.link << 8 | key.protocol);
  return true;
}

}  // namespace nta
