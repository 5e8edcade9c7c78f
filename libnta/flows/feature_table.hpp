// Flows as columns by name: the product of every meter, the input of every model.
// Rows ascend by (first_packet, layer), whatever device, threads or chunks computed them.
#pragma once

#include "libnta/capture/packet_key.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace nta {

/// Who and when. src = the flow's forward side. Never model inputs.
struct FlowIdentity {
  std::vector<std::uint64_t> first_packet, last_packet;  // record numbers over all inputs
  std::vector<std::uint32_t> capture;                    // index of the input file
  std::vector<std::int64_t> start_s;                     // since the epoch
  std::vector<std::uint32_t> start_ns;                   // within the second
  std::vector<IpAddress> src_ip, dst_ip;
  std::vector<std::uint16_t> src_port, dst_port;
  std::vector<std::uint8_t> protocol, ip_version;
  std::vector<std::uint16_t> vlan_outer, vlan_inner;
  std::vector<std::uint8_t> tunnel;  // last tunnel kind of the path
  std::vector<std::uint32_t> tunnel_id;
  std::vector<std::uint64_t> src_mac, dst_mac;
  std::vector<std::uint8_t> flow_end_reason;  // 1 idle 2 active 3 tcp_fin 4 tcp_rst 5 eof 6 evicted
  std::vector<std::int64_t> continuation_of;  // first_packet of the predecessor, or -1
  /// IP layers around this one, the second word of the rows' order. No column of whole files: only
  /// parts keep it, to be merged; empty in a table that was read from a whole file.
  std::vector<std::uint8_t> layer;
  std::size_t size() const { return first_packet.size(); }
};

/// i64 where the definition is an integer, else f64 (`flows.md` 4).
struct FeatureColumn {
  std::string name;
  std::string unit;
  std::variant<std::vector<std::int64_t>, std::vector<double>> values;
};

/// The first `n` packets of each flow, row-major [flows, n]; padding -1 (flags and window 0).
struct SequenceColumns {
  int n = 0;
  std::string packets;               // all | payload
  std::string size_basis;            // ip | wire | payload
  std::vector<std::uint16_t> count;  // [flows], <= n
  std::vector<std::int8_t> direction;
  std::vector<std::int32_t> size;
  std::vector<std::int64_t> gap_ns;
  std::vector<std::uint8_t> flags;
  std::vector<std::uint16_t> window;
};

/// Which rules made the columns; a model refuses a table whose hashes differ from its own.
struct FeatureProvenance {
  std::string profile_json;           // canonical text
  std::string profile_sha256;         // of that text
  std::string set_name;               // nta, ...
  std::string set_sha256;             // of the ordered (name, unit, type, formula version) list
  std::vector<std::string> captures;  // capture index -> path as given
  std::vector<std::string> capture_sha256;  // empty string where not known
  std::string part;  // JSON: which partitions of a shard folder; empty: all flows
};

struct FeatureTable {
  FlowIdentity identity;
  std::vector<FeatureColumn> features;
  SequenceColumns sequence;  // n = 0: not asked for
  FeatureProvenance provenance;
  std::vector<std::string> labels;  // empty, or a class per flow ("" = unlabelled)
  std::size_t size() const { return identity.size(); }
};

}  // namespace nta
