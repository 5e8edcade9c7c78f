#include "libnta/core/sha256.hpp"

#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace nta {
namespace {

// FIPS 180-4 example values.
constexpr auto kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr auto kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
}

TEST(Sha256, PiecesGiveTheHashOfTheWhole) {
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) {
    hash.update(std::string(1000, 'a'));
  }
  EXPECT_EQ(to_hex(hash.digest()), kMillionA);
}

TEST(Sha256, FilesAreHashedAndAMissingOneIsNamed) {
  auto const path = std::filesystem::path(testing::TempDir()) / "sha256_test.bin";
  std::ofstream(path) << "abc";
  EXPECT_EQ(sha256_file_hex(path), kAbc);
  std::filesystem::remove(path);
  try {
    sha256_file_hex(path);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(std::string(error.what()).find("sha256_test.bin"), std::string::npos);
  }
}

}  // namespace
}  // namespace nta
