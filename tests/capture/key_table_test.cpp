#include "libnta/capture/key_table.hpp"

#include "libnta/core/counter_rng.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <set>

namespace nta {
namespace {

PacketKey numbered(std::uint64_t i) {
  PacketKey key;
  for (std::size_t byte = 0; byte < 8; ++byte) {
    key.addr_a[byte] = static_cast<std::uint8_t>(i >> (8 * byte));
  }
  return key;
}

TEST(KeyTable, NumbersKeysByFirstAppearance) {
  KeyTable table;
  EXPECT_EQ(table.number_of(numbered(5)), 0U);
  EXPECT_EQ(table.number_of(numbered(3)), 1U);
  EXPECT_EQ(table.number_of(numbered(5)), 0U);
  EXPECT_EQ(table.size(), 2U);
}

// Hash equality taken for key equality would merge strangers' flows: here every hash is 0 or 1.
TEST(KeyTable, TellsKeysApartThatCollideInAllButOneBit) {
  KeyTable table(1);
  for (std::uint64_t round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < 500; ++i) {
      ASSERT_EQ(table.number_of(numbered(i)), i) << "round " << round;
    }
  }
}

PlainKey plain(std::uint64_t i) {
  return {{i, ~i, i << 7}, 6};
}

TEST(KeyTable, TellsPlainKeysApartThatCollide) {
  KeyTable table(1);
  for (std::uint64_t round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < 3000; ++i) {  // beyond a growth of the table
      ASSERT_EQ(table.number_of(plain(i), table.hash(plain(i))), i) << "round " << round;
    }
  }
}

TEST(KeyTable, ComparesEveryWordOfAPlainKey) {
  KeyTable table(0);
  PlainKey const base = plain(1);
  EXPECT_EQ(table.number_of(base, 0), 0U);
  for (std::uint32_t word = 0; word < 4; ++word) {
    PlainKey other = base;
    if (word < 3) other.word[word] ^= 1ULL << 63;
    if (word == 3) other.tail ^= 1;
    EXPECT_EQ(table.number_of(other, 0), word + 1);
    EXPECT_EQ(table.number_of(base, 0), 0U);
  }
}

// Two hosts can have the very addresses for which a factor of the hash is 0: their ports must still
// tell their keys apart, or a scan of one of them takes a look-up of all ports for each.
TEST(KeyTable, NoAddressTakesTheOtherHalfOutOfTheHash) {
  constexpr std::uint64_t kFactors[] = {0xA0761D6478BD642F, 0xE7037ED1A0B428DB};
  std::set<std::uint64_t> plains, fulls;
  constexpr std::uint64_t kN = 10'000;
  for (std::uint64_t i = 0; i < kN; ++i) {
    plains.insert(hash_of(PlainKey{{kFactors[0], i, 0}, 6}));
    plains.insert(hash_of(PlainKey{{i, kFactors[1], 0}, 6}));
    PacketKey key;
    std::memcpy(key.addr_a.data(), &kFactors[0], 8);
    std::memcpy(key.addr_a.data() + 8, &i, 8);
    fulls.insert(KeyTable::hash_of(key));
  }
  EXPECT_EQ(plains.size(), 2 * kN);
  EXPECT_EQ(fulls.size(), kN);
}

TEST(KeyTable, NumbersPlainAndOtherKeysInOneRow) {
  KeyTable table;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(table.number_of(plain(i), table.hash(plain(i))), 2 * i);
    ASSERT_EQ(table.number_of(numbered(i)), 2 * i + 1);
  }
  // The whole key of a plain one finds what the plain one has found.
  ASSERT_EQ(table.number_of(packet_key_of(plain(777))), 2U * 777);
  auto keys = table.take();
  ASSERT_EQ(keys.size(), 40'000U);
  EXPECT_EQ(keys[2 * 777], packet_key_of(plain(777)));
  EXPECT_EQ(keys[2 * 777 + 1], numbered(777));

  auto const* const memory = keys.data();
  table.give_back(std::move(keys));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.number_of(numbered(5)), 0U);
  EXPECT_EQ(table.number_of(plain(777), table.hash(plain(777))), 1U);
  keys = table.take();
  EXPECT_EQ(keys.data(), memory);
  EXPECT_EQ(keys, (std::vector{numbered(5), packet_key_of(plain(777))}));
}

TEST(KeyTable, KeepsNumbersWhileItGrows) {
  KeyTable table;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ASSERT_EQ(table.number_of(numbered(random_bits(7, i))), i);
  }
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ASSERT_EQ(table.number_of(numbered(random_bits(7, i))), i);
  }
  auto const keys = table.take();
  ASSERT_EQ(keys.size(), 100'000U);
  EXPECT_EQ(keys[777], numbered(random_bits(7, 777)));
}

TEST(KeyTable, ForgetsWhatWasTaken) {
  KeyTable table;
  table.number_of(numbered(1));
  table.take();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.number_of(numbered(2)), 0U);
}

TEST(KeyTable, LooksAtEveryMemberAndAtNoPadding) {
  std::vector<std::function<void(PacketKey&)>> const changes{
      [](PacketKey& k) { k.addr_a[15] = 1; }, [](PacketKey& k) { k.addr_b[0] = 1; },
      [](PacketKey& k) { k.mac_a = 1; },      [](PacketKey& k) { k.mac_b = 1; },
      [](PacketKey& k) { k.link = 1; },       [](PacketKey& k) { k.tunnel_id = 1; },
      [](PacketKey& k) { k.port_a = 1; },     [](PacketKey& k) { k.port_b = 1; },
      [](PacketKey& k) { k.icmp_class = 1; }, [](PacketKey& k) { k.vlan_outer = 1; },
      [](PacketKey& k) { k.vlan_inner = 1; }, [](PacketKey& k) { k.vlan_last = 1; },
      [](PacketKey& k) { k.shims = 1; },      [](PacketKey& k) { k.path = 1; },
      [](PacketKey& k) { k.ip_version = 1; }, [](PacketKey& k) { k.protocol = 1; }};
  KeyTable table;
  EXPECT_EQ(table.number_of(PacketKey{}), 0U);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    PacketKey key;
    changes[i](key);
    EXPECT_EQ(table.number_of(key), i + 1) << "member " << i;
    EXPECT_NE(KeyTable::hash_of(key), KeyTable::hash_of(PacketKey{})) << "member " << i;
  }
  alignas(PacketKey) unsigned char raw[sizeof(PacketKey)];
  std::memset(raw, 0xFF, sizeof raw);
  auto* const dirty = new (raw) PacketKey{};
  raw[sizeof(PacketKey) - 1] = 0xAB;
  EXPECT_EQ(table.number_of(*dirty), 0U);
}

}  // namespace
}  // namespace nta
