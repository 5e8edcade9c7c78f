// Seeded packet tables of many shapes: flows with handshakes, ends, idle gaps, tunnels, fragments
// and clocks that go back. What the meters say about them is compared, not the traffic itself.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/counter_rng.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace nta::test {

struct TrafficShape {
  std::size_t packets = 1000;
  std::size_t keys = 50;
  std::int64_t mean_gap_ns = 2'000'000;
  bool elephant = false;   // nine of ten packets belong to key 0
  bool one_each = false;   // a key per packet
  bool skipped = true;     // some rows have a status
  bool long_gaps = true;   // idle and active time-outs are reached now and then
  bool many_ends = false;  // FIN and RST as often as any other flags
  std::uint64_t seed = 1;
};

inline std::vector<CaptureLink> traffic_links() {
  return {
      {.file = 0, .interface = 0, .link_type = 1, .snaplen = 128, .resolution = "1e-9", .name = ""},
      {.file = 1,
       .interface = 0,
       .link_type = 113,
       .snaplen = 64,
       .resolution = "1e-6",
       .name = ""}};
}

class TrafficMaker {
 public:
  explicit TrafficMaker(TrafficShape const& shape)
      : shape_(shape), key_(stream_key(shape.seed, "traffic")) {}

  PacketTable make() {
    PacketTable t;
    t.first_index = 100;
    t.time_base_s = 1'700'000'000;
    for (std::size_t k = 0; k < shape_.keys; ++k) {
      t.keys.push_back(make_key(k));
    }
    std::int64_t now = 0;
    for (std::size_t i = 0; i < shape_.packets; ++i) {
      now += gap();
      add_row(t, static_cast<std::uint32_t>(i), now);
    }
    return t;
  }

 private:
  std::uint64_t next() { return random_bits(key_, position_++); }
  bool one_in(std::uint64_t n) { return next() % n == 0; }

  std::int64_t gap() {
    auto const mean = static_cast<std::uint64_t>(shape_.mean_gap_ns);
    auto const usual = static_cast<std::int64_t>(next() % (2 * mean + 1));
    if (one_in(50)) {
      return -usual;
    }  // reordered
    if (!shape_.long_gaps) {
      return usual;
    }
    if (one_in(300)) {
      return 1'500'000'000;
    }  // a bulk ends
    if (one_in(400)) {
      return 6'000'000'000;
    }  // idle inside a flow, beyond the linger
    if (one_in(1500)) {
      return 121'000'000'000;
    }  // idle time-out
    if (one_in(4000)) {
      return 1'900'000'000'000;
    }  // beyond the active time-out
    return usual;
  }

