#include "libnta/shards/codec.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/crc32c.hpp"
#include "libnta/shards/shuffle.hpp"
#include "libnta/shards/shuffle_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace nta {
namespace {

std::vector<std::byte> random_bytes(std::size_t n, std::uint64_t seed, unsigned mask = 0xFF) {
  auto const key = stream_key(seed, "codec");
  std::vector<std::byte> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = static_cast<std::byte>(random_bits(key, i) & mask);
  }
  return out;
}

std::vector<std::byte> encoded(std::span<std::byte const> raw, std::size_t element, Codec codec) {
  ChunkBuffers buffers;
  auto const stored = encode_chunk(raw, element, codec, buffers);
  return {stored.begin(), stored.end()};
}

void decode(std::span<std::byte const> stored, std::size_t element, Codec codec,
            std::span<std::byte> raw) {
  ChunkBuffers buffers;
  decode_chunk(stored, element, codec, raw, buffers);
}

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Crc32c, EqualsThePublishedValues) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);  // the check value of the catalogues
  std::array<std::byte, 32> block{};
  EXPECT_EQ(crc32c(block), 0x8A9136AAU);  // RFC 3720 B.4: 32 bytes of zeros
  block.fill(std::byte{0xFF});
  EXPECT_EQ(crc32c(block), 0x62A8AB43U);  // 32 bytes of ones
}

TEST(Crc32c, InstructionAndTableAgreeAndGoOn) {
  for (std::size_t const n : {0, 1, 7, 8, 9, 31, 64, 1001}) {
    auto const bytes = random_bytes(n, n);
    EXPECT_EQ(crc32c(bytes), crc32c_table(bytes)) << n;
    auto const half = std::span(bytes).first(n / 2);
    EXPECT_EQ(crc32c(std::span(bytes).subspan(n / 2), crc32c(half)), crc32c(bytes)) << n;
  }
}

TEST(Shuffle, EveryWayPutsByteJOfAllElementsTogether) {
  for (auto const& way : shuffle_ways()) {
    for (std::size_t const element : {1, 2, 4, 8, 16}) {
      for (std::size_t const n : {0, 1, 7, 31, 32, 33, 63, 64, 65, 256, 1000}) {
        auto const raw = random_bytes(n * element, n + element);
        std::vector<std::byte> shuffled(raw.size());
        std::vector<std::byte> back(raw.size());
        shuffle_by(way, raw, element, shuffled);
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = 0; j < element; ++j) {
            ASSERT_EQ(shuffled[j * n + i], raw[i * element + j])
                << way.name << " " << element << " " << n;
          }
        }
        unshuffle_by(way, shuffled, element, back);
        EXPECT_EQ(back, raw) << way.name << " " << element << " " << n;
      }
    }
  }
}

/// A vector of plain bytes: the network in all widths, also those that this machine has not.
template <std::size_t kLanesOfIt>
struct PlainVector {
  static constexpr std::size_t kLanes = kLanesOfIt;
  using Register = std::array<std::byte, 16 * kLanes>;
  static Register load(std::byte const* p) { return load_lanes(p, 16); }
  static void store(std::byte* p, Register const& v) { store_lanes(p, 16, v); }
  static Register load_lanes(std::byte const* p, std::size_t step) {
    Register v;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::copy_n(p + lane * step, 16, v.begin() + static_cast<std::ptrdiff_t>(lane * 16));
    }
    return v;
  }
  static void store_lanes(std::byte* p, std::size_t step, Register const& v) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::copy_n(v.begin() + static_cast<std::ptrdiff_t>(lane * 16), 16, p + lane * step);
    }
  }
  static Register unpack(Register const& a, Register const& b, std::size_t half) {
    Register v;
    for (std::size_t i = 0; i < v.size() / 2; ++i) {
      auto const from = i / 8 * 16 + half * 8 + i % 8;
      v[2 * i] = a[from];
      v[2 * i + 1] = b[from];
    }
    return v;
  }
  static Register low(Register const& a, Register const& b) { return unpack(a, b, 0); }
  static Register high(Register const& a, Register const& b) { return unpack(a, b, 1); }
  static Register pattern(std::byte const* p) { return load_lanes(p, 0); }
  static Register different(Register a, Register const& b) {
    std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::bit_xor<>());
    return a;
  }
  static Register either(Register a, Register const& b) {
    std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::bit_or<>());
    return a;
  }
};

