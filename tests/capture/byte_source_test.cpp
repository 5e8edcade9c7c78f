#include "libnta/capture/byte_source.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"
#include "tests/capture/compression.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta::test {
namespace {

ByteVector noise(std::uint64_t seed, std::size_t n) {
  ByteVector bytes(n);
  for (std::size_t i = 0; i < n; ++i) {  // half zeros, so that it compresses a little
    bytes[i] = static_cast<std::uint8_t>(i % 2 == 0 ? random_bits(seed, i) : 0);
  }
  return bytes;
}

struct Read {
  ByteVector bytes;
  FaultKind fault;
  std::string text;
};
Read read_all(ByteVector const& stored, std::size_t step = 1000) {
  auto const source = decompressed(std::make_unique<MemorySource>(stored));
  Read all{{}, FaultKind::none, ""};
  ByteVector part(step);
  while (std::size_t const n = source->read(part)) {
    all.bytes.insert(all.bytes.end(), part.begin(), part.begin() + static_cast<long>(n));
  }
  all.fault = source->fault();
  all.text = source->fault_text();
  return all;
}

ByteVector operator+(ByteVector a, ByteVector const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
ByteVector first(ByteVector bytes, std::size_t n) {
  bytes.resize(n);
  return bytes;
}

class EachCompression : public ::testing::TestWithParam<Compressor> {};

TEST_P(EachCompression, IsToldByItsFirstBytesAndReadBack) {
  auto const bytes = noise(1, 700'000);
  for (std::size_t const step : {1UL, 999UL, std::size_t{1} << 20}) {
    auto const read = read_all(GetParam().compress(bytes), step);
    EXPECT_EQ(read.fault, FaultKind::none) << read.text;
    EXPECT_TRUE(read.bytes == bytes) << "step " << step;
  }
}

TEST_P(EachCompression, ReadsConcatenatedMembersAsOne) {
  auto const a = noise(1, 300'000);
  auto const b = noise(2, 5);
  auto const c = noise(3, 400'000);
  auto const& compress = GetParam().compress;
  auto const read = read_all(compress(a) + compress(b) + compress({}) + compress(c));
  EXPECT_EQ(read.fault, FaultKind::none) << read.text;
  EXPECT_TRUE(read.bytes == a + b + c);
}

TEST_P(EachCompression, GivesAllBeforeACutAndThenAFault) {
  auto const bytes = noise(4, 600'000);
  auto const stored = GetParam().compress(bytes);
  auto const read = read_all(first(stored, stored.size() * 3 / 4));
  EXPECT_EQ(read.fault, FaultKind::decompress_error);
  EXPECT_THAT(read.text, ::testing::HasSubstr("the file ends inside"));
  EXPECT_GT(read.bytes.size(), bytes.size() / 4);
  EXPECT_TRUE(std::equal(read.bytes.begin(), read.bytes.end(), bytes.begin()));
}

TEST_P(EachCompression, TellsDamageInTheMiddle) {
  auto const bytes = noise(5, 600'000);
  auto stored = GetParam().compress(bytes);
  for (std::size_t i = 0; i < 64; ++i) stored[stored.size() / 2 + i] ^= 0x5A;
  EXPECT_EQ(read_all(stored).fault, FaultKind::decompress_error);
}

TEST_P(EachCompression, TellsOneFlippedBitByItsChecksumAtTheLatest) {
  auto stored = GetParam().compress(noise(6, 10'000));
  stored[stored.size() / 2] ^= 1;
  EXPECT_EQ(read_all(stored).fault, FaultKind::decompress_error);
}

TEST_P(EachCompression, TellsGarbageBehindTheLastMember) {
  auto const bytes = noise(7, 1000);
  auto const read = read_all(GetParam().compress(bytes) + ByteVector(50, 0x77));
  EXPECT_EQ(read.fault, FaultKind::decompress_error);
  EXPECT_TRUE(read.bytes == bytes);
}

INSTANTIATE_TEST_SUITE_P(Formats, EachCompression, ::testing::ValuesIn(kCompressors),
                         [](auto const& what) { return what.param.name; });

TEST(ByteSource, GzipIgnoresZerosBehindTheLastMember) {
  auto const bytes = noise(8, 1000);
  auto const read = read_all(gzip(bytes) + ByteVector(512, 0));
  EXPECT_EQ(read.fault, FaultKind::none) << read.text;
  EXPECT_TRUE(read.bytes == bytes);
}

TEST(ByteSource, ZstdMayBeginWithASkippableFrame) {
  auto const bytes = noise(9, 1000);
  ByteVector const skippable{0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};
  auto const read = read_all(skippable + zstd(bytes));
  EXPECT_EQ(read.fault, FaultKind::none) << read.text;
  EXPECT_TRUE(read.bytes == bytes);
}

TEST(ByteSource, PassesOnWhatIsNotCompressed) {
  for (std::size_t const n : {0U, 1U, 5U, 6U, 7U, 5000U}) {
    auto const bytes = noise(10, n);
    auto const read = read_all(bytes, 3);
    EXPECT_EQ(read.fault, FaultKind::none);
    EXPECT_TRUE(read.bytes == bytes) << n;
  }
}

TEST(ByteSource, ThatCannotBeOpenedNamesThePath) {
  try {
    open_source("/nonexistent/x.pcap");
    FAIL() << "opened";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/nonexistent/x.pcap: cannot be opened"));
  }
}

TEST(PrefixedSource, GivesPrefixAndRestInOneRead) {
  auto const bytes = noise(3, 100);
  PrefixedSource source({bytes.begin(), bytes.begin() + 6},
                        std::make_unique<MemorySource>(std::span(bytes).subspan(6)));
  std::vector<std::uint8_t> into(64);
  EXPECT_EQ(source.read(std::span(into).first(4)), 4U);
  EXPECT_EQ(source.read(std::span(into).subspan(4)), 60U);
  EXPECT_TRUE(std::equal(into.begin(), into.end(), bytes.begin()));
  EXPECT_EQ(source.read(into), 36U);
  EXPECT_EQ(source.read(into), 0U);
}

}  // namespace
}  // namespace nta::test
