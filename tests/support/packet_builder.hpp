// Packets and capture files made of named parts, so that a test shows what it feeds. Written from
// the protocol documents, sharing nothing with the decoder: numbers are put out byte by byte.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace nta::test {

/// Bytes under construction; every call appends.
struct Bytes : std::vector<std::uint8_t> {
  using std::vector<std::uint8_t>::vector;
  Bytes& u8(unsigned v) {
    push_back(static_cast<std::uint8_t>(v));
    return *this;
  }
  Bytes& be16(std::uint64_t v) { return be(v, 2); }
  Bytes& be32(std::uint64_t v) { return be(v, 4); }
  Bytes& be(std::uint64_t v, int n) {
    for (int shift = 8 * (n - 1); shift >= 0; shift -= 8) {
      u8(static_cast<unsigned>(v >> shift) & 0xFF);
    }
    return *this;
  }
  Bytes& le(std::uint64_t v, int n) {
    for (int i = 0; i < n; ++i) u8(static_cast<unsigned>(v >> (8 * i)) & 0xFF);
    return *this;
  }
  Bytes& number(std::uint64_t v, int n, bool big) { return big ? be(v, n) : le(v, n); }
  Bytes& add(std::vector<std::uint8_t> const& more) {
    insert(end(), more.begin(), more.end());
    return *this;
  }
  Bytes& zeros(std::size_t n) {
    resize(size() + n);
    return *this;
  }
};

// ---- Packets, from the outside in: each function puts a header before its payload ----

inline constexpr std::uint64_t kMac1 = 0x020000000001, kMac2 = 0x020000000002;
inline Bytes ethernet(unsigned ether_type, Bytes const& payload, std::uint64_t source = kMac1,
                      std::uint64_t destination = kMac2) {
  return Bytes{}.be(destination, 6).be(source, 6).be16(ether_type).add(payload);
}
/// Behind an EtherType: tag control, EtherType of what follows.
inline Bytes tag(unsigned id, unsigned ether_type, Bytes const& payload) {
  return Bytes{}.be16(id).be16(ether_type).add(payload);
}

struct Ip4 {
  std::uint32_t source = 0x0A000001;       // 10.0.0.1
  std::uint32_t destination = 0x0A000002;  // 10.0.0.2
  unsigned protocol = 6;
  int total_length = -1;  // -1: what it is
  unsigned ihl = 5;       // options are zeros
  unsigned id = 0x1234;
  unsigned fragment = 0;  // flags and offset
  unsigned ttl = 64;
  unsigned tos = 0;
  unsigned version = 4;
};
inline Bytes ipv4(Ip4 const& h, Bytes const& payload) {
  std::size_t const options = h.ihl > 5 ? (h.ihl - 5) * 4 : 0;
  std::size_t const length = 20 + options + payload.size();
  return Bytes{}
      .u8(h.version << 4 | h.ihl)
      .u8(h.tos)
      .be16(h.total_length < 0 ? length : static_cast<std::size_t>(h.total_length))
      .be16(h.id)
      .be16(h.fragment)
      .u8(h.ttl)
      .u8(h.protocol)
      .be16(0)
      .be32(h.source)
      .be32(h.destination)
      .zeros(options)
      .add(payload);
}

struct Ip6 {
  unsigned source = 1;  // 2001:db8::1
  unsigned destination = 2;
  unsigned next = 6;
  int payload_length = -1;
  unsigned hops = 64;
  unsigned traffic_class = 0;
};
inline Bytes ipv6(Ip6 const& h, Bytes const& payload) {
  Bytes b;
  b.be32(6U << 28 | h.traffic_class << 20)
      .be16(h.payload_length < 0 ? payload.size() : static_cast<std::size_t>(h.payload_length))
      .u8(h.next)
      .u8(h.hops);
  for (unsigned const last : {h.source, h.destination}) {
    b.be32(0x20010DB8).zeros(8).be32(last);
  }
  return b.add(payload);
}
/// Hop-by-hop, routing, destination options: n8 times 8 bytes more than the first 8.
inline Bytes extension(unsigned next, unsigned n8, Bytes const& payload) {
  return Bytes{}.u8(next).u8(n8).zeros(6 + 8 * n8).add(payload);
}
inline Bytes fragment6(unsigned next, unsigned offset8, bool more, std::uint32_t id,
                       Bytes const& payload) {
  return Bytes{}.u8(next).u8(0).be16(offset8 << 3 | (more ? 1U : 0U)).be32(id).add(payload);
}

