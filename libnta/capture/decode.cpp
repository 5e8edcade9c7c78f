#include "libnta/capture/decode.hpp"

#include "libnta/capture/link/ethernet.hpp"
#include "libnta/capture/link/mpls.hpp"
#include "libnta/capture/link/other_links.hpp"
#include "libnta/capture/link/ppp.hpp"
#include "libnta/capture/link/wlan.hpp"
#include "libnta/capture/link/wrapped_links.hpp"
#include "libnta/capture/net/ipv4.hpp"
#include "libnta/capture/net/ipv6.hpp"
#include "libnta/capture/net/transport.hpp"
#include "libnta/capture/plain_frame.hpp"
#include "libnta/capture/tunnel/capwap.hpp"
#include "libnta/capture/tunnel/geneve.hpp"
#include "libnta/capture/tunnel/gre.hpp"
#include "libnta/capture/tunnel/gtp.hpp"
#include "libnta/capture/tunnel/ip_tunnels.hpp"
#include "libnta/capture/tunnel/teredo.hpp"
#include "libnta/capture/tunnel/tzsp.hpp"
#include "libnta/capture/tunnel/vxlan.hpp"
#include "libnta/capture/walk.hpp"

namespace nta {

namespace {

using StepFunction = Step (*)(Walk&) noexcept;

Step skip_arp(Walk& w) noexcept {
  return skip(w, SkipReason::arp);
}
Step skip_link_type(Walk& w) noexcept {
  return skip(w, SkipReason::unsupported_link_type);
}

// The tables of steps: a new encapsulation is a row here and a small function in its header.

struct LinkTypeRow {
  std::uint32_t link_type;
  StepFunction step;
};
constexpr LinkTypeRow kLinkTypes[] = {
    {0, decode_null},     {1, decode_ethernet},      {9, decode_ppp_or_hdlc},
    {12, decode_raw_ip},  {14, decode_raw_ip},       {50, decode_ppp_or_hdlc},
    {101, decode_raw_ip}, {104, decode_ppp_or_hdlc}, {105, decode_80211},
    {108, decode_null},   {113, decode_sll},         {127, decode_radiotap},
    {192, decode_ppi},    {228, decode_ipv4},        {229, decode_ipv6},
    {239, decode_nflog},  {276, decode_sll2},
};

struct EtherTypeRow {
  std::uint16_t ether_type;
  StepFunction step;
};
constexpr EtherTypeRow kEtherTypes[] = {
    {0x0800, decode_ipv4}, {0x86DD, decode_ipv6},  {0x8100, decode_vlan}, {0x0806, skip_arp},
    {0x88A8, decode_vlan}, {0x9100, decode_vlan},  {0x9200, decode_vlan}, {0x8847, decode_mpls},
    {0x8848, decode_mpls}, {0x8864, decode_pppoe},
};

enum IpVersions : unsigned { kV4 = 1, kV6 = 2, kBoth = 3 };
struct ProtocolRow {
  std::uint8_t protocol;
  unsigned versions;
  StepFunction step;
};
constexpr ProtocolRow kProtocols[] = {
    {1, kBoth, decode_icmp},
    {4, kBoth, decode_ip4_in_ip},
    {6, kBoth, decode_tcp},
    {17, kBoth, decode_udp},
    {33, kBoth, decode_dccp},
    {41, kBoth, decode_ip6_in_ip},
    {47, kBoth, decode_gre},
    {51, kBoth, decode_ah},
    {58, kBoth, decode_icmpv6},
    {132, kBoth, decode_sctp},
    {136, kBoth, decode_udp_lite},
    {0, kV6, decode_ipv6_extension},
    {43, kV6, decode_ipv6_extension},
    {44, kV6, decode_ipv6_fragment},
    {60, kV6, decode_ipv6_extension},
    {135, kV6, decode_ipv6_extension},
    {139, kV6, decode_ipv6_extension},
    {140, kV6, decode_ipv6_extension},
};

/// A tunnel in UDP; `to_only`: senders choose their own port as they like, so that a packet from
/// this port says nothing.
struct UdpPortRow {
  std::uint16_t port;
  bool to_only;
  StepFunction step;
};
constexpr UdpPortRow kUdpPorts[] = {
    {2152, false, decode_gtp},    {3544, false, decode_teredo}, {4789, true, decode_vxlan},
    {5247, false, decode_capwap}, {6081, false, decode_geneve}, {8472, true, decode_vxlan},
    {37008, false, decode_tzsp},
};

Step find_udp_tunnel(unsigned source, unsigned destination) noexcept {
  for (auto const& row : kUdpPorts) {
    if (row.port == destination) return {row.step};
  }
  for (auto const& row : kUdpPorts) {
    if (row.port == source && !row.to_only) return {row.step};
  }
  return {};
}

/// Protocol number -> step, spread out once at compile time; null: no header is known behind IP.
struct ProtocolSteps {
  StepFunction step[256] = {};
};
constexpr ProtocolSteps spread(unsigned version) {
  ProtocolSteps steps;
  for (auto const& row : kProtocols) {
    if ((row.versions & version) != 0) steps.step[row.protocol] = row.step;
  }
  return steps;
}
constexpr ProtocolSteps kIpv4Steps = spread(kV4);
constexpr ProtocolSteps kIpv6Steps = spread(kV6);

bool b_is_smaller(PacketKey const& key) noexcept {
  std::uint64_t const a_hi = load_be64(key.addr_a.data());
  std::uint64_t const b_hi = load_be64(key.addr_b.data());
  if (a_hi != b_hi) return b_hi < a_hi;
  std::uint64_t const a_lo = load_be64(key.addr_a.data() + 8);
  std::uint64_t const b_lo = load_be64(key.addr_b.data() + 8);
  return a_lo != b_lo ? b_lo < a_lo : key.port_b < key.port_a;
}

}  // namespace

constexpr PortBits kUdpTunnelPorts = [] {
  PortBits bits;
  static_assert(std::size(kUdpPorts) <= std::size(bits.low));
  for (std::size_t i = 0; i < std::size(bits.low); ++i) {
    unsigned const port = kUdpPorts[i < std::size(kUdpPorts) ? i : 0].port;
    bits.words[port >> 6 & 15] |= std::uint64_t{1} << (port & 63);
    bits.low[i] = static_cast<std::uint16_t>(port & ((1U << PortBits::kLowBits) - 1));
  }
  return bits;
}();

Step first_step(std::uint32_t link_type) noexcept {
  for (auto const& row : kLinkTypes) {
    if (row.link_type == link_type) return {row.step};
  }
  return {skip_link_type};
}

Step by_ether_type(Walk& w, std::uint16_t ether_type) noexcept {
  w.ether_type = ether_type;
  for (auto const& row : kEtherTypes) {
    if (row.ether_type == ether_type) return {row.step};
  }
  return skip_non_ip(w, ether_type);
}

Step by_next_protocol(Walk& w) noexcept {
  IpLayer& layer = *w.layer;
  layer.key.protocol = w.next_protocol;
  // Behind the header of a later fragment lies payload, whatever it looks like.
  if ((layer.bits & kRowFragmentMask) == kRowFragmentLater) return {};
  auto const& steps = layer.key.ip_version == 4 ? kIpv4Steps : kIpv6Steps;
  return {steps.step[w.next_protocol]};
}

Step by_udp_ports(Walk& w) noexcept {
  unsigned const source = load_be16(w.here());
  unsigned const destination = load_be16(w.here() + 2);
  return is_udp_tunnel_port(source, destination) ? find_udp_tunnel(source, destination) : Step{};
}

void decode(Step first, std::uint8_t const* data, std::uint32_t cap_len, std::uint32_t wire_len,
            Decoded& out) noexcept {
  out.layers[0] = IpLayer{};
  out.n_layers = 0;
  out.reason = cap_len == 0 ? SkipReason::empty_record : SkipReason::none;
  out.non_ip_value = 0;
  if (cap_len == 0) return;
  Walk walk{data, cap_len, wire_len, out, out.layers.data()};
  for (Step step = first; step.run != nullptr;) {
    step = step.run(walk);
  }
  out.layers[0].bits |= kRowPrimary;
}

void canonical(IpLayer& layer) noexcept {
  PacketKey& key = layer.key;
  if (!b_is_smaller(key)) return;
  std::swap(key.addr_a, key.addr_b);
  std::swap(key.port_a, key.port_b);
  std::swap(key.mac_a, key.mac_b);
  layer.bits |= kRowSide;
}

}  // namespace nta
