#include "libnta/capture/pcapng_file.hpp"

#include <algorithm>
#include <utility>

namespace nta {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kOldPacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;
// A packet block has up to 32 bytes of its own and options (comments) behind the packet.
constexpr std::uint32_t kMaxBlockBytes = kMaxRecordBytes + (1U << 20);
constexpr std::size_t kMaxInterfaces = 65'536;
constexpr std::size_t kMaxBlockTypes = 256;

bool is_read(std::uint32_t type) {
  return type == kSectionHeader || type == kInterface || type == kOldPacket ||
         type == kSimplePacket || type == kEnhancedPacket;
}

}  // namespace

bool PcapngFile::is_magic(std::uint8_t const* first) noexcept {
  return load_be32(first) == kSectionHeader &&
         (load_be32(first + 8) == kByteOrderMagic || load_le32(first + 8) == kByteOrderMagic);
}

ReadStatus PcapngFile::next(Frame& frame) {
  while (fault_.kind == FaultKind::none) {
    block_at_ = window_.offset();
    if (window_.peek(8) == nullptr) {
      if (window_.available() == 0 && window_.fault() == FaultKind::none) {
        return ReadStatus::end;
      }
      ended_inside();
      break;
    }
    if (read_block(frame) == Block::frame) return ReadStatus::frame;
  }
  return ReadStatus::fault;
}

std::size_t PcapngFile::next_block(std::span<Frame> frames) {
  if (frames.empty() || next(frames[0]) != ReadStatus::frame) return 0;
  std::size_t n = 1;
  while (n < frames.size() && window_.available() >= 8) {
    std::uint32_t const type = order_.u32(window_.shown());
    bool const is_packet = type == kEnhancedPacket || type == kOldPacket || type == kSimplePacket;
    if (!is_packet || order_.u32(window_.shown() + 4) > window_.available()) break;
    block_at_ = window_.offset();
    if (read_block(frames[n]) != Block::frame) break;
    ++n;
  }
  return n;
}

PcapngFile::Block PcapngFile::read_block(Frame& frame) {
  std::uint8_t const* block = window_.peek(8);
  if (load_be32(block) == kSectionHeader) {  // the same in both orders, which its magic decides
    block = window_.peek(12);
    if (block == nullptr) return ended_inside();
    if (!is_magic(block)) return stop(FaultKind::bad_block, "section header without byte order");
    order_.big_endian = load_be32(block + 8) == kByteOrderMagic;
  }
  std::uint32_t const type = order_.u32(block);
  std::uint32_t const length_bytes = order_.u32(block + 4);
  if (length_bytes < 12 || length_bytes % 4 != 0) {
    return stop(FaultKind::bad_block, "length " + std::to_string(length_bytes));
  }
  if (!is_read(type)) return pass_block(type, length_bytes);
  if (length_bytes > kMaxBlockBytes) {
    bool const is_packet = type != kSectionHeader && type != kInterface;
    return stop(is_packet ? FaultKind::record_too_large : FaultKind::bad_block,
                "length " + std::to_string(length_bytes));
  }
  block = window_.peek(length_bytes);
  if (block == nullptr) return ended_inside();
  if (order_.u32(block + length_bytes - 4) != length_bytes) {
    return stop(FaultKind::bad_block, "the two lengths differ");
  }
  Block result = Block::passed;
  if (type == kEnhancedPacket || type == kOldPacket) {
    result = timed_packet(block, length_bytes, type == kOldPacket, frame);
  } else if (type == kSimplePacket) {
    result = simple_packet(block, length_bytes, frame);
  } else {
    bool const good = type == kSectionHeader ? begin_section(block, length_bytes)
                                             : add_interface(block, length_bytes);
    if (!good) result = Block::stopped;
  }
  if (result != Block::stopped) window_.consume(length_bytes);
  return result;
}

PcapngFile::Block PcapngFile::pass_block(std::uint32_t type, std::uint32_t length_bytes) {
  if (!window_.skip(length_bytes - 4)) return ended_inside();
  std::uint8_t const* const trailer = window_.peek(4);
  if (trailer == nullptr) return ended_inside();
  if (order_.u32(trailer) != length_bytes) {
    return stop(FaultKind::bad_block, "the two lengths differ");
  }
  window_.consume(4);
  bool const is_full = skipped_.size() >= kMaxBlockTypes && !skipped_.contains(type);
  ++skipped_[is_full ? UINT32_MAX : type];
  return Block::passed;
}

