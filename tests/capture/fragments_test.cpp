#include "libnta/capture/fragments.hpp"

#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

IpLayer fragment(unsigned id, bool first, std::uint32_t source = 1, unsigned source_port = 4000) {
  Ip4 const header{.source = source, .protocol = 17, .id = id, .fragment = first ? 0x2000U : 185U};
  return decode_ethernet_packet(ethernet(0x0800, ipv4(header, udp(source_port, 53, 40)))).layers[0];
}
IpLayer resolved(FragmentTable& table, IpLayer layer, std::int64_t time_ns,
                 std::uint32_t scope = 0) {
  table.resolve(layer, scope, time_ns);
  return layer;
}

TEST(FragmentTable, LaterFragmentsTakeThePortsOfTheirFirst) {
  FragmentTable table;
  resolved(table, fragment(7, true), 0);
  auto const later = resolved(table, fragment(7, false), kSecond);
  EXPECT_EQ(later.key.port_a, 4000);
  EXPECT_EQ(later.key.port_b, 53);
  EXPECT_EQ(later.l4_hdr, 0);  // all its bytes are payload
  EXPECT_EQ(later.bits & kRowFragmentUnresolved, 0);
}

TEST(FragmentTable, WithoutAFirstFragmentThereAreNoPorts) {
  FragmentTable table;
  auto const later = resolved(table, fragment(7, false), 0);
  EXPECT_EQ(later.key.port_a, 0);
  EXPECT_EQ(later.bits & kRowFragmentUnresolved, kRowFragmentUnresolved);
}

TEST(FragmentTable, IdAddressesProtocolAndScopeMustAgree) {
  FragmentTable table;
  resolved(table, fragment(7, true), 0);
  EXPECT_NE(resolved(table, fragment(8, false), 0).bits & kRowFragmentUnresolved, 0);
  EXPECT_NE(resolved(table, fragment(7, false, 2), 0).bits & kRowFragmentUnresolved, 0);
  EXPECT_NE(resolved(table, fragment(7, false), 0, 1).bits & kRowFragmentUnresolved, 0);
  EXPECT_EQ(resolved(table, fragment(7, false), 0).bits & kRowFragmentUnresolved, 0);
}

TEST(FragmentTable, ForgetsAfter30SecondsOfPacketTime) {
  FragmentTable table;
  resolved(table, fragment(7, true), 0);
  EXPECT_EQ(resolved(table, fragment(7, false), 30 * kSecond).key.port_a, 4000);
  EXPECT_EQ(resolved(table, fragment(7, false), 30 * kSecond + 1).key.port_a, 0);
}

TEST(FragmentTable, TheNewestFirstFragmentCounts) {
  FragmentTable table;
  resolved(table, fragment(7, true, 1, 4000), 0);
  resolved(table, fragment(7, true, 1, 5000), 1);
  EXPECT_EQ(resolved(table, fragment(7, false), 2).key.port_a, 5000);
}

TEST(FragmentTable, KeepsTheNewest65536) {
  FragmentTable table;
  IpLayer first = fragment(0, true);
  std::uint32_t const n = FragmentTable::kCapacity + 1000;
  for (std::uint32_t id = 0; id < n; ++id) {
    first.fragment_id = id;
    resolved(table, first, 0);
  }
  IpLayer later = fragment(0, false);
  for (std::uint32_t id = 0; id < n; ++id) {
    later.fragment_id = id;
    bool const is_known = (resolved(table, later, 0).bits & kRowFragmentUnresolved) == 0;
    ASSERT_EQ(is_known, id >= 1000) << id;
  }
}

TEST(FragmentTable, AFirstFragmentWithoutPortsTellsNothing) {
  FragmentTable table;
  auto cut = ethernet(
      0x0800, ipv4({.source = 1, .protocol = 17, .id = 7, .fragment = 0x2000}, udp(4000, 53)));
  cut.resize(cut.size() - 1);
  resolved(table, decode_ethernet_packet(cut).layers[0], 0);
  EXPECT_NE(resolved(table, fragment(7, false), 0).bits & kRowFragmentUnresolved, 0);
}

TEST(FragmentTable, GivesIpv6FragmentsTheProtocolBehindTheExtensions) {
  FragmentTable table;
  auto const first = ethernet(
      0x86DD, ipv6({.next = 44}, fragment6(60, 0, true, 99, extension(17, 0, udp(4000, 53, 24)))));
  auto const last = ethernet(0x86DD, ipv6({.next = 44}, fragment6(60, 5, false, 99, Bytes(30))));
  resolved(table, decode_ethernet_packet(first).layers[0], 0);
  auto const unresolved = decode_ethernet_packet(last).layers[0];
  EXPECT_EQ(unresolved.key.protocol, 60);
  EXPECT_EQ(unresolved.ip_hdr_bytes, 48U);
  auto const later = resolved(table, unresolved, 0);
  EXPECT_EQ(later.key.protocol, 17);
  EXPECT_EQ(later.key.port_b, 53);
}

TEST(Fragments, AnAtomicIpv6FragmentIsAWholePacket) {
  auto const out = decode_ethernet_packet(
      ethernet(0x86DD, ipv6({.next = 44}, fragment6(6, 0, false, 1, tcp({})))));
  EXPECT_EQ(out.layers[0].bits, kRowPrimary);
  EXPECT_EQ(out.layers[0].key.port_b, 443);
}

}  // namespace
}  // namespace nta::test
