// Flow tables written out by hand: one call per flow.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <string>
#include <vector>

namespace nta::test {

inline IpAddress ip(std::string const& text) {
  return parse_address_range(text)->address;
}

struct SmallFlow {
  std::string src = "10.0.0.1", dst = "10.0.0.2";
  std::uint16_t src_port = 50000, dst_port = 80;
  std::uint8_t protocol = 6;
  std::int64_t start_s = 0;
  std::uint32_t start_ns = 0;
  std::uint32_t capture = 0;
  std::int64_t packets = 2, payload_bytes = 100, duration_ns = 1000;
  double score = 0;
  std::string label = "";
};

inline FeatureTable table_of(std::vector<SmallFlow> const& flows,
                             std::vector<std::string> const& captures) {
  FeatureTable table;
  std::vector<std::int64_t> packets, payload, duration;
  std::vector<double> score;
  bool any_label = false;
  for (SmallFlow const& flow : flows) {
    FlowIdentity& id = table.identity;
    id.first_packet.push_back(id.first_packet.size());
    id.capture.push_back(flow.capture);
    id.start_s.push_back(flow.start_s);
    id.start_ns.push_back(flow.start_ns);
    id.src_ip.push_back(ip(flow.src));
    id.dst_ip.push_back(ip(flow.dst));
    id.src_port.push_back(flow.src_port);
    id.dst_port.push_back(flow.dst_port);
    id.protocol.push_back(flow.protocol);
    id.vlan_outer.push_back(0);
    packets.push_back(flow.packets);
    payload.push_back(flow.payload_bytes);
    duration.push_back(flow.duration_ns);
    score.push_back(flow.score);
    table.labels.push_back(flow.label);
    any_label = any_label || !flow.label.empty();
  }
  if (!any_label) {
    table.labels.clear();
  }
  table.features = {{"packets", "1", packets},
                    {"payload_bytes", "B", payload},
                    {"duration_ns", "ns", duration},
                    {"score", "1", score}};
  table.provenance.captures = captures;
  for (std::string const& capture : captures) {
    table.provenance.capture_sha256.push_back("hash of " + capture);
  }
  table.provenance.set_name = "small";
  return table;
}

}  // namespace nta::test
