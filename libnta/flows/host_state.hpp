// What is kept of a host in a window: sums, and the count maps behind its entropies and distinct
// counts. Merging adds; closing turns the maps into their numbers and frees them.
#pragma once

#include "libnta/flows/host_windows.hpp"
#include "libnta/flows/log2_fixed.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace nta {

struct HashAddress {
  std::size_t operator()(IpAddress const& address) const {
    auto const words = std::bit_cast<std::array<std::uint64_t, 2>>(address);
    std::uint64_t h = words[0] * 0x9E3779B97F4A7C15ULL;
    h = (h ^ (h >> 32) ^ words[1]) * 0x9E3779B97F4A7C15ULL;
    return h ^ (h >> 32);
  }
};

struct PeerCounts {
  std::uint64_t packets = 0, ip_bytes = 0;  // sent to the peer
};

class HostState {
 public:
  HostCounts counts;
  std::unordered_map<IpAddress, PeerCounts, HashAddress> sent_to;
  std::unordered_map<IpAddress, std::uint8_t, HashAddress> flow_peers;  // kOut, kIn
  std::unordered_map<std::uint32_t, std::uint64_t> dst_ports;  // protocol << 16 | port -> flows_out

  static constexpr std::uint8_t kOut = 1, kIn = 2;

  void merge(HostState const& other) {
    counts.packets_out += other.counts.packets_out;
    counts.ip_bytes_out += other.counts.ip_bytes_out;
    counts.packets_in += other.counts.packets_in;
    counts.ip_bytes_in += other.counts.ip_bytes_in;
    counts.flows_out += other.counts.flows_out;
    counts.flows_in += other.counts.flows_in;
    counts.failed_out += other.counts.failed_out;
    for (auto const& [peer, sent] : other.sent_to) {
      PeerCounts& mine = sent_to[peer];
      mine.packets += sent.packets;
      mine.ip_bytes += sent.ip_bytes;
    }
    for (auto const& [peer, ways] : other.flow_peers) {
      flow_peers[peer] |= ways;
    }
    for (auto const& [port, flows] : other.dst_ports) {
      dst_ports[port] += flows;
    }
  }

  /// No packet comes any more.
  void close_packets() {
    EntropySum packets;
    EntropySum bytes;
    for (auto const& [peer, sent] : sent_to) {
      packets.add(sent.packets);
      bytes.add(sent.ip_bytes);
    }
    counts.peer_entropy = packets.bits();
    counts.byte_entropy = bytes.bits();
    sent_to = {};
  }

  /// No flow comes any more.
  void close_flows() {
    for (auto const& [peer, ways] : flow_peers) {
      counts.peers_out += (ways & kOut) != 0 ? 1 : 0;
      counts.peers_in += (ways & kIn) != 0 ? 1 : 0;
    }
    EntropySum ports;
    for (auto const& [port, flows] : dst_ports) {
      ports.add(flows);
    }
    counts.dst_ports_out = dst_ports.size();
    counts.port_entropy = ports.bits();
    flow_peers = {};
    dst_ports = {};
  }
};

}  // namespace nta
