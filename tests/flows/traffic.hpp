// Packets for tests of flows: one by one for accumulators, as tables for meters, and seeded random
// traffic that hits every branch (both directions, flags, pauses around every time-out, wraps).
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/profile.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nta::test {

inline constexpr std::int64_t kSecond = 1'000'000'000;

inline Rules nta_rules() {
  return load_profile("nta").rules;
}

/// Draws that depend on the seed alone.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_bits(seed_, position_++) % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t position_ = 0;
};

/// A TCP packet without options: 40 B of headers, payload behind.
inline FlowPacket tcp_packet(std::int64_t t, std::uint8_t side, std::uint8_t flags,
                             std::uint32_t payload = 0, std::uint32_t seq = 0,
                             std::uint16_t window = 1000) {
  FlowPacket p;
  p.t = t;
  p.ip_len = 40 + payload;
  p.wire_len = p.ip_len + 14;
  p.payload_bytes = payload;
  p.header_bytes = 40;
  p.seq = seq;
  p.window = window;
  p.side = side;
  p.protocol = kProtocolTcp;
  p.tcp_flags = flags;
  p.ttl = 64;
  p.tcp_header = true;
  return p;
}

/// Gaps around 1 s, 5 s, 120 s, equal times, and small ones.
inline std::int64_t random_gap(Draw& draw) {
  static constexpr std::int64_t kEdges[] = {
      0, kSecond, kSecond + 1, 5 * kSecond, 5 * kSecond + 1, 7 * kSecond, 119 * kSecond};
  if (draw.one_in(3)) {
    return kEdges[draw.below(7)];
  }
  return static_cast<std::int64_t>(draw.below(2'000'000));
}

/// Packets of one flow; times do not run back.
inline std::vector<FlowPacket> random_flow(std::uint64_t seed, std::size_t n) {
  Draw draw(seed);
  std::vector<FlowPacket> packets;
  std::uint8_t const protocol = draw.one_in(4) ? 17 : kProtocolTcp;
  std::int64_t t = static_cast<std::int64_t>(draw.below(1000)) - 500;
  std::uint32_t next[2] = {static_cast<std::uint32_t>(draw.below(1ULL << 32)), 4294967000U};
  std::uint8_t side = 0;
  for (std::size_t i = 0; i < n; ++i) {
    t += random_gap(draw);
    if (draw.one_in(3)) {
      side = static_cast<std::uint8_t>(draw.below(2));
    }
    auto const payload = static_cast<std::uint32_t>(draw.one_in(2) ? 0 : 1 + draw.below(1460));
    FlowPacket p = tcp_packet(t, side, 0, payload);
    p.protocol = protocol;
    p.ttl = static_cast<std::uint8_t>(draw.below(256));
    p.fragment = draw.one_in(20);
    p.tcp_header = false;
    if (protocol == kProtocolTcp) {
      p.tcp_header = !draw.one_in(15);
      p.tcp_flags =
          static_cast<std::uint8_t>(draw.one_in(3) ? draw.below(256) : std::uint64_t{kTcpAck});
      p.window = static_cast<std::uint16_t>(draw.one_in(5) ? 0 : draw.below(65536));
      std::uint32_t const jump = draw.one_in(4) ? static_cast<std::uint32_t>(draw.below(6000)) : 0;
      std::uint32_t const back = draw.one_in(5) ? static_cast<std::uint32_t>(draw.below(20000)) : 0;
      p.seq = next[side] + jump - back;  // holes, and bytes sent long ago
      next[side] = p.seq + payload;
    }
    packets.push_back(p);
  }
  return packets;
}

/// Sizes of habit 12.
inline std::vector<std::size_t> odd_sizes() {
  return {0, 1, 2, 31, 32, 33, 255, 256, 257};
}

/// One capture file, Ethernet.
inline std::vector<CaptureLink> one_link() {
  CaptureLink link;
  link.link_type = 1;
  return {link};
}

/// 10.0.0.x:port_a <-> 10.0.1.1:port_b, endpoint a is the 10.0.0.x side.
inline PacketKey host_key(std::uint8_t host, std::uint16_t port_a, std::uint8_t protocol = 6,
                          std::uint16_t port_b = 443) {
  PacketKey key;
  key.addr_a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, host};
  key.addr_b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 1, 1};
  key.mac_a = 0x020000000000ULL | host;
  key.mac_b = 0x020000000100ULL;
  key.port_a = port_a;
  key.port_b = port_b;
  key.ip_version = 4;
  key.protocol = protocol;
  return key;
}

/// One row, by the column values that a test cares about.
struct Row {
  std::int64_t time_ns = 0;
  std::uint8_t side = 0;
  std::uint8_t flags = kTcpAck;
  std::uint32_t payload = 0;
  std::uint32_t seq = 0;
  std::uint16_t window = 1000;
  std::uint16_t bits = 0;  // besides side and primary
  std::uint8_t status = 0;
  std::uint32_t cap_len = 1514;
  std::uint16_t icmp = 0;
};

/// Tables with rows appended in capture order, one record each.
class TableMaker {
 public:
  explicit TableMaker(std::int64_t base_s = 1'600'000'000, std::uint64_t first_index = 0) {
    table_.time_base_s = base_s;
    table_.first_index = first_index;
  }
  TableMaker& add(PacketKey const& key, Row const& row) {
    std::uint32_t id = 0;
    while (id < table_.keys.size() && !(table_.keys[id] == key)) {
      ++id;
    }
    if (id == table_.keys.size()) {
      table_.keys.push_back(key);
    }
    bool const tcp = key.protocol == kProtocolTcp;
    std::uint8_t const l4 = tcp ? 20 : 8;
    table_.key.push_back(id);
    table_.index.push_back(static_cast<std::uint32_t>(table_.index.size()));
    table_.time_ns.push_back(row.time_ns);
    table_.ip_len.push_back(20U + l4 + row.payload);
    table_.wire_len.push_back(34U + l4 + row.payload);
    table_.cap_len.push_back(row.cap_len);
    table_.ip_hdr.push_back(5);
    table_.l4_hdr.push_back(l4);
    table_.tcp_flags.push_back(tcp ? row.flags : std::uint8_t{0});
    table_.ttl.push_back(64);
    table_.tos.push_back(0);
    table_.window.push_back(tcp ? row.window : std::uint16_t{0});
    table_.icmp.push_back(row.icmp);
    table_.seq.push_back(row.seq);
    table_.ack.push_back(0);
    table_.status.push_back(row.status);
    table_.bits.push_back(static_cast<std::uint16_t>(row.bits | row.side | kRowPrimary));
    return *this;
  }
  PacketTable const& table() const { return table_; }

 private:
  PacketTable table_;
};

/// A cell of a table as a number.
inline double number(FeatureTable const& table, std::string const& name, std::size_t row = 0) {
  for (auto const& feature : table.features) {
    if (feature.name != name) {
      continue;
    }
    return std::visit([&](auto const& v) { return static_cast<double>(v.at(row)); },
                      feature.values);
  }
  throw std::out_of_range("no feature " + name);
}

}  // namespace nta::test
