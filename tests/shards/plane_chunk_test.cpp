#include "libnta/shards/plane_chunk.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/codec.hpp"
#include "libnta/shards/shuffle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta {
namespace {

/// Elements whose byte j is constant up to element first_other[j], then random.
std::vector<std::byte> elements(std::size_t bytes, std::size_t n,
                                std::vector<std::size_t> const& first_other) {
  auto const key = stream_key(bytes, "planes");
  std::vector<std::byte> out(bytes * n);
  for (std::size_t i = 0; i < out.size(); ++i) {
    bool const constant = i / bytes < first_other[i % bytes];
    out[i] = static_cast<std::byte>(constant ? 7 * (i % bytes) : random_bits(key, i));
  }
  return out;
}

std::vector<std::byte> planes_of(PlaneChunk const& chunk) {
  std::vector<std::byte> out(chunk.element_bytes() * chunk.length());
  chunk.copy_planes(out);
  return out;
}

std::vector<std::byte> shuffled(std::vector<std::byte> const& values, std::size_t bytes) {
  std::vector<std::byte> out(values.size());
  shuffle_bytes(values, bytes, out);
  return out;
}

TEST(PlaneChunk, IsTheShuffleHoweverValuesCome) {
  constexpr std::size_t kN = 5000;
  PlaneChunk chunk;
  for (std::size_t const bytes : {1, 2, 4, 8, 16}) {
    std::vector<std::size_t> first_other;
    for (std::size_t j = 0; j < bytes; ++j) {
      first_other.push_back(j % 3 == 0 ? kN : 900 * j);  // some planes never vary
    }
    auto const values = elements(bytes, kN, first_other);
    for (std::size_t const piece : {1, 100, 1024, 1500, 5000}) {
      chunk.start(bytes, kN + 10);
      for (std::size_t at = 0; at < kN; at += piece) {
        auto const n = std::min(piece, kN - at);
        chunk.add(std::span(values).subspan(at * bytes, n * bytes));
      }
      EXPECT_EQ(chunk.size(), kN);
      EXPECT_EQ(planes_of(chunk), shuffled(values, bytes)) << bytes << " " << piece;
      for (std::size_t j = 0; j < bytes; ++j) {
        EXPECT_EQ(chunk.varies(j), first_other[j] < kN) << bytes << " " << piece << " " << j;
      }
    }
  }
}

TEST(PlaneChunk, PadsWithZeros) {
  constexpr std::size_t kN = 3000;
  PlaneChunk chunk;
  // Plane 0 is zero, 1 is seven, 2 varies, 3 is 21.
  auto values = elements(4, kN, {kN, kN, 0, kN});
  chunk.start(4, kN + 500);
  chunk.add(values);
  chunk.pad(kN + 500);
  values.resize(4 * (kN + 500));
  EXPECT_EQ(planes_of(chunk), shuffled(values, 4));
  EXPECT_EQ(chunk.size(), kN);
  EXPECT_FALSE(chunk.varies(0));
  EXPECT_TRUE(chunk.varies(1));
  EXPECT_THROW(chunk.add(std::span(values).first(4)), Error);
  EXPECT_THROW(chunk.pad(kN), Error);
  chunk.start(4, kN);  // without an element it is all zeros
  chunk.pad(kN);
  EXPECT_EQ(planes_of(chunk), std::vector<std::byte>(4 * kN));
}

TEST(PlaneChunk, HoldsNothing) {
  PlaneChunk chunk;
  for (std::size_t const bytes : {1, 2, 4, 8, 16}) {
    chunk.start(bytes, 0);
    chunk.add({});
    EXPECT_EQ(chunk.size(), 0U);
    EXPECT_TRUE(planes_of(chunk).empty());  // the sanitizers watch its addresses
    ChunkBuffers buffers;
    auto const stored = encode_chunk({}, bytes, Codec::lz4, buffers);
    std::vector<std::byte> back;
    decode_chunk(stored, bytes, Codec::lz4, back, buffers);
  }
}

TEST(PlaneChunk, IsTheSameWhetherEqualPlanesAreCompressedOrCopied) {
  constexpr std::size_t kN = 10'000;
  std::vector<std::int64_t> values(kN);
  for (std::size_t i = 0; i < kN; ++i) {  // -1, or a byte: planes 1 to 7 are the same
    auto const bits = random_bits(stream_key(7, "equal planes"), i);
    values[i] = bits % 3 == 0 ? -1 : static_cast<std::int64_t>(bits >> 56);
  }
  values[kN - 1] = 1 << 24;  // but for the last element: 3 is another
  auto const raw = std::as_bytes(std::span(values));
  ChunkBuffers buffers;
  auto const stored = encode_chunk(raw, 8, Codec::lz4, buffers);
  std::vector<std::byte> back(raw.size());
  ChunkBuffers others;
  decode_chunk(stored, 8, Codec::lz4, back, others);
  EXPECT_TRUE(std::equal(raw.begin(), raw.end(), back.begin()));
  // Behind 12 B of header, blocks of a length and as many bytes: those of planes 4 to 7 are equal.
  std::vector<std::vector<std::byte>> blocks;
  for (std::size_t at = 12; at < stored.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length = length << 8 | std::to_integer<std::size_t>(stored[at + i]);
    }
    ASSERT_LE(at + 4 + length, stored.size());
    blocks.emplace_back(stored.begin() + static_cast<std::ptrdiff_t>(at),
                        stored.begin() + static_cast<std::ptrdiff_t>(at + 4 + length));
    at += 4 + length;
  }
  ASSERT_EQ(blocks.size(), 8U);
  PlaneChunk alone;  // plane 4 as a column of its own
  alone.start(1, kN);
  std::vector<std::byte> upper(kN);
  for (std::size_t i = 0; i < kN; ++i) {
    upper[i] = raw[8 * i + 4];
  }
  auto const plane = encode_chunk(upper, 1, Codec::lz4, others);
  for (std::size_t j = 4; j < 8; ++j) {
    EXPECT_TRUE(std::equal(blocks[j].begin(), blocks[j].end(), plane.begin() + 12, plane.end()))
        << j;
  }
}

TEST(PlaneChunk, RefusesMoreThanItHolds) {
  PlaneChunk chunk;
  EXPECT_THROW(chunk.start(32, 1), Error);
  chunk.start(8, 10);
  EXPECT_THROW(chunk.add(std::vector<std::byte>(88)), Error);
  EXPECT_THROW(chunk.pad(11), Error);
}

TEST(PlaneChunk, IsStoredAsItsValuesAre) {
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    for (std::size_t const n : {1, 100, 4095, 4096, 20'000}) {
      auto const values = elements(8, n, {0, n / 2, n, n, 0, n, n, n});
      PlaneChunk chunk;
      chunk.start(8, n);
      chunk.add(values);
      ChunkBuffers buffers, others;
      auto const from_planes = encode_planes(chunk, codec, buffers);
      auto const from_values = encode_chunk(values, 8, codec, others);
      EXPECT_TRUE(std::ranges::equal(from_planes, from_values)) << codec_name(codec) << n;
      std::vector<std::byte> back(values.size());
      decode_chunk(from_planes, 8, codec, back, others);
      EXPECT_EQ(back, values) << codec_name(codec) << n;
    }
  }
}

}  // namespace
}  // namespace nta
