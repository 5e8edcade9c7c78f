// The projection of packet keys, and which rows a profile counts.
#include "libnta/flows/flow_key.hpp"

#include "libnta/flows/row_use.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

using test::host_key;

Rules rules_with_key(std::uint16_t parts) {
  Rules rules = test::nta_rules();
  rules.key_parts = static_cast<std::uint16_t>(kKeyAddresses | kKeyPorts | kKeyProtocol | parts);
  return rules;
}

TEST(FlowKey, PartsOutsideTheProfileDoNotSeparate) {
  PacketKey const plain = host_key(1, 1000);
  PacketKey other = plain;
  other.link = 3;
  other.mac_a = 9;
  other.vlan_last = 7;
  other.shims = 2;
  Rules const rules = test::nta_rules();
  EXPECT_TRUE(project(plain, 0, rules).key == project(other, 0, rules).key);
  EXPECT_EQ(hash_of(project(plain, 0, rules).key), hash_of(project(other, 0, rules).key));
}

TEST(FlowKey, EveryPartOfTheProfileSeparates) {
  struct Change {
    std::uint16_t part;
    void (*apply)(PacketKey&);
  };
  Change const changes[] = {
      {kKeyAddresses, [](PacketKey& k) { k.addr_a[15] ^= 1; }},
      {kKeyPorts, [](PacketKey& k) { k.port_b = 80; }},
      {kKeyProtocol, [](PacketKey& k) { k.protocol = 17; }},
      {kKeyVlanOuter, [](PacketKey& k) { k.vlan_outer = 5; }},
      {kKeyVlanInner, [](PacketKey& k) { k.vlan_inner = 5; }},
      {kKeyVlanLast, [](PacketKey& k) { k.vlan_last = 5; }},
      {kKeyTunnelKind, [](PacketKey& k) { k.path = 4; }},
      {kKeyTunnelId, [](PacketKey& k) { k.tunnel_id = 5; }},
      {kKeyIcmp, [](PacketKey& k) { k.icmp_class = 5; }},
      {kKeyLink, [](PacketKey& k) { k.link = 5; }},
      {kKeyMacs, [](PacketKey& k) { k.mac_b = 5; }},
  };
  PacketKey const plain = host_key(1, 1000);
  for (Change const& change : changes) {
    PacketKey other = plain;
    change.apply(other);
    Rules const with = rules_with_key(change.part);
    EXPECT_FALSE(project(plain, 0, with).key == project(other, 0, with).key) << change.part;
    EXPECT_NE(hash_of(project(plain, 0, with).key), hash_of(project(other, 0, with).key));
    if (change.part > kKeyProtocol) {
      Rules const without = rules_with_key(0);
      EXPECT_TRUE(project(plain, 0, without).key == project(other, 0, without).key);
    }
  }
}

TEST(FlowKey, TheFileSeparatesWhenItIsGiven) {
  Rules const rules = test::nta_rules();
  PacketKey const key = host_key(1, 1000);
  EXPECT_FALSE(project(key, 0, rules).key == project(key, 1, rules).key);
}

TEST(FlowKey, IpipIsNoTunnelKindOfTheKey) {
  EXPECT_EQ(last_tunnel_but_ipip(0x14), 4);  // vxlan, then ipip
  EXPECT_EQ(last_tunnel(0x14), 1);
  EXPECT_EQ(last_tunnel_but_ipip(0x1), 0);
  EXPECT_EQ(last_tunnel_but_ipip(0xA6), 10);
  EXPECT_EQ(last_tunnel(0), 0);
}

TEST(FlowKey, EqualAddressesWithoutPortsHaveOneSide) {
  Rules rules = rules_with_key(kKeyMacs);
  PacketKey key = host_key(1, 1000, 200);  // protocol 200 has no ports in the key
  key.addr_b = key.addr_a;
  key.mac_a = 9;
  key.mac_b = 4;
  ProjectedKey const projected = project(key, 0, rules);
  EXPECT_TRUE(projected.one_sided);
  EXPECT_EQ(projected.key.port_a, 0);
  EXPECT_EQ(projected.key.mac_a, 4U);  // by value: both directions give one key
  key.protocol = 6;
  EXPECT_FALSE(project(key, 0, rules).one_sided);
  rules.compare = CompareRule::address;
  EXPECT_TRUE(project(key, 0, rules).one_sided);
  EXPECT_FALSE(project(host_key(1, 1000, 200), 0, rules).one_sided);
}

RowUse use(PacketKey const& key, Rules const& rules, unsigned bits, std::uint32_t cap_len = 60,
           std::uint32_t link_type = 1) {
  return use_of_row(use_of_key(key, link_type, rules), static_cast<std::uint16_t>(bits), cap_len,
                    rules);
}

TEST(RowUse, ExactlyOneRowOfATunnelledFrameCounts) {
  PacketKey outer = host_key(1, 1000, 17, 4789);
  PacketKey inner = host_key(2, 1000);
  inner.path = 4;
  unsigned const next_vxlan = 4U << kRowNextShift;
  Rules rules = test::nta_rules();
  EXPECT_EQ(use(outer, rules, next_vxlan), RowUse::other_layer);
  EXPECT_EQ(use(inner, rules, 0), RowUse::in_flow);
  rules.open_over_ipv4 = 0;  // nothing opened: the outer packet is all there is
  EXPECT_EQ(use(outer, rules, next_vxlan), RowUse::in_flow);
  EXPECT_EQ(use(inner, rules, 0), RowUse::other_layer);
  rules = test::nta_rules();
  rules.tunnels = Tunnels::outer;
  EXPECT_EQ(use(outer, rules, next_vxlan), RowUse::in_flow);
  EXPECT_EQ(use(inner, rules, 0), RowUse::other_layer);
  rules.tunnels = Tunnels::both;
  EXPECT_EQ(use(outer, rules, next_vxlan), RowUse::in_flow);
  EXPECT_EQ(use(inner, rules, 0), RowUse::in_flow);
}

