// pcapng files -> frames: byte order and interfaces of each section, per-interface time scale,
// enhanced, old and simple packet blocks; all other blocks are counted by type.
#pragma once

#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/byte_window.hpp"
#include "libnta/capture/frame.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace nta {

class PcapngFile {
 public:
  /// Whether these 12 bytes begin a pcapng file: a section header with its byte-order magic.
  static bool is_magic(std::uint8_t const* first) noexcept;

  /// `window` stands at the first section header.
  explicit PcapngFile(ByteWindow&& window) : window_(std::move(window)) {}

  ReadStatus next(Frame& frame);
  /// As many of the next packets as the buffer holds whole and without another block between, at
  /// least one if there is one, at most frames.size(); bytes and interfaces stay until the next
  /// call. 0: the end, or a fault.
  std::size_t next_block(std::span<Frame> frames);

  ReadFault const& fault() const { return fault_; }
  ByteWindow const& window() const { return window_; }
  ByteWindow& window() { return window_; }
  /// Block type -> blocks passed over; beyond 256 types the rest is counted as type UINT32_MAX.
  std::map<std::uint32_t, std::uint64_t> const& skipped_blocks() const { return skipped_; }

 private:
  /// What became of one block.
  enum class Block { frame, passed, stopped };

  Block read_block(Frame& frame);
  Block pass_block(std::uint32_t type, std::uint32_t length_bytes);
  bool begin_section(std::uint8_t const* block, std::uint32_t length_bytes);
  bool add_interface(std::uint8_t const* block, std::uint32_t length_bytes);
  void read_interface_options(std::uint8_t const* at, std::uint8_t const* end,
                              CaptureInterface& interface) const;
  Block timed_packet(std::uint8_t const* block, std::uint32_t length_bytes, bool is_old,
                     Frame& frame);
  Block simple_packet(std::uint8_t const* block, std::uint32_t length_bytes, Frame& frame);
  Block stop(FaultKind kind, std::string text);
  /// The source has ended inside a block: torn, or what the source itself says.
  Block ended_inside();

  ByteWindow window_;
  ByteOrder order_;
  std::vector<CaptureInterface> interfaces_;
  // A simple packet has no time of its own and takes over that of the packet before it.
  std::int64_t last_time_s_ = 0;
  std::uint32_t last_time_ns_ = 0;
  std::uint64_t block_at_ = 0;
  std::map<std::uint32_t, std::uint64_t> skipped_;
  ReadFault fault_;
};

}  // namespace nta