struct Tcp {
  unsigned source = 40000;
  unsigned destination = 443;
  std::uint32_t seq = 1000, ack = 2000;
  unsigned offset = 5;
  unsigned flags = 0x10;
  unsigned window = 512;
};
inline Bytes tcp(Tcp const& h, std::size_t payload_bytes = 0) {
  std::size_t const options = h.offset > 5 ? (h.offset - 5) * 4 : 0;
  return Bytes{}
      .be16(h.source)
      .be16(h.destination)
      .be32(h.seq)
      .be32(h.ack)
      .u8(h.offset << 4)
      .u8(h.flags)
      .be16(h.window)
      .be32(0)
      .zeros(options + payload_bytes);
}
inline Bytes udp(unsigned source, unsigned destination, std::size_t payload_bytes = 0) {
  return Bytes{}
      .be16(source)
      .be16(destination)
      .be16(8 + payload_bytes)
      .be16(0)
      .zeros(payload_bytes);
}
inline Bytes icmp(unsigned type, unsigned code, std::size_t rest_bytes = 6) {
  return Bytes{}.u8(type).u8(code).zeros(rest_bytes);
}

// ---- Files ----

struct Record {
  std::uint64_t time_units = 0;  // pcapng: units of the interface
  Bytes bytes;
  std::uint32_t wire_len = 0;             // 0: as captured
  std::uint32_t seconds = 1'700'000'000;  // pcap
  std::uint32_t length() const {
    return wire_len != 0 ? wire_len : static_cast<std::uint32_t>(bytes.size());
  }
};

struct PcapOptions {
  bool big_endian = false;
  bool nanoseconds = false;
  std::uint32_t link_type = 1;
  unsigned major = 2, minor = 4;
  bool swapped_lengths = false;
  std::uint32_t snaplen = 262'144;
};
/// A pcap file; time_units is the part below the second.
inline Bytes pcap(std::vector<Record> const& records, PcapOptions const& o = {}) {
  Bytes b;
  bool const big = o.big_endian;
  b.number(o.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4, 4, big);
  b.number(o.major, 2, big).number(o.minor, 2, big).zeros(8);
  b.number(o.snaplen, 4, big).number(o.link_type, 4, big);
  for (Record const& r : records) {
    std::uint64_t captured = r.bytes.size();
    std::uint64_t original = r.length();
    if (o.swapped_lengths) std::swap(captured, original);
    b.number(r.seconds, 4, big).number(r.time_units, 4, big);
    b.number(captured, 4, big).number(original, 4, big).add(r.bytes);
  }
  return b;
}

/// pcapng blocks, in one byte order.
struct Pcapng {
  bool big = false;
  Bytes bytes;

  Pcapng& block(std::uint32_t type, Bytes body) {
    body.zeros((4 - body.size() % 4) % 4);
    bytes.number(type, 4, big)
        .number(body.size() + 12, 4, big)
        .add(body)
        .number(body.size() + 12, 4, big);
    return *this;
  }
  Pcapng& section() {
    Bytes body;
    body.number(0x1A2B3C4D, 4, big).number(1, 2, big).number(0, 2, big).number(UINT64_MAX, 8, big);
    return block(0x0A0D0D0A, body);
  }
  Bytes option(unsigned code, Bytes value) const {
    Bytes b;
    b.number(code, 2, big).number(value.size(), 2, big).add(value);
    return b.zeros((4 - value.size() % 4) % 4);
  }
  Pcapng& interface(std::uint32_t link_type = 1, std::uint32_t snaplen = 0,
                    Bytes const& options = {}) {
    Bytes body;
    body.number(link_type, 2, big).number(0, 2, big).number(snaplen, 4, big).add(options);
    return block(1, body);
  }
  Pcapng& enhanced(Record const& r, std::uint32_t interface = 0) {
    return timed(6, Bytes{}.number(interface, 4, big), r);
  }
  Pcapng& old_packet(Record const& r, std::uint32_t interface = 0) {
    return timed(2, Bytes{}.number(interface, 2, big).number(0, 2, big), r);
  }
  Pcapng& simple(Bytes const& packet, std::uint32_t wire_len) {
    return block(3, Bytes{}.number(wire_len, 4, big).add(packet));
  }

 private:
  Pcapng& timed(std::uint32_t type, Bytes body, Record const& r) {
    body.number(r.time_units >> 32, 4, big).number(r.time_units & 0xFFFFFFFF, 4, big);
    body.number(r.bytes.size(), 4, big).number(r.length(), 4, big).add(r.bytes);
    return block(type, body);
  }
};

}  // namespace nta::test