  PacketKey make_key(std::size_t k) {
    PacketKey key;
    key.addr_a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1};
    key.addr_b = key.addr_a;
    key.addr_b[15] = static_cast<std::uint8_t>(one_in(20) ? 1 : 2 + k % 250);
    key.ip_version = 4;
    key.link = one_in(10) ? 1 : 0;
    static constexpr std::uint8_t kProtocols[] = {6, 6, 6, 6, 17, 17, 1, 47};
    key.protocol = kProtocols[next() % 8];
    if (key.protocol == 6 || key.protocol == 17) {
      key.port_a = static_cast<std::uint16_t>(k);
      key.port_b = static_cast<std::uint16_t>(1000 + k / 65536);
    }
    if (key.protocol == 1) {
      key.icmp_class = static_cast<std::uint16_t>(8 << 8);
    }
    key.vlan_outer = key.vlan_inner = key.vlan_last = static_cast<std::uint16_t>(one_in(9) ? 7 : 0);
    key.mac_a = k + 1;
    key.mac_b = k + 2;
    if (one_in(12)) {
      key.path = 4, key.tunnel_id = static_cast<std::uint32_t>(k % 3);
    } else if (one_in(12)) {
      key.path = 6;
    }
    if (key.path != 0 && one_in(3)) {
      key.shims = 1U << kShimOuterIpv6Shift;
    }
    if (one_in(10)) {
      key.ip_version = 6;
    }
    return key;
  }

  std::uint32_t pick_key(std::uint32_t i) {
    if (shape_.one_each) {
      return i;
    }
    if (shape_.elephant && !one_in(10)) {
      return 0;
    }
    // Some keys are far busier than others.
    return static_cast<std::uint32_t>(std::min(next() % shape_.keys, next() % shape_.keys));
  }

  void add_row(PacketTable& t, std::uint32_t i, std::int64_t now) {
    auto const k = pick_key(i);
    auto const& key = t.keys[k];
    bool const tcp = key.protocol == 6;
    bool const side = one_in(3);
    std::uint16_t bits = kRowPrimary | (side ? kRowSide : 0);
    if (one_in(40)) {
      bits |= one_in(2) ? kRowFragmentFirst : kRowFragmentLater;
    }
    if (one_in(60)) {
      bits |= kRowL4Missing;
    }
    if (one_in(60)) {
      bits |= kRowL4Malformed;
    }
    if (one_in(80)) {
      bits |= kRowNoTotalLength;
    }
    if (one_in(50)) {
      bits |= static_cast<std::uint16_t>((1 + next() % 10) << kRowNextShift);
    }
    if (one_in(50)) {
      bits |= kRowInnerFailed;
    }
    if (one_in(40)) {
      bits |= kRowTruncated;
    }
    auto const payload = one_in(3) ? 0U : static_cast<std::uint32_t>(next() % 1461);
    static constexpr std::uint8_t kFlags[] = {2, 18, 16, 16, 16, 24, 24, 24, 17, 16, 20, 4};
    auto const flags = kFlags[next() % (shape_.many_ends || one_in(6) ? 12 : 8)];
    t.key.push_back(k);
    t.index.push_back(i);
    t.time_ns.push_back(now);
    t.ip_hdr.push_back(5);
    t.l4_hdr.push_back(tcp ? 20 : 8);
    t.ip_len.push_back(20U + t.l4_hdr.back() + payload);
    t.wire_len.push_back(t.ip_len.back() + 14U);
    t.cap_len.push_back(one_in(30) ? 20 : 64);
    t.tcp_flags.push_back(tcp ? flags : std::uint8_t{0});
    t.ttl.push_back(static_cast<std::uint8_t>(60 + next() % 5));
    t.tos.push_back(0);
    t.window.push_back(one_in(20) ? std::uint16_t{0} : static_cast<std::uint16_t>(next()));
    t.icmp.push_back(static_cast<std::uint16_t>((side ? 0 : 8) << 8 | (one_in(5) ? 1 : 0)));
    sequence_[side ? 1 : 0] +=
        one_in(20) ? static_cast<std::uint32_t>(next() % 4000) - 2000 : payload;
    t.seq.push_back(sequence_[side ? 1 : 0]);
    t.ack.push_back(0);
    t.status.push_back(static_cast<std::uint8_t>(shape_.skipped && one_in(25) ? 5 : 0));
    t.bits.push_back(bits);
  }

  TrafficShape shape_;
  std::uint64_t key_;
  std::uint64_t position_ = 0;
  std::uint32_t sequence_[2] = {0xFFFFF000U, 1000};
};

inline PacketTable make_traffic(TrafficShape shape) {
  if (shape.one_each) {
    shape.keys = std::max<std::size_t>(shape.packets, 1);
  }
  return TrafficMaker(shape).make();
}

/// Rows [first, last) of `t` with only the keys they use, numbered anew, as another ingest would
/// cut.
inline PacketTable cut_table(PacketTable const& t, std::size_t first, std::size_t last) {
  PacketTable out;
  out.first_index = t.first_index + (first < t.size() ? t.index[first] : 0);
  out.time_base_s = t.time_base_s;
  std::vector<std::uint32_t> number(t.keys.size(), UINT32_MAX);
  for (std::size_t i = first; i < last; ++i) {
    auto& id = number[t.key[i]];
    if (id == UINT32_MAX) {
      id = static_cast<std::uint32_t>(out.keys.size());
      out.keys.push_back(t.keys[t.key[i]]);
    }
    out.key.push_back(id);
    out.index.push_back(t.index[i] - t.index[first]);
  }
  auto const part = [&](auto const& from, auto& to) {
    to.assign(from.begin() + static_cast<std::ptrdiff_t>(first),
              from.begin() + static_cast<std::ptrdiff_t>(last));
  };
  part(t.time_ns, out.time_ns);
  part(t.wire_len, out.wire_len);
  part(t.cap_len, out.cap_len);
  part(t.ip_len, out.ip_len);
  part(t.ip_hdr, out.ip_hdr);
  part(t.l4_hdr, out.l4_hdr);
  part(t.tcp_flags, out.tcp_flags);
  part(t.ttl, out.ttl);
  part(t.tos, out.tos);
  part(t.window, out.window);
  part(t.icmp, out.icmp);
  part(t.seq, out.seq);
  part(t.ack, out.ack);
  part(t.status, out.status);
  part(t.bits, out.bits);
  return out;
}

}  // namespace nta::test
