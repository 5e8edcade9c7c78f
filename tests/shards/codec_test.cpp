#include "libnta/shards/codec.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/crc32c.hpp"
#include "libnta/shards/shuffle.hpp"
#include "libnta/shards/shuffle_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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
};

template <class Vec>
void expect_network_is_the_scalar_shuffle() {
  auto const scalar = shuffle_ways().front();
  ShuffleWay const network{"network", &shuffle_all<Vec>, &unshuffle_all<Vec>};
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
