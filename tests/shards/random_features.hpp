// Seeded feature tables: the input of the tests of feature files.
#pragma once

#include "libnta/core/counter_rng.hpp"
#include "libnta/flows/feature_table.hpp"

#include <bit>

namespace nta::test {

class FeatureMaker {
 public:
  explicit FeatureMaker(std::uint64_t seed) : rng_(stream_key(seed, "random_features")) {}

  void fill_identity(FlowIdentity& id, std::size_t flows) {
    fill(id.first_packet, flows);
    fill(id.last_packet, flows);
    fill(id.capture, flows);
    for (auto& capture : id.capture) {
      capture %= 2;  // the captures that random_features names
    }
    fill(id.start_s, flows);
    fill(id.start_ns, flows);
    fill(id.src_port, flows);
    fill(id.dst_port, flows);
    fill(id.protocol, flows);
    fill(id.ip_version, flows);
    fill(id.vlan_outer, flows);
    fill(id.vlan_inner, flows);
    fill(id.tunnel, flows);
    fill(id.tunnel_id, flows);
    fill(id.src_mac, flows);
    fill(id.dst_mac, flows);
    fill(id.flow_end_reason, flows);
    fill(id.continuation_of, flows);
    for (std::size_t i = 0; i < flows; ++i) {
      id.src_ip.push_back(std::bit_cast<IpAddress>(std::array{next(), next()}));
      id.dst_ip.push_back(std::bit_cast<IpAddress>(std::array{next(), next()}));
    }
  }

  void fill_sequence(SequenceColumns& sequence, std::size_t flows, int n) {
    sequence.n = n;
    if (n == 0) {
      return;
    }
    sequence.packets = "payload";
    sequence.size_basis = "ip";
    auto const values = flows * static_cast<std::size_t>(n);
    fill(sequence.count, flows);
    for (auto& count : sequence.count) {
      count = static_cast<std::uint16_t>(count % (n + 1));
    }
    fill(sequence.direction, values);
    fill(sequence.size, values);
    fill(sequence.gap_ns, values);
    fill(sequence.flags, values);
    fill(sequence.window, values);
  }

  template <class T>
  void fill(std::vector<T>& column, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      column.push_back(static_cast<T>(next()));
    }
  }
  std::uint64_t next() { return random_bits(rng_, position_++); }

 private:
  std::uint64_t rng_;
  std::uint64_t position_ = 0;
};

inline FeatureTable random_features(std::size_t flows, int n, bool labelled, std::uint64_t seed) {
  FeatureMaker maker(seed);
  FeatureTable t;
  maker.fill_identity(t.identity, flows);
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  maker.fill(integers, flows);
  maker.fill(reals, flows);
  t.features.push_back({"duration_ns", "ns", integers});
  t.features.push_back({"iat_mean_ns", "ns", reals});
  maker.fill_sequence(t.sequence, flows, n);
  char const* const names[] = {"benign", "", "syn flood"};
  for (std::size_t i = 0; labelled && i < flows; ++i) {
    t.labels.emplace_back(names[maker.next() % 3]);
  }
  t.provenance.profile_json = R"({"name":"nta"})";
  t.provenance.profile_sha256 = std::string(64, 'a');
  t.provenance.set_name = "nta";
  t.provenance.set_sha256 = std::string(64, 'b');
  t.provenance.captures = {"a.pcap", "b/c.pcap"};
  t.provenance.capture_sha256 = {"", std::string(64, 'c')};
  return t;
}

}  // namespace nta::test
