// Sources on disk: globs, formats, hashes, files named twice.
#include "trainers/datasets/table_source.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "small_tables.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

namespace nta {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TableSource : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "table_source_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "attack");
    for (char const* name : {"b.pcap", "a.pcap", "attack/c.pcap"}) {
      write(name, name);
    }
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(std::string const& name, std::string const& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  SourceConfig source(std::string const& glob, SourcePart part = SourcePart::free) {
    SourceConfig config;
    config.files = {(folder_ / glob).string()};
    config.part = part;
    return config;
  }
  std::string refusal(DataConfig const& config, ErrorKind kind) {
    try {
      list_source_files(config);
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), kind);
      return error.what();
    }
    return "no error";
  }
  fs::path folder_;
};

TEST_F(TableSource, GlobsAreSortedAndFilesHashed) {
  DataConfig config;
  config.sources = {source("attack/*.pcap"), source("*.pcap")};
  config.sources[0].label = "@folder";
  auto const files = list_source_files(config);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].label, "attack");
  EXPECT_EQ(files[1].path.filename(), "a.pcap");
  EXPECT_EQ(files[2].path.filename(), "b.pcap");
  EXPECT_EQ(files[2].sha256, sha256_hex("b.pcap"));
  EXPECT_EQ(files[2].bytes, 6U);
  EXPECT_EQ(files[2].format, SourceFormat::pcap);
}

TEST_F(TableSource, MissingFilesAndFilesNamedTwiceAreRefused) {
  DataConfig config;
  config.sources = {source("*.pcapng")};
  EXPECT_THAT(refusal(config, ErrorKind::data), HasSubstr("*.pcapng"));
  config.sources = {source("*.pcap", SourcePart::train), source("a.pcap", SourcePart::test)};
  EXPECT_THAT(refusal(config, ErrorKind::usage), HasSubstr("in two parts"));
  config.sources = {source("*.pcap"), source("a.pcap")};
  EXPECT_THAT(refusal(config, ErrorKind::usage), HasSubstr("count twice"));
}

TEST_F(TableSource, FormatIsFoundByContent) {
  write("odd-name.pcap", "\x89HDF\r\n\x1a\n and more");
  EXPECT_EQ(detect_format(folder_ / "odd-name.pcap"), SourceFormat::features);
  write("attack/manifest.json", "{}");
  EXPECT_EQ(detect_format(folder_ / "attack"), SourceFormat::shards);
  EXPECT_THROW(detect_format(folder_), Error);
}

TEST_F(TableSource, TablesOfOtherColumnsAreRefusedNamingBothFiles) {
  DataConfig config;
  config.sources = {source("*.pcap")};
  auto const read = [](SourceFile const& file) {
    FeatureTable table = test::table_of({{}}, {file.path.string()});
    table.provenance.capture_sha256.clear();
    if (file.path.filename() == "b.pcap") {
      table.provenance.set_sha256 = "other";
    }
    return table;
  };
  try {
    read_sources(config, read);
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.pcap"));
    EXPECT_THAT(error.what(), HasSubstr("b.pcap"));
  }
  config.sources = {source("a.pcap")};
  EXPECT_EQ(read_sources(config, read).tables[0].provenance.capture_sha256[0],
            sha256_hex("a.pcap"));
}

TEST(CaptureStem, LosesCaptureAndCompressionSuffixes) {
  EXPECT_EQ(capture_stem("/x/lab-07.pcap.zst"), "lab-07");
  EXPECT_EQ(capture_stem("a.b.pcapng"), "a.b");
  EXPECT_EQ(capture_stem(".pcap"), ".pcap");
}

}  // namespace
}  // namespace nta
