// What the capture tests share: a packet decoded, files in a folder of their own, an ingest in one
// go.
#pragma once

#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/decode.hpp"
#include "libnta/capture/ingest.hpp"
#include "tests/support/packet_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace nta::test {

/// Decodes from a heap block of exactly the captured size, so that a sanitizer sees every overread.
inline Decoded decode_packet(std::uint32_t link_type, std::vector<std::uint8_t> const& bytes,
                             std::uint32_t wire_len) {
  auto const exact = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  Decoded out;
  decode(first_step(link_type), exact.get(), static_cast<std::uint32_t>(bytes.size()), wire_len,
         out);
  return out;
}
inline Decoded decode_packet(std::uint32_t link_type, std::vector<std::uint8_t> const& bytes) {
  return decode_packet(link_type, bytes, static_cast<std::uint32_t>(bytes.size()));
}
inline Decoded decode_ethernet_packet(std::vector<std::uint8_t> const& bytes) {
  return decode_packet(1, bytes);
}

/// Removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto const* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            ("nta-" + std::to_string(::getpid()) + "-" + test->name());
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;

  std::string path() const { return path_.string(); }
  /// Writes a file (folders in its name are made) and returns its path.
  std::string file(std::string const& name, std::vector<std::uint8_t> const& bytes) const {
    auto const path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<char const*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return path.string();
  }

 private:
  std::filesystem::path path_;
};

struct Ingested {
  IngestResult result;
  std::vector<PacketTable> tables;
};
inline Ingested ingest_all(IngestOptions const& options) {
  Ingested all;
  all.result =
      ingest(options, [&](PacketTable&& table) { all.tables.push_back(std::move(table)); });
  return all;
}

/// All frames of a file, copied, and how it ended.
struct ReadFile {
  std::vector<Frame> frames;  // data points nowhere any more
  std::vector<std::vector<std::uint8_t>> bytes;
  ReadFault fault;
};
inline ReadFile read_capture(std::vector<std::uint8_t> const& file,
                             std::size_t buffer_bytes = kReadBufferBytes) {
  CaptureFile capture(std::make_unique<MemorySource>(file), "memory", buffer_bytes);
  ReadFile read;
  Frame frame;
  while (capture.next(frame) == ReadStatus::frame) {
    read.frames.push_back(frame);
    read.bytes.emplace_back(frame.data, frame.data + frame.cap_len);
  }
  read.fault = capture.fault();
  return read;
}

/// A plain Ethernet, IPv4, TCP packet with this much payload.
inline Bytes tcp_packet(std::size_t payload_bytes = 0) {
  return ethernet(0x0800, ipv4({}, tcp({}, payload_bytes)));
}

}  // namespace nta::test
