#include "libnta/capture/capture_file.hpp"

#include "libnta/core/error.hpp"
#include "tests/capture/compression.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(ByteVector const& bytes) {
  try {
    read_capture(bytes);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "no error";
}

TEST(CaptureFile, RefusesWhatIsNoCaptureWithOneClearSentence) {
  EXPECT_THAT(error_of({}), HasSubstr("memory: is empty"));
  EXPECT_THAT(error_of({1, 2, 3}), HasSubstr("is no capture"));
  EXPECT_THAT(error_of(Bytes(1000, 'x')), HasSubstr("is no capture"));
  EXPECT_THAT(error_of(gzip(Bytes(1000, 'x'))), HasSubstr("is no capture"));
  EXPECT_THAT(error_of(gzip({})), HasSubstr("is empty"));
  EXPECT_THAT(error_of(Bytes{}.be32(0x0A0D0D0A).zeros(100)), HasSubstr("is no capture"));
}

TEST(CaptureFile, RefusesACompressedFileThatGivesNotEvenAHeader) {
  auto stored = xz(pcap({{0, tcp_packet()}}));
  stored.resize(14);
  EXPECT_THAT(error_of(stored), HasSubstr("cannot be decompressed on from its start"));
}

TEST(CaptureFile, ReadsEachCompressionOfBothFormats) {
  Pcapng pcapng;
  pcapng.section().interface().enhanced({1, tcp_packet()});
  for (auto const& compressor : kCompressors) {
    EXPECT_EQ(read_capture(compressor.compress(pcap({{1, tcp_packet()}}))).frames.size(), 1U);
    EXPECT_EQ(read_capture(compressor.compress(pcapng.bytes)).frames.size(), 1U);
  }
}

TEST(CaptureFile, ADamagedCompressedFileGivesAllPacketsBeforeTheDamage) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Record record{i, tcp_packet(i % 97)};
    for (std::size_t k = 20; k < record.bytes.size(); ++k) {  // so that it does not shrink away
      record.bytes[k] = static_cast<std::uint8_t>((i * 2654435761U + k * k * 40503U) >> 7);
    }
    records.push_back(record);
  }
  auto const whole = pcap(records);
  for (auto const& compressor : kCompressors) {
    auto stored = compressor.compress(whole);
    stored.resize(stored.size() * 9 / 10);
    auto const read = read_capture(stored);
    EXPECT_EQ(read.fault.kind, FaultKind::decompress_error) << compressor.name;
    ASSERT_LT(read.frames.size(), records.size()) << compressor.name;
    EXPECT_LE(read.fault.offset, whole.size()) << compressor.name;
    EXPECT_GT(read.frames.size(), 100U) << compressor.name;
    for (std::size_t i = 0; i < read.frames.size(); ++i) {
      ASSERT_EQ(read.bytes[i], records[i].bytes) << compressor.name << i;
    }
  }
}

/// Fails after its bytes, as a disk or a network file system may.
class FailingSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  std::size_t read(std::span<std::uint8_t> into) override {
    std::size_t const n = MemorySource::read(into);
    return n > 0 ? n : fail(FaultKind::read_error, "input/output error");
  }
};

TEST(CaptureFile, AReadErrorEndsTheFileAndIsNotTakenForItsEnd) {
  Pcapng pcapng;
  pcapng.section().interface().enhanced({1, tcp_packet()});
  for (ByteVector const& bytes :
       {ByteVector(pcap({{1, tcp_packet()}})), ByteVector(pcapng.bytes)}) {
    CaptureFile capture(std::make_unique<FailingSource>(bytes), "disk");
    Frame frame;
    EXPECT_EQ(capture.next(frame), ReadStatus::frame);
    EXPECT_EQ(capture.next(frame), ReadStatus::fault);
    EXPECT_EQ(capture.fault().kind, FaultKind::read_error);
    EXPECT_EQ(capture.fault().offset, bytes.size());
    EXPECT_EQ(capture.next(frame), ReadStatus::fault);  // and stays so
  }
}

TEST(FindCaptures, TakesAFoldersCapturesInBytewisePathOrder) {
  TemporaryFolder const folder;
  auto const a = folder.file("b/a.pcap", {1});
  auto const z = folder.file("B/z.pcapng.zst", {1});
  auto const c = folder.file("b/A.cap", {1});
  folder.file("b/labels.json", {1});
  EXPECT_THAT(find_captures({folder.path(), "x.bin", "-"}), ElementsAre(z, c, a, "x.bin", "-"));
}

TEST(FindCaptures, RefusesAFolderWithoutCaptures) {
  TemporaryFolder const folder;
  folder.file("notes.txt", {1});
  try {
    find_captures({folder.path()});
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), HasSubstr(folder.path() + ": no captures in this folder"));
  }
}

TEST(FindCaptures, ReadsStandardInputOnlyOnce) {
  EXPECT_THROW(find_captures({"-", "-"}), Error);
  EXPECT_THROW(find_captures({}), Error);
}

}  // namespace
}  // namespace nta::test
