// THE columns of a shard: name, unit, encoding and meaning of each, beside the member that holds
// it. Writer, reader, summary, README and tests are fed from here; a new column is one line.
#pragma once

#include "libnta/capture/packet_table.hpp"
#include "libnta/shards/dtype.hpp"

#include <string_view>

namespace nta {

inline constexpr std::string_view kShardFormat = "nta-shard";
inline constexpr std::string_view kManifestFormat = "nta-shards";
inline constexpr std::string_view kFeatureFormat = "nta-features";
inline constexpr int kFormatVersion = 1;
inline constexpr std::string_view kToolVersion = "0.1.0";

/// Rows of a chunk: one column's 64 Ki values are compressed, checked and read together.
inline constexpr std::size_t kChunkRows = 65536;

struct ColumnInfo {
  std::string_view name;  // below /rows or /keys
  std::string_view unit;
  Encoding encoding;
  std::string_view meaning;
};

/// v(ColumnInfo, pointer to member of PacketTable) for each packet column, in file order.
template <class Visitor>
void visit_row_columns(Visitor&& v) {
  using enum Encoding;
  v(ColumnInfo{"key", "row", plain, "row of the shard's key table"}, &PacketTable::key);
  v(ColumnInfo{"index", "1", plain, "record number in the capture - first_index"},
    &PacketTable::index);
  v(ColumnInfo{"dt", "ns", delta, "time since the previous row of the chunk, or time_base_s"},
    &PacketTable::time_ns);
  v(ColumnInfo{"wire_len", "B", plain, "length on the wire"}, &PacketTable::wire_len);
  v(ColumnInfo{"cap_len", "B", plain, "captured length"}, &PacketTable::cap_len);
  v(ColumnInfo{"ip_len", "B", plain, "IP packet with header"}, &PacketTable::ip_len);
  v(ColumnInfo{"ip_hdr", "4 B", plain, "IP header with extensions"}, &PacketTable::ip_hdr);
  v(ColumnInfo{"l4_hdr", "B", plain, "transport header"}, &PacketTable::l4_hdr);
  v(ColumnInfo{"tcp_flags", "bits", plain, "TCP flags as on the wire"}, &PacketTable::tcp_flags);
  v(ColumnInfo{"ttl", "1", plain, "time to live, hop limit"}, &PacketTable::ttl);
  v(ColumnInfo{"tos", "1", plain, "type of service, traffic class"}, &PacketTable::tos);
  v(ColumnInfo{"window", "B", plain, "unscaled TCP window"}, &PacketTable::window);
  v(ColumnInfo{"icmp", "code", plain, "ICMP type << 8 + code"}, &PacketTable::icmp);
  v(ColumnInfo{"seq", "B", plain, "TCP sequence number"}, &PacketTable::seq);
  v(ColumnInfo{"ack", "B", plain, "TCP acknowledgement number"}, &PacketTable::ack);
  v(ColumnInfo{"status", "code", plain, "0 used, else the reason's number"}, &PacketTable::status);
  v(ColumnInfo{"bits", "bits", plain, "side, fragment, faults, layer below"}, &PacketTable::bits);
}

/// v(ColumnInfo, pointer to member of PacketKey) for each key column.
template <class Visitor>
void visit_key_columns(Visitor&& v) {
  using enum Encoding;
  v(ColumnInfo{"link", "row", plain, "file and interface: row of the manifest's links"},
    &PacketKey::link);
  v(ColumnInfo{"mac_a", "1", plain, "hardware address of endpoint a"}, &PacketKey::mac_a);
  v(ColumnInfo{"mac_b", "1", plain, "hardware address of endpoint b"}, &PacketKey::mac_b);
  v(ColumnInfo{"vlan_outer", "id", plain, "first tag of this layer's link header"},
    &PacketKey::vlan_outer);
  v(ColumnInfo{"vlan_inner", "id", plain, "last tag of this layer's link header"},
    &PacketKey::vlan_inner);
  v(ColumnInfo{"vlan_last", "id", plain, "last tag of the frame so far"}, &PacketKey::vlan_last);
  v(ColumnInfo{"shims", "bits", plain,
               "llc 8100 other-tag mpls eompls pppoe; 8-11: around tunnel 0-3 IPv6"},
    &PacketKey::shims);
  v(ColumnInfo{"path", "code", plain, "tunnel kinds from outside, 4 bits each"}, &PacketKey::path);
  v(ColumnInfo{"tunnel_id", "id", plain, "VNI, GRE key, ERSPAN session"}, &PacketKey::tunnel_id);
  v(ColumnInfo{"ip_version", "1", plain, "4, 6, 0 without IP"}, &PacketKey::ip_version);
  v(ColumnInfo{"protocol", "1", plain, "IP protocol number"}, &PacketKey::protocol);
  v(ColumnInfo{"addr_a", "address", plain, "smaller endpoint, IPv4 as ::ffff:a.b.c.d"},
    &PacketKey::addr_a);
  v(ColumnInfo{"addr_b", "address", plain, "larger endpoint"}, &PacketKey::addr_b);
  v(ColumnInfo{"port_a", "1", plain, "port of endpoint a"}, &PacketKey::port_a);
  v(ColumnInfo{"port_b", "1", plain, "port of endpoint b"}, &PacketKey::port_b);
  v(ColumnInfo{"icmp_class", "code", plain, "request type << 8, or type << 8 + code"},
    &PacketKey::icmp_class);
}

}  // namespace nta
