// What the streaming meter keeps of a flow, in parts: states as packed bytes, blocks of memory, the
// index of keys.
#include "libnta/flows/block_pool.hpp"
#include "libnta/flows/flow_records.hpp"
#include "libnta/flows/flow_states.hpp"
#include "libnta/flows/packed_words.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

namespace nta {
namespace {

using test::Draw;

/// Words of all widths, some of them the model's.
std::vector<std::uint32_t> random_words(Draw& draw, std::vector<std::uint32_t> const& model) {
  std::vector<std::uint32_t> words(model.size());
  std::uint64_t const others = 1 + draw.below(20);  // one word in so many differs
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const any = static_cast<std::uint32_t>(draw.below(1ULL << 32U) >> draw.below(33));
    words[i] = draw.one_in(others) ? any : model[i];
  }
  return words;
}

TEST(PackedWords, ComeBackAsTheyWere) {
  Draw draw(1);
  for (std::size_t groups = 0; groups < 70; ++groups) {
    for (int turn = 0; turn < 20; ++turn) {
      auto const model =
          random_words(draw, std::vector<std::uint32_t>(4 * groups, turn % 2 == 0 ? 0 : 7));
      auto const words = random_words(draw, model);
      std::vector<std::byte> plain;
      for (bool const shuffles : {false, true}) {
        WordPacking const packing{reinterpret_cast<std::byte const*>(model.data()), groups,
                                  shuffles};
        std::vector<std::byte> packed(packing.limit(), std::byte{0xA5});
        auto const* const from = reinterpret_cast<std::byte const*>(words.data());
        std::size_t const bytes = packing.pack(from, packed.data());
        ASSERT_LE(bytes + WordPacking::kSlack, packed.size());
        std::vector<std::uint32_t> back(words.size(), 0xDEADBEEF);
        packing.unpack(packed.data(), reinterpret_cast<std::byte*>(back.data()));
        ASSERT_EQ(back, words) << groups << " groups, turn " << turn << ", shuffles " << shuffles;
        packed.resize(bytes);
        plain = shuffles ? plain : packed;
        ASSERT_EQ(packed, plain) << groups << " groups, turn " << turn;
      }
    }
  }
}

TEST(PackedWords, TakeNoByteForWhatIsTheModels) {
  std::vector<std::uint32_t> const model{1, 2, 3, 4, 5, 6, 7, 8};
  WordPacking const packing{reinterpret_cast<std::byte const*>(model.data()), 2, true};
  std::vector<std::byte> packed(packing.limit());
  auto const bytes_of = [&](std::vector<std::uint32_t> const& words) {
    return packing.pack(reinterpret_cast<std::byte const*>(words.data()), packed.data());
  };
  EXPECT_EQ(bytes_of(model), 1U);
  EXPECT_EQ(bytes_of({1, 2, 3, 4, 5, 6, 7, 255}), 3U);
  EXPECT_EQ(bytes_of({1, 2, 3, 0, 5, 256, 7, 8}), 1U + 2U + 3U);
  EXPECT_EQ(bytes_of({0xFFFFFFFF, 0x10000, 0x10001, 0x80000000, 5, 6, 7, 8}), 1U + 17U);
}

/// A flow that leaves its slot after every packet ends in the cells of one that never does.
template <class Set>
void expect_packing_does_not_show() {
  Rules const rules = test::nta_rules();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    FlowStatesOf<Set> whole, packed;
    whole.start(0, 1);
    packed.start(0, 1);
    std::vector<std::byte> bytes;
    for (FlowPacket const& p : test::random_flow(seed, seed < 5 ? seed : 40)) {
      whole.add(0, p, rules);
      auto const view = packed.pack(0);
      bytes.assign(view.begin(), view.end());
      bytes.resize(bytes.size() + WordPacking::kSlack);
      packed.start(0, 0);  // another flow had the slot meanwhile
      packed.add(0, test::tcp_packet(5, 1, kTcpAck, 100), rules);
      packed.unpack(0, bytes.data());
      packed.add(0, p, rules);
    }
    FeatureCell const* const x = whole.finish(0, rules);
    FeatureCell const* const y = packed.finish(0, rules);
    EXPECT_TRUE(std::equal(x, x + Set::Features::kCount, y)) << "seed " << seed;
  }
}

TEST(PackedStates, LoseNothing) {
  expect_packing_does_not_show<NtaSet>();
  expect_packing_does_not_show<Cic76Set>();
  expect_packing_does_not_show<NfstreamSet>();
}

TEST(BlockPool, BlocksKeepTheirBytesAndHolesAreFilled) {
  Draw draw(2);
  BlockPool pool;
  struct Block {
    BlockPool::Handle handle = BlockPool::kNone;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Block> blocks(3000);  // by owner
  std::size_t most = 0, held = 0;
  for (int step = 0; step < 60'000; ++step) {
    auto const owner = static_cast<std::uint32_t>(draw.below(blocks.size()));
    Block& block = blocks[owner];
    if (block.handle == BlockPool::kNone) {
      block.bytes.resize(1 + draw.below(draw.one_in(10) ? BlockPool::kMaxBytes : 500));
      std::fill(block.bytes.begin(), block.bytes.end(), static_cast<std::uint8_t>(owner + step));
      block.handle = pool.take(block.bytes.size(), owner);
      ASSERT_GE(pool.capacity(block.handle), block.bytes.size());
      ASSERT_TRUE(pool.fits(block.handle, block.bytes.size()));
      std::memcpy(pool.data(block.handle), block.bytes.data(), block.bytes.size());
      held += pool.capacity(block.handle);
      most = std::max(most, held);
      continue;
    }
    ASSERT_EQ(std::memcmp(pool.data(block.handle), block.bytes.data(), block.bytes.size()), 0);
    held -= pool.capacity(block.handle);
    BlockPool::Moved const moved = pool.give(block.handle);
    if (moved.handle != BlockPool::kNone) {
      ASSERT_NE(moved.owner, owner);
      blocks[moved.owner].handle = moved.handle;
    }
    block.handle = BlockPool::kNone;
  }
  // A page of each size that is not full, and what does not fit at the end of pages.
  EXPECT_LT(pool.memory_bytes(), most * 5 / 4 + (5U << 20U));
}

TEST(FlowIndex, FindsWhatIsThereAfterManyErasures) {
  Draw draw(3);
  FlowIndex index;
  std::vector<std::uint64_t> hash(2000);  // by id; many alike
  std::generate(hash.begin(), hash.end(), [&] { return draw.below(1500) * 0x1000100001ULL; });
  auto const hash_of_id = [&](std::uint32_t id) { return hash[id]; };
  std::set<std::uint32_t> there;
  for (int step = 0; step < 30'000; ++step) {
    auto const id = static_cast<std::uint32_t>(draw.below(hash.size()));
    std::uint32_t const found = index.find(hash[id], [&](std::uint32_t at) { return at == id; });
    ASSERT_EQ(found, there.contains(id) ? id : FlowIndex::kNone) << "step " << step;
    if (there.erase(id) > 0) {
      index.erase(hash[id], id, hash_of_id);
    } else {
      index.insert(hash[id], id, hash_of_id);
      there.insert(id);
    }
    ASSERT_EQ(index.size(), there.size());
  }
  std::set<std::uint32_t> seen;
  index.for_each([&](std::uint32_t id) { seen.insert(id); });
  EXPECT_EQ(seen, there);
}

}  // namespace
}  // namespace nta