template <class Vec>
void expect_network_is_the_scalar_shuffle() {
  auto const scalar = shuffle_ways().front();
  ShuffleWay const network{"network", &shuffle_all<Vec>, &unshuffle_all<Vec>, &differ_all<Vec>};
  for (std::size_t const element : {2, 4, 8, 16}) {
    for (std::size_t const n : {0, 1, 31, 64, 100, 257}) {
      auto const raw = random_bytes(n * element, n + element);
      std::vector<std::byte> expected(raw.size());
      std::vector<std::byte> shuffled(raw.size());
      std::vector<std::byte> back(raw.size());
      shuffle_by(scalar, raw, element, expected);
      shuffle_by(network, raw, element, shuffled);
      EXPECT_EQ(shuffled, expected) << Vec::kLanes << " " << element << " " << n;
      unshuffle_by(network, shuffled, element, back);
      EXPECT_EQ(back, raw) << Vec::kLanes << " " << element << " " << n;
    }
  }
}

/// Each place of one element is changed in turn: its byte varies, and no other does.
void expect_varying_is_found(ShuffleWay const& way) {
  for (std::size_t const element : {1, 2, 4, 8, 16}) {
    for (std::size_t const n : {1, 2, 31, 64, 257}) {
      auto const first = random_bytes(element, element);
      std::vector<std::byte> values;
      for (std::size_t i = 0; i < n; ++i) {
        values.insert(values.end(), first.begin(), first.end());
      }
      EXPECT_EQ(varying_by(way, values, element, first.data()), 0U) << way.name << element;
      for (std::size_t at = 0; at < values.size(); ++at) {
        values[at] ^= std::byte{0x10};
        ASSERT_EQ(varying_by(way, values, element, first.data()), 1U << (at % element))
            << way.name << " " << element << " " << n << " " << at;
        values[at] ^= std::byte{0x10};
      }
    }
  }
}

TEST(Shuffle, EveryWaySeesWhichBytesVary) {
  for (auto const& way : shuffle_ways()) {
    expect_varying_is_found(way);
  }
  expect_varying_is_found({"network", &shuffle_all<PlainVector<4>>, &unshuffle_all<PlainVector<4>>,
                           &differ_all<PlainVector<4>>});
}

TEST(Shuffle, NetworkIsRightInEveryWidth) {
  expect_network_is_the_scalar_shuffle<PlainVector<1>>();
  expect_network_is_the_scalar_shuffle<PlainVector<2>>();
  expect_network_is_the_scalar_shuffle<PlainVector<4>>();
}

TEST(Shuffle, OtherElementsAreRefused) {
  std::vector<std::byte> bytes(12);
  EXPECT_THROW(shuffle_bytes(bytes, 3, bytes), Error);
  EXPECT_THROW(unshuffle_bytes(bytes, 0, bytes), Error);
}

TEST(Codec, GivesBackWhatItTook) {
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    for (std::size_t const element : {1, 2, 4, 8, 16}) {
      for (unsigned const mask : {0x00U, 0x03U, 0xFFU}) {
        auto const raw = random_bytes(1000 * element, element, mask);
        auto const stored = encoded(raw, element, codec);
        std::vector<std::byte> back(raw.size());
        decode(stored, element, codec, back);
        EXPECT_EQ(back, raw) << codec_name(codec) << " " << element << " " << mask;
      }
    }
  }
}

TEST(Codec, WritesTheLayoutOfFilter32004) {
  // 8 equal bytes: size 8 and block size 8 in big endian; too short to shrink, so stored raw.
  std::vector<std::byte> const raw(8, std::byte{5});
  auto const stored = encoded(raw, 1, Codec::lz4);
  std::vector<std::byte> expected(24);
  expected[7] = expected[11] = expected[15] = std::byte{8};
  std::fill(expected.begin() + 16, expected.end(), std::byte{5});
  EXPECT_EQ(stored, expected);
}

