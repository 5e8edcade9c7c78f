// Tunnel and wireless headers in front of their payload, written from the protocol documents as
// packet_builder.hpp is, sharing nothing with the decoder.
#pragma once

#include "tests/support/packet_builder.hpp"

namespace nta::test {

/// UDP with this payload.
inline Bytes udp_with(unsigned source, unsigned destination, Bytes const& payload) {
  return Bytes{}.be16(source).be16(destination).be16(8 + payload.size()).be16(0).add(payload);
}

/// The two ends of what a tunnel carries, in one direction or back.
inline Bytes inner_ip4(bool back = false, std::size_t payload_bytes = 10) {
  Tcp const there{.source = 40000, .destination = 443};
  Tcp const again{.source = 443, .destination = 40000};
  std::uint32_t const a = 0xC0A80001, b = 0xC0A80002;
  return ipv4({.source = back ? b : a, .destination = back ? a : b},
              tcp(back ? again : there, payload_bytes));
}
inline Bytes inner_ip6(bool back = false, std::size_t payload_bytes = 10) {
  Tcp const there{.source = 40000, .destination = 443};
  Tcp const again{.source = 443, .destination = 40000};
  return ipv6({.source = back ? 8U : 7U, .destination = back ? 7U : 8U},
              tcp(back ? again : there, payload_bytes));
}
inline constexpr std::uint64_t kInnerMac1 = 0x0A0000000011, kInnerMac2 = 0x0A0000000022;
inline Bytes inner_frame(bool back = false) {
  return back ? ethernet(0x0800, inner_ip4(true), kInnerMac2, kInnerMac1)
              : ethernet(0x0800, inner_ip4(false), kInnerMac1, kInnerMac2);
}

/// Radio measures are zeros; a length that is not the header's own can be claimed.
inline Bytes radiotap(std::size_t more_bytes, Bytes const& frame) {
  return Bytes{}.be16(0).le(8 + more_bytes, 2).zeros(4 + more_bytes).add(frame);
}

struct Wlan {
  unsigned kind = 0x08;   // data
  unsigned flags = 0x01;  // to the distribution system
};
/// Addresses 1, 2, 3 (and 4) end in their number; LLC and SNAP stand in front of the payload.
inline constexpr std::uint64_t kWlanAddress = 0x020000000A00;
inline Bytes wlan(Wlan const& h, unsigned ether_type, Bytes const& payload) {
  Bytes b;
  b.u8(h.kind).u8(h.flags).be16(0);
  for (unsigned i = 1; i <= 3; ++i) b.be(kWlanAddress + i, 6);
  b.be16(0);
  if ((h.flags & 3) == 3) b.be(kWlanAddress + 4, 6);
  if ((h.kind & 0x80) != 0) b.be16(0);
  if ((h.kind & 0x80) != 0 && (h.flags & 0x80) != 0) b.be32(0);
  return b.be(0xAAAA03000000, 6).be16(ether_type).add(payload);
}

struct Gre {
  unsigned flags = 0;  // C 80, R 40, K 20, S 10
  unsigned type = 0x0800;
  std::uint32_t key = 0;
};
inline Bytes gre(Gre const& h, Bytes const& payload) {
  Bytes b;
  b.u8(h.flags).u8(0).be16(h.type);
  if ((h.flags & 0x80) != 0) b.be32(0x12340000);
  if ((h.flags & 0x20) != 0) b.be32(h.key);
  if ((h.flags & 0x10) != 0) b.be32(77);
  return b.add(payload);
}
/// GRE version 1 with payload; the call id differs per direction.
inline Bytes pptp(unsigned call_id, bool with_ack, Bytes const& ppp) {
  Bytes b;
  b.u8(0x30).u8(with_ack ? 0x81 : 1).be16(0x880B).be16(ppp.size()).be16(call_id).be32(9);
  if (with_ack) b.be32(8);
  return b.add(ppp);
}
inline Bytes erspan2(unsigned session, Bytes const& frame, unsigned version = 1) {
  return Bytes{}.be16(version << 12 | 5).be16(0xFC00U | session).be32(3).add(frame);
}
inline Bytes erspan3(unsigned session, bool optional, Bytes const& frame) {
  Bytes b;
  b.be16(0x2005).be16(0xFC00U | session).be32(99).be16(0).u8(0).u8(optional ? 1 : 0);
  return b.zeros(optional ? 8 : 0).add(frame);
}

inline Bytes vxlan(unsigned vni, Bytes const& frame) {
  return Bytes{}.be32(0x08000000).be32(vni << 8).add(frame);
}
inline Bytes geneve(unsigned vni, unsigned type, std::size_t option_words, Bytes const& payload) {
  return Bytes{}
      .u8(static_cast<unsigned>(option_words))
      .u8(0)
      .be16(type)
      .be32(vni << 8)
      .zeros(4 * option_words)
      .add(payload);
}

struct Gtp {
  unsigned flags = 0x30;  // version 1, GTP; E 4, S 2, PN 1
  unsigned message = 0xFF;
  std::uint32_t tunnel = 1;   // differs per direction
  unsigned n_extensions = 0;  // of 4 B each; sets E
};
inline Bytes gtp(Gtp const& h, Bytes const& payload) {
  unsigned const flags = h.flags | (h.n_extensions > 0 ? 4U : 0U);
  bool const optional = (flags & 7) != 0;
  std::size_t const length = payload.size() + (optional ? 4 : 0) + 4 * h.n_extensions;
  Bytes b;
  b.u8(flags).u8(h.message).be16(length).be32(h.tunnel);
  if (optional) b.be16(5).u8(0).u8(h.n_extensions > 0 ? 0x85 : 0);
  for (unsigned i = 1; i <= h.n_extensions; ++i) {
    b.u8(1).be16(9).u8(i < h.n_extensions ? 0x85 : 0);
  }
  return b.add(payload);
}

inline Bytes teredo_authentication(std::size_t id_bytes, std::size_t value_bytes,
                                   Bytes const& rest) {
  Bytes b;
  b.be16(1).u8(static_cast<unsigned>(id_bytes)).u8(static_cast<unsigned>(value_bytes));
  return b.zeros(id_bytes + value_bytes + 9).add(rest);
}
inline Bytes teredo_origin(Bytes const& rest) {
  return Bytes{}.be16(0).be16(0xFFEE).be32(0x11223344).add(rest);
}

struct Capwap {
  unsigned words = 2;    // length of the header
  bool native = false;   // T: an 802.11 frame follows
  unsigned flags = 0;    // F 80, L 40, W 20, M 10, K 08
  unsigned offset8 = 0;  // of a fragment
  unsigned preamble = 0;
};
inline Bytes capwap(Capwap const& h, Bytes const& payload) {
  Bytes b;
  b.u8(h.preamble).u8(h.words << 3).u8(h.native ? 0x03 : 0x02).u8(h.flags);
  return b.be16(7).be16(h.offset8 << 3).zeros(4 * h.words - 8).add(payload);
}

/// Tags: padding, one of three bytes that look like ends, the end.
inline Bytes tzsp(Bytes const& frame, unsigned type = 0, unsigned encapsulation = 1) {
  return Bytes{}
      .u8(1)
      .u8(type)
      .be16(encapsulation)
      .u8(0)
      .u8(40)
      .u8(3)
      .be(0x010101, 3)
      .u8(1)
      .add(frame);
}

}  // namespace nta::test
