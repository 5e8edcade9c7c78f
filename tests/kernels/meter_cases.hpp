// What tests of the bulk meter and of its carrying have in common: tables cut, options, every
// order, tunnels and files.
#pragma once

#include "libnta/flows/profile.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/kernels/traffic.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nta::test {

inline std::vector<PacketTable> cut_evenly(PacketTable const& table, std::size_t rows) {
  std::vector<PacketTable> parts;
  for (std::size_t first = 0; first < table.size(); first += rows) {
    parts.push_back(cut_table(table, first, std::min(table.size(), first + rows)));
  }
  return parts;
}

inline MeterOptions with_sequence(int n, SequenceFilter packets = SequenceFilter::all) {
  MeterOptions options;
  options.sequence.n = n;
  options.sequence.packets = packets;
  return options;
}

/// One flow of that many packets that nothing ends.
inline PacketTable one_endless_flow(std::size_t n) {
  auto table =
      make_traffic({.packets = n, .keys = 1, .mean_gap_ns = 500, .skipped = false, .seed = 77});
  auto& key = table.keys[0];
  key.protocol = 6, key.port_a = 5, key.port_b = 6, key.path = 0;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < n; ++i) {
    now += table.time_ns[i] % 2000 + 1500;
    table.time_ns[i] = now;
    table.tcp_flags[i] = 16 | (table.tcp_flags[i] & 8);
    table.bits[i] &= kRowSide;
    table.l4_hdr[i] = 20;
  }
  return table;
}

/// check(profile, options) for profile nta with every order that is carried, every choice of
/// tunnels, files joined or not.
template <class Check>
void for_each_order_tunnels_and_files(Check check) {
  for (auto const order :
       {PacketOrder::capture, PacketOrder::monotone, PacketOrder::monotone_key}) {
    for (auto const tunnels : {Tunnels::inner, Tunnels::outer, Tunnels::both}) {
      for (bool const join : {true, false}) {
        auto profile = load_profile("nta");
        profile.rules.order = order;
        profile.rules.tunnels = tunnels;
        profile.rules.unit_ns = join ? 1 : 1000;
        auto options = with_sequence(4);
        options.join_files = join;
        check(profile, options);
      }
    }
  }
}

}  // namespace nta::test