TEST(Codec, PlanesAreBlocksOfFilter32004) {
  // 5,000 elements of 4 bytes, of which the lowest counts: the other planes are constant blocks.
  constexpr std::size_t kRows = 5000;
  std::vector<std::uint32_t> values(kRows);
  std::iota(values.begin(), values.end(), 0x07000000U);
  for (auto& value : values) {
    value &= 0x070000FFU;
  }
  auto const stored = encoded(std::as_bytes(std::span(values)), 4, Codec::lz4);
  std::vector<std::byte> const header{std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                      std::byte{0}, std::byte{0}, std::byte{0x4E}, std::byte{0x20},
                                      std::byte{0}, std::byte{0}, std::byte{0x13}, std::byte{0x88}};
  EXPECT_TRUE(
      std::equal(header.begin(), header.end(), stored.begin()));  // 20,000 in blocks of 5,000
  // A literal, a match of 1 + 4,994 bytes one byte back, five literals: 11 B and (4,994 - 19) /
  // 255.
  std::vector<std::byte> constant(4, std::byte{0});
  constant[3] = std::byte{11 + 4975 / 255};
  for (int const b : {0x1F, 0x07, 0x01, 0x00}) {
    constant.push_back(static_cast<std::byte>(b));
  }
  constant.insert(constant.end(), 4975 / 255, std::byte{0xFF});
  constant.push_back(std::byte{4975 % 255});
  constant.push_back(std::byte{0x50});
  constant.insert(constant.end(), 5, std::byte{0x07});
  ASSERT_GT(stored.size(), constant.size());
  EXPECT_TRUE(std::equal(constant.rbegin(), constant.rend(), stored.rbegin()));
  std::vector<std::uint32_t> back(kRows);
  decode(stored, 4, Codec::lz4, std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(back, values);
}

TEST(Codec, RefusesBlocksThatDoNotFit) {
  auto const raw = random_bytes(std::size_t{8} * 5000, 4, 0x03);
  auto const stored = encoded(raw, 8, Codec::lz4);
  std::vector<std::byte> back(raw.size());
  auto more = stored;
  more.push_back(std::byte{0});
  EXPECT_THROW(decode(more, 8, Codec::lz4, back), Error);
  for (std::size_t const at : {8, 9, 10, 11, 12, 13, 14, 15}) {  // block size, size of a block
    auto other = stored;
    other[at] ^= std::byte{1};
    EXPECT_THROW(decode(other, 8, Codec::lz4, back), Error) << at;
  }
  auto none = stored;
  std::fill_n(none.begin() + 8, 4, std::byte{0});
  EXPECT_THROW(decode(none, 8, Codec::lz4, back), Error);
}

TEST(Codec, RefusesStoredBytesOfAnotherLength) {
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    auto const raw = random_bytes(4096, 3, 0x0F);
    auto const stored = encoded(raw, 4, codec);
    std::vector<std::byte> back(raw.size());
    for (std::size_t cut = 0; cut < stored.size(); cut += 13) {
      EXPECT_THROW(decode(std::span(stored).first(cut), 4, codec, back), Error) << cut;
    }
    back.resize(raw.size() - 4);
    EXPECT_THROW(decode(stored, 4, codec, back), Error);
    back.resize(raw.size() + 4);
    EXPECT_THROW(decode(stored, 4, codec, back), Error);
  }
}

TEST(Codec, KnowsItsNames) {
  EXPECT_EQ(codec_from_name("zstd"), Codec::zstd);
  EXPECT_THROW(codec_from_name("gzip"), Error);
}

TEST(Delta, WrapsAtTheEndsOfTheRange) {
  std::vector<std::int64_t> const raw{INT64_MIN, INT64_MAX, 0, -1, INT64_MIN};
  auto values = raw;
  delta_encode(values);
  EXPECT_EQ(values[0], INT64_MIN);
  EXPECT_EQ(values[1], -1);  // 2^63 - 1 + 2^63 = 2^64 - 1
  delta_decode(values);
  EXPECT_EQ(values, raw);
}

}  // namespace
}  // namespace nta
