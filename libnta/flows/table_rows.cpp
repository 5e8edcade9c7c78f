// FeatureTable columns and their rows: see table_rows.hpp.
#include "libnta/flows/table_rows.hpp"

#include "libnta/core/huge_pages.hpp"
#include "libnta/flows/flow_key.hpp"

#include <cstring>

namespace nta {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// n values, on huge pages if they fill some and are there for the first time.
template <class T>
void make_values(std::vector<T>& column, std::size_t n) {
  if (n > column.capacity()) {
    column.clear();
    column.reserve(n);
    advise_huge_pages(column.data(), n * sizeof(T));
  }
  column.resize(n);
}

void resize_identity(FlowIdentity& identity, std::size_t n) {
  make_values(identity.first_packet, n);
  make_values(identity.last_packet, n);
  make_values(identity.capture, n);
  make_values(identity.start_s, n);
  make_values(identity.start_ns, n);
  make_values(identity.src_ip, n);
  make_values(identity.dst_ip, n);
  make_values(identity.src_port, n);
  make_values(identity.dst_port, n);
  make_values(identity.protocol, n);
  make_values(identity.ip_version, n);
  make_values(identity.vlan_outer, n);
  make_values(identity.vlan_inner, n);
  make_values(identity.tunnel, n);
  make_values(identity.tunnel_id, n);
  make_values(identity.src_mac, n);
  make_values(identity.dst_mac, n);
  make_values(identity.flow_end_reason, n);
  make_values(identity.continuation_of, n);
  make_values(identity.layer, n);
}

std::string_view name_of(SequenceBasis size) {
  return size == SequenceBasis::ip ? "ip" : (size == SequenceBasis::wire ? "wire" : "payload");
}

void resize_sequence(SequenceColumns& columns, SequenceSpec const& spec, std::size_t n_flows) {
  columns.n = spec.n;
  if (spec.n == 0) {
    return;
  }
  columns.packets = spec.packets == SequenceFilter::all ? "all" : "payload";
  columns.size_basis = name_of(spec.size);
  std::size_t const cells = n_flows * static_cast<std::size_t>(spec.n);
  columns.count.resize(n_flows);
  columns.direction.resize(spec.has_direction ? cells : 0);
  columns.size.resize(spec.has_size ? cells : 0);
  columns.gap_ns.resize(spec.has_gap ? cells : 0);
  columns.flags.resize(spec.has_flags ? cells : 0);
  columns.window.resize(spec.has_window ? cells : 0);
}

std::vector<FeatureColumn> make_columns(FeatureSet const& set) {
  std::vector<FeatureColumn> columns;
  auto const& all = features_of(set.family);
  for (int const id : set.ids) {
    FeatureDescription const& feature = all[static_cast<std::size_t>(id)];
    auto& column = columns.emplace_back(feature.name, feature.unit);
    if (!feature.integer) {
      column.values = std::vector<double>();
    }
  }
  return columns;
}

/// Saturates: there are captures whose clock stands beyond all ms that an i64 holds.
std::int64_t epoch_ms(std::int64_t start_s, std::uint32_t start_ns, std::int64_t later_ms) {
  std::int64_t ms = 0;
  bool const far = __builtin_mul_overflow(start_s, std::int64_t{1000}, &ms) ||
                   __builtin_add_overflow(ms, start_ns / 1'000'000, &ms) ||
                   __builtin_add_overflow(ms, later_ms, &ms);
  return !far ? ms : (start_s < 0 ? INT64_MIN : INT64_MAX);
}

template <class T>
T* data_or_null(std::vector<T>& column) {
  return column.empty() ? nullptr : column.data();
}

}  // namespace

void set_start(FlowOrigin& origin, std::int64_t base_s, std::int64_t t, std::int64_t unit_ns) {
  bool const ns = unit_ns == 1;  // divisions by a constant are products
  std::int64_t const per_second = ns ? kNsPerSecond : kNsPerSecond / unit_ns;
  std::int64_t second = ns ? t / kNsPerSecond : t / per_second;
  std::int64_t rest = ns ? t % kNsPerSecond : t % per_second;
  if (rest < 0) {
    rest += per_second;
    --second;
  }
  // A clock that was moved from a far base may stand beyond the last second there is.
  if (__builtin_add_overflow(base_s, second, &origin.start_s)) {
    origin.start_s = second > 0 ? INT64_MAX : INT64_MIN;
  }
  origin.start_ns = static_cast<std::uint32_t>(rest * unit_ns);
}

