// Rows of FeatureTables without knowing what they mean: the columns that hold values of one size a
// flow, as bytes. What joins, orders and stores rows uses it. Labels are text and not among them.
#pragma once

#include "libnta/flows/feature_table.hpp"

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

namespace nta {

/// v(column, values a flow) for identity, features and sequences, always in this order. A field of
/// the sequences that was not asked for (or of a table without rows) has 0 values a flow.
template <class Table, class Visitor>
void visit_values(Table& table, Visitor&& v) {
  auto& i = table.identity;
  auto const one = [&](auto&... column) { (v(column, std::size_t{1}), ...); };
  one(i.first_packet, i.last_packet, i.capture, i.start_s, i.start_ns, i.src_ip, i.dst_ip,
      i.src_port, i.dst_port, i.protocol, i.ip_version, i.vlan_outer, i.vlan_inner, i.tunnel,
      i.tunnel_id, i.src_mac, i.dst_mac, i.flow_end_reason, i.continuation_of, i.layer);
  for (auto& feature : table.features) {
    std::visit([&](auto& values) { v(values, std::size_t{1}); }, feature.values);
  }
  auto& s = table.sequence;
  if (s.n == 0) {
    return;
  }
  auto const n = static_cast<std::size_t>(s.n);
  auto const cells = [&](auto&... column) {
    (v(column, column.empty() ? std::size_t{0} : n), ...);
  };
  one(s.count);
  cells(s.direction, s.size, s.gap_ns, s.flags, s.window);
}

/// A column as bytes: `bytes` a flow, flow after flow.
struct ValueColumn {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};
std::vector<ValueColumn> value_columns(FeatureTable& table);

/// B of a flow's values in a table that has rows.
std::size_t row_bytes(FeatureTable const& table);

/// A table of n rows, all of them zero, with the columns, units and provenance of `model`, which
/// has rows unless n is 0.
FeatureTable rows_like(FeatureTable const& model, std::size_t n);

/// A row of some table, named by its value_columns.
struct TableRow {
  ValueColumn const* columns = nullptr;
  std::size_t row = 0;
};
/// to's rows from 0 on = the places, in this order. All tables have the same columns.
void gather_rows(FeatureTable& to, std::span<TableRow const> places);

/// Rows [first, first + n) as row_bytes * n bytes, column after column, and back.
void pack_rows(FeatureTable& from, std::size_t first, std::size_t n, std::byte* to);
void unpack_rows(FeatureTable& to, std::byte const* from);

/// The place of a flow in the output: rows ascend by it.
struct FlowPlace {
  std::uint64_t first_packet = 0;
  std::uint8_t layer = 0;
  friend auto operator<=>(FlowPlace const&, FlowPlace const&) = default;
};
inline FlowPlace order_of(FlowIdentity const& identity, std::size_t row) {
  return {identity.first_packet[row], identity.layer[row]};
}

}  // namespace nta