TEST(RowUse, AKindOpenedOverIpv4AloneStaysClosedOverIpv6) {
  Rules const rules = load_profile("nfstream").rules;
  unsigned const next_gtp = 6U << kRowNextShift;
  PacketKey outer = host_key(1, 1000, 17, 2152);
  PacketKey inner = host_key(2, 1000);
  inner.path = 6;
  EXPECT_EQ(use(outer, rules, next_gtp), RowUse::other_layer);
  EXPECT_EQ(use(inner, rules, 0), RowUse::in_flow);
  outer.ip_version = 6;
  inner.shims = 1U << kShimOuterIpv6Shift;
  EXPECT_EQ(use(outer, rules, next_gtp), RowUse::in_flow);
  EXPECT_EQ(use(inner, rules, 0), RowUse::other_layer);
  EXPECT_EQ(use(outer, rules, next_gtp | kRowInnerFailed),
            RowUse::in_flow);  // closed, so not failed
  inner.path = 1 | 6 << 4;     // 6in4 around GTP over IPv6, then over IPv4
  inner.shims = 2U << kShimOuterIpv6Shift;
  EXPECT_EQ(use(inner, rules, 0), RowUse::other_layer);
  inner.shims = 1U << kShimOuterIpv6Shift;  // ipip is opened over both
  EXPECT_EQ(use(inner, rules, 0), RowUse::in_flow);
}

TEST(RowUse, AFailedTunnelIsKeptOrDropped) {
  PacketKey const outer = host_key(1, 1000, 17, 2152);
  unsigned const failed = (6U << kRowNextShift) | kRowInnerFailed;
  Rules rules = test::nta_rules();
  EXPECT_EQ(use(outer, rules, failed), RowUse::in_flow);
  rules.drop_failed_tunnel = true;
  EXPECT_EQ(use(outer, rules, failed), RowUse::failed_tunnel);
  rules.open_over_ipv4 = 1 << 1;  // not opened, so it did not fail
  EXPECT_EQ(use(outer, rules, failed), RowUse::in_flow);
}

TEST(RowUse, EachReasonHasItsPredicate) {
  Rules rules = test::nta_rules();
  PacketKey v6 = host_key(1, 1000);
  v6.ip_version = 6;
  PacketKey const v4 = host_key(1, 1000);
  PacketKey const no_next = host_key(1, 0, 59);
  struct Case {
    RowUse reason;
    PacketKey key;
    unsigned bits;
    std::uint32_t cap_len;
  };
  Case const cases[] = {{RowUse::later_fragment, v4, kRowFragmentLater, 60},
                        {RowUse::short_frame, v4, 0, 27},
                        {RowUse::no_total_length, v4, kRowNoTotalLength, 60},
                        {RowUse::truncated_ipv6, v6, kRowTruncated, 60},
                        {RowUse::l4_missing, v4, kRowL4Missing | kRowTruncated, 60},
                        {RowUse::no_next_header, no_next, 0, 60}};
  for (Case const& c : cases) {
    EXPECT_EQ(use(c.key, rules, c.bits, c.cap_len), RowUse::in_flow);
    Rules dropping = rules;
    dropping.drop = static_cast<std::uint16_t>(1U << static_cast<unsigned>(c.reason));
    EXPECT_EQ(use(c.key, dropping, c.bits, c.cap_len), c.reason);
  }
  rules.drop = 0xFFFF;
  EXPECT_EQ(use(v4, rules, kRowTruncated), RowUse::in_flow);  // IPv4: only IPv6 is meant
  EXPECT_EQ(use(v4, rules, kRowL4Missing), RowUse::in_flow);  // short by itself, not cut
  EXPECT_EQ(use(v4, rules, 0, 28), RowUse::in_flow);
  EXPECT_EQ(use(v4, rules, kRowFragmentFirst), RowUse::in_flow);
}

TEST(RowUse, LinkTypeShimAndProtocolDecideTheProfile) {
  Rules rules = test::nta_rules();
  rules.n_link_types = 2;
  rules.link_types[0] = 1;
  rules.link_types[1] = 113;
  rules.shims = kShim8100;
  rules.protocols_ipv6 = ProtocolSet{};
  PacketKey key = host_key(1, 1000);
  EXPECT_EQ(use(key, rules, 0, 60, 113), RowUse::in_flow);
  EXPECT_EQ(use(key, rules, 0, 60, 101), RowUse::not_in_profile);
  key.shims = kShim8100 | kShimMpls;
  EXPECT_EQ(use(key, rules, 0), RowUse::not_in_profile);
  key.shims = kShim8100;
  EXPECT_EQ(use(key, rules, 0), RowUse::in_flow);
  key.ip_version = 6;
  EXPECT_EQ(use(key, rules, 0), RowUse::not_in_profile);
}

}  // namespace
}  // namespace nta