FeatureTable make_feature_table(Profile const& profile, FeatureSet const& set,
                                SequenceSpec const& sequence, std::size_t n_flows) {
  FeatureTable table;
  remake_feature_table(table, profile, set, sequence, n_flows);
  return table;
}

void remake_feature_table(FeatureTable& table, Profile const& profile, FeatureSet const& set,
                          SequenceSpec const& sequence, std::size_t n_flows) {
  resize_identity(table.identity, n_flows);
  if (table.features.size() != set.size()) {
    table.features = make_columns(set);
  }
  for (auto& column : table.features) {
    std::visit([&](auto& values) { make_values(values, n_flows); }, column.values);
  }
  resize_sequence(table.sequence, sequence, n_flows);
  table.provenance = {};
  table.provenance.profile_json = profile.canonical;
  table.provenance.profile_sha256 = profile.sha256;
  table.provenance.set_name = set.name;
  table.provenance.set_sha256 = set.sha256;
  table.labels.clear();
}

void set_identity(FlowIdentity& identity, std::size_t row, FlowOrigin const& origin,
                  Rules const& rules) {
  PacketKey const& key = origin.key;
  bool const from_a = origin.forward == 0;
  bool const ports = rules.has_key(kKeyPorts) && rules.port_protocols.has(key.protocol);
  identity.first_packet[row] = origin.first_packet;
  identity.last_packet[row] = origin.last_packet;
  identity.capture[row] = origin.capture;
  identity.start_s[row] = origin.start_s;
  identity.start_ns[row] = origin.start_ns;
  identity.src_ip[row] = from_a ? key.addr_a : key.addr_b;
  identity.dst_ip[row] = from_a ? key.addr_b : key.addr_a;
  identity.src_port[row] = !ports ? std::uint16_t{0} : (from_a ? key.port_a : key.port_b);
  identity.dst_port[row] = !ports ? std::uint16_t{0} : (from_a ? key.port_b : key.port_a);
  identity.protocol[row] = key.protocol;
  identity.ip_version[row] = key.ip_version;
  identity.vlan_outer[row] = key.vlan_outer;
  // The tag that keeps such flows apart: one behind a tunnel has none of its own.
  bool const by_last = rules.has_key(kKeyVlanLast) && !rules.has_key(kKeyVlanInner);
  identity.vlan_inner[row] = by_last ? key.vlan_last : key.vlan_inner;
  identity.tunnel[row] = last_tunnel(key.path);
  identity.tunnel_id[row] = key.tunnel_id;
  identity.src_mac[row] = from_a ? key.mac_a : key.mac_b;
  identity.dst_mac[row] = from_a ? key.mac_b : key.mac_a;
  identity.flow_end_reason[row] = static_cast<std::uint8_t>(origin.end_reason);
  identity.continuation_of[row] = origin.continuation_of;
  identity.layer[row] = origin.layer;
}

FeatureCell* column_cells(FeatureColumn& column) {
  static_assert(sizeof(std::int64_t) == sizeof(FeatureCell) &&
                sizeof(double) == sizeof(FeatureCell));
  return std::visit([](auto& values) { return reinterpret_cast<FeatureCell*>(values.data()); },
                    column.values);
}

void set_cells(FeatureTable& table, std::size_t row, FeatureCell const* cells) {
  for (std::size_t i = 0; i < table.features.size(); ++i) {
    std::visit([&](auto& values) { memcpy(values.data() + row, cells + i, sizeof(FeatureCell)); },
               table.features[i].values);
  }
}

void add_flow_start(FeatureTable& table, FeatureSet const& set) {
  auto const& all = features_of(set.family);
  FlowIdentity const& identity = table.identity;
  for (std::size_t c = 0; c < set.size(); ++c) {
    if (!all[static_cast<std::size_t>(set.ids[c])].since_start) {
      continue;
    }
    auto& values = std::get<std::vector<std::int64_t>>(table.features[c].values);
    for (std::size_t row = 0; row < values.size(); ++row) {
      values[row] = values[row] == kNoTime
                        ? 0
                        : epoch_ms(identity.start_s[row], identity.start_ns[row], values[row]);
    }
  }
}

SequencePointers sequence_pointers(SequenceColumns& sequence) {
  return {data_or_null(sequence.direction), data_or_null(sequence.size),
          data_or_null(sequence.gap_ns), data_or_null(sequence.flags),
          data_or_null(sequence.window)};
}

}  // namespace nta
