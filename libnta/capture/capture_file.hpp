// One open capture of any format -> frames. The format is told by its first bytes, never by its
// name.
#pragma once

#include "libnta/capture/pcap_file.hpp"
#include "libnta/capture/pcapng_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>

namespace nta {

/// How a capture is read.
struct Reading {
  std::size_t buffer_bytes = kReadBufferBytes;
  bool ahead = false;  // regular files: by a thread of its own
  bool hash = false;   // regular files: SHA-256 on the way
};

class CaptureFile {
 public:
  /// `name` is for messages. Error(data) if the bytes are no capture, none at all, or cannot be
  /// decompressed or read from the start.
  CaptureFile(std::unique_ptr<ByteSource> source, std::string name,
              std::size_t buffer_bytes = kReadBufferBytes, bool read_ahead = false);
  /// Error(data) also if the file cannot be opened. "-" is standard input.
  static CaptureFile open(std::string const& path, Reading const& reading = {});

  /// The next record; after `fault`, fault() says what and where. The frame borrows from this file.
  ReadStatus next(Frame& frame) {
    if (auto* pcap = std::get_if<PcapFile>(&format_)) [[likely]] {
      return pcap->next(frame);
    }
    return std::get<PcapngFile>(format_).next(frame);
  }
  /// Several records at once, as many as the buffer holds; 0 where `next` says end or fault.
  std::size_t next_block(std::span<Frame> frames) {
    return std::visit([frames](auto& f) { return f.next_block(frames); }, format_);
  }
  ReadFault const& fault() const {
    return std::visit([](auto const& f) -> ReadFault const& { return f.fault(); }, format_);
  }
  std::uint64_t stored_bytes() const {
    return std::visit([](auto const& f) { return f.window().stored_bytes(); }, format_);
  }
  /// Of all stored bytes, also those behind damage; empty unless it was asked for. The last call.
  std::string stored_sha256() {
    return std::visit([](auto& f) { return f.window().stored_sha256(); }, format_);
  }
  /// Block type -> blocks that were passed over (pcapng only).
  std::map<std::uint32_t, std::uint64_t> skipped_blocks() const;
  std::string const& name() const { return name_; }

 private:
  std::string name_;
  std::variant<PcapFile, PcapngFile> format_;
};

/// Files, folders and "-" -> files and "-": a folder becomes all *.pcap* and *.cap* below it in
/// bytewise path order. Error(data) if a path is not there or a folder holds no captures.
std::vector<std::string> find_captures(std::vector<std::string> const& paths);

}  // namespace nta
