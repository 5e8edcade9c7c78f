// The columns of a feature table in file order, under their names in the file: what writing,
// reading and checking of feature files have in common. Features themselves are named by the table.
#pragma once

#include "libnta/flows/feature_table.hpp"

#include <cstddef>
#include <string>
#include <type_traits>
#include <variant>

namespace nta {

/// Only in parts (FeatureProvenance::part).
inline constexpr char kLayerColumn[] = "identity/layer";

/// v(name, vector&) for each column of a FlowIdentity that every file has.
template <class Identity, class Visitor>
void visit_identity(Identity& i, Visitor&& v) {
  v("first_packet", i.first_packet);
  v("last_packet", i.last_packet);
  v("capture", i.capture);
  v("start_s", i.start_s);
  v("start_ns", i.start_ns);
  v("src_ip", i.src_ip);
  v("dst_ip", i.dst_ip);
  v("src_port", i.src_port);
  v("dst_port", i.dst_port);
  v("protocol", i.protocol);
  v("ip_version", i.ip_version);
  v("vlan_outer", i.vlan_outer);
  v("vlan_inner", i.vlan_inner);
  v("tunnel", i.tunnel);
  v("tunnel_id", i.tunnel_id);
  v("src_mac", i.src_mac);
  v("dst_mac", i.dst_mac);
  v("flow_end_reason", i.flow_end_reason);
  v("continuation_of", i.continuation_of);
}

/// v(name, vector&, values a flow) for each column of the sequences.
template <class Sequence, class Visitor>
void visit_sequence(Sequence& s, Visitor&& v) {
  auto const n = static_cast<std::size_t>(s.n);
  v("count", s.count, std::size_t{1});
  v("direction", s.direction, n);
  v("size", s.size, n);
  v("gap_ns", s.gap_ns, n);
  v("flags", s.flags, n);
  v("window", s.window, n);
}

/// v(path in the file, vector&, values a flow) for identity, features and, if asked for, sequences.
template <class Table, class Visitor>
void visit_columns(Table& table, Visitor&& v) {
  visit_identity(table.identity, [&](char const* name, auto& column) {
    v(std::string("identity/") + name, column, std::size_t{1});
  });
  if (!table.provenance.part.empty()) {  // whoever merges parts needs the whole order of the rows
    v(std::string(kLayerColumn), table.identity.layer, std::size_t{1});
  }
  for (auto& feature : table.features) {
    std::visit([&](auto& column) { v("features/" + feature.name, column, std::size_t{1}); },
               feature.values);
  }
  if (table.sequence.n > 0) {
    visit_sequence(table.sequence, [&](char const* name, auto& column, std::size_t per_flow) {
      v(std::string("sequence/") + name, column, per_flow);
    });
  }
}

}  // namespace nta