bool PcapngFile::begin_section(std::uint8_t const* block, std::uint32_t length_bytes) {
  if (length_bytes < 28 || order_.u16(block + 12) != 1) {
    stop(FaultKind::bad_block, "section header of another version");
    return false;
  }
  interfaces_.clear();
  return true;
}

bool PcapngFile::add_interface(std::uint8_t const* block, std::uint32_t length_bytes) {
  if (length_bytes < 20 || interfaces_.size() >= kMaxInterfaces) {
    stop(FaultKind::bad_block, length_bytes < 20 ? "interface block of less than 20 bytes"
                                                 : "more than 65536 interfaces");
    return false;
  }
  CaptureInterface interface;
  interface.number = static_cast<std::uint32_t>(interfaces_.size());
  interface.link_type = order_.u16(block + 8);
  interface.snaplen = order_.u32(block + 12);
  read_interface_options(block + 16, block + length_bytes - 4, interface);
  interfaces_.push_back(std::move(interface));
  return true;
}

void PcapngFile::read_interface_options(std::uint8_t const* at, std::uint8_t const* end,
                                        CaptureInterface& interface) const {
  while (end - at >= 4) {
    std::uint16_t const code = order_.u16(at);
    std::uint16_t const n_bytes = order_.u16(at + 2);
    at += 4;
    if (code == 0 || end - at < n_bytes) return;
    if (code == 2) {
      interface.name.assign(at, at + std::min<std::uint16_t>(n_bytes, 256));
    } else if (code == 9 && n_bytes == 1) {
      interface.scale.resolution = *at;
    } else if (code == 14 && n_bytes == 8) {
      interface.scale.offset_s = static_cast<std::int64_t>(order_.u64(at));
    }
    std::ptrdiff_t const padded = (n_bytes + 3) / 4 * 4;
    if (end - at < padded) return;
    at += padded;
  }
}

PcapngFile::Block PcapngFile::timed_packet(std::uint8_t const* block, std::uint32_t length_bytes,
                                           bool is_old, Frame& frame) {
  constexpr std::uint32_t kBeforePacket = 28;
  if (length_bytes < kBeforePacket + 4) {
    return stop(FaultKind::bad_block, "packet block of less than 32 bytes");
  }
  std::uint32_t const interface = is_old ? order_.u16(block + 8) : order_.u32(block + 8);
  std::uint64_t const units = std::uint64_t{order_.u32(block + 12)} << 32 | order_.u32(block + 16);
  frame.cap_len = order_.u32(block + 20);
  frame.wire_len = order_.u32(block + 24);
  if (frame.cap_len > kMaxRecordBytes) return stop(FaultKind::record_too_large, "");
  if (frame.cap_len > length_bytes - kBeforePacket - 4) {
    return stop(FaultKind::bad_block, "the packet is longer than its block");
  }
  frame.data = block + kBeforePacket;
  frame.interface = interface < interfaces_.size() ? &interfaces_[interface] : nullptr;
  set_time(frame.interface != nullptr ? frame.interface->scale : TimeScale{}, units, frame);
  if (frame.time_valid) {
    last_time_s_ = frame.time_s;
    last_time_ns_ = frame.time_ns;
  }
  return Block::frame;
}

PcapngFile::Block PcapngFile::simple_packet(std::uint8_t const* block, std::uint32_t length_bytes,
                                            Frame& frame) {
  if (length_bytes < 16) return stop(FaultKind::bad_block, "packet block of less than 16 bytes");
  frame.wire_len = order_.u32(block + 8);
  frame.interface = interfaces_.empty() ? nullptr : interfaces_.data();
  std::uint32_t const snaplen = frame.interface != nullptr ? frame.interface->snaplen : 0;
  frame.cap_len = snaplen != 0 ? std::min(frame.wire_len, snaplen) : frame.wire_len;
  if (frame.cap_len > kMaxRecordBytes) return stop(FaultKind::record_too_large, "");
  if (frame.cap_len > length_bytes - 16) {
    return stop(FaultKind::bad_block, "the packet is longer than its block");
  }
  frame.data = block + 12;
  frame.time_s = last_time_s_;
  frame.time_ns = last_time_ns_;
  frame.time_valid = true;
  frame.no_timestamp = true;
  return Block::frame;
}

PcapngFile::Block PcapngFile::stop(FaultKind kind, std::string text) {
  fault_ = {kind, block_at_, std::move(text)};
  return Block::stopped;
}

PcapngFile::Block PcapngFile::ended_inside() {
  if (window_.fault() != FaultKind::none) return stop(window_.fault(), window_.fault_text());
  return stop(FaultKind::torn_record, "");
}

}  // namespace nta
