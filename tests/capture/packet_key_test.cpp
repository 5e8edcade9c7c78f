#include "libnta/capture/packet_key.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

PacketKey example(std::uint8_t protocol) {
  PacketKey key;
  key.addr_a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
  key.addr_b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 2};
  key.port_a = 40000;
  key.port_b = 443;
  key.protocol = protocol;
  return key;
}

// Both values were worked out with Python integers from the rule in the design page: words
// 0x0000000000000000, 0x0000ffff0a000001, 0, 0x0000ffff0a000002, ports and protocol.
TEST(PartitionHash, IsTheOneOfTheShardFormat) {
  EXPECT_EQ(partition_hash(example(6)), 0xAF42AF9C30A1CC8AU);
  EXPECT_EQ(partition_hash(example(132)), 0x2F5810C59DB958A9U);  // SCTP: ports count as 0
}

TEST(PartitionHash, LeavesOutWhatAProfileMayDrop) {
  PacketKey key = example(6);
  key.link = 7;
  key.vlan_outer = 5;
  key.mac_a = 1;
  key.tunnel_id = 9;
  key.path = 4;
  EXPECT_EQ(partition_hash(key), partition_hash(example(6)));
  key.port_a = 40001;
  EXPECT_NE(partition_hash(key), partition_hash(example(6)));
}

TEST(PartitionOf, TakesTheTopBits) {
  EXPECT_EQ(partition_of(example(6), 16), 0xAU);
  EXPECT_EQ(partition_of(example(132), 16), 0x2U);
  EXPECT_EQ(partition_of(example(6), 256), 0xAFU);
  EXPECT_EQ(partition_of(example(6), 1), 0U);
}

}  // namespace
}  // namespace nta
