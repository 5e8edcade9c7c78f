// Are two feature tables equal bit for bit? Says where not.
#pragma once

#include "libnta/flows/feature_table.hpp"

#include <cstring>
#include <string>

namespace nta::test {

template <class T>
void compare_column(std::string& text, std::string const& name, std::vector<T> const& a,
                    std::vector<T> const& b) {
  if (!text.empty()) {
    return;
  }
  if (a.size() != b.size()) {
    text = name + ": " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values";
    return;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0) {
      text = name + " differs at " + std::to_string(i);
      if constexpr (std::is_arithmetic_v<T>) {
        text += ": " + std::to_string(a[i]) + " and " + std::to_string(b[i]);
      }
      return;
    }
  }
}

/// "" if equal, else the first difference.
inline std::string difference(FeatureTable const& a, FeatureTable const& b) {
  std::string text;
  auto const& x = a.identity;
  auto const& y = b.identity;
  compare_column(text, "first_packet", x.first_packet, y.first_packet);
  compare_column(text, "last_packet", x.last_packet, y.last_packet);
  compare_column(text, "capture", x.capture, y.capture);
  compare_column(text, "start_s", x.start_s, y.start_s);
  compare_column(text, "start_ns", x.start_ns, y.start_ns);
  compare_column(text, "src_ip", x.src_ip, y.src_ip);
  compare_column(text, "dst_ip", x.dst_ip, y.dst_ip);
  compare_column(text, "src_port", x.src_port, y.src_port);
  compare_column(text, "dst_port", x.dst_port, y.dst_port);
  compare_column(text, "protocol", x.protocol, y.protocol);
  compare_column(text, "ip_version", x.ip_version, y.ip_version);
  compare_column(text, "vlan_outer", x.vlan_outer, y.vlan_outer);
  compare_column(text, "vlan_inner", x.vlan_inner, y.vlan_inner);
  compare_column(text, "tunnel", x.tunnel, y.tunnel);
  compare_column(text, "tunnel_id", x.tunnel_id, y.tunnel_id);
  compare_column(text, "src_mac", x.src_mac, y.src_mac);
  compare_column(text, "dst_mac", x.dst_mac, y.dst_mac);
  compare_column(text, "flow_end_reason", x.flow_end_reason, y.flow_end_reason);
  compare_column(text, "continuation_of", x.continuation_of, y.continuation_of);
  if (a.features.size() != b.features.size()) {
    return "number of features";
  }
  for (std::size_t i = 0; i < a.features.size(); ++i) {
    auto const& f = a.features[i];
    auto const& g = b.features[i];
    if (f.name != g.name || f.unit != g.unit || f.values.index() != g.values.index()) {
      return "feature " + f.name + " and " + g.name;
    }
    std::visit(
        [&](auto const& values) {
          compare_column(text, f.name, values,
                         std::get<std::remove_cvref_t<decltype(values)>>(g.values));
        },
        f.values);
  }
  if (a.sequence.n != b.sequence.n) {
    return "sequence n";
  }
  compare_column(text, "seq count", a.sequence.count, b.sequence.count);
  compare_column(text, "seq direction", a.sequence.direction, b.sequence.direction);
  compare_column(text, "seq size", a.sequence.size, b.sequence.size);
  compare_column(text, "seq gap_ns", a.sequence.gap_ns, b.sequence.gap_ns);
  compare_column(text, "seq flags", a.sequence.flags, b.sequence.flags);
  compare_column(text, "seq window", a.sequence.window, b.sequence.window);
  if (text.empty() && a.provenance.profile_sha256 != b.provenance.profile_sha256) {
    text = "profile hash";
  }
  if (text.empty() && a.provenance.set_sha256 != b.provenance.set_sha256) {
    text = "set hash";
  }
  return text;
}

}  // namespace nta::test
