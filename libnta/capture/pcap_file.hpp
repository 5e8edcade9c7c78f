// pcap files -> frames: four magics (both byte orders, us and ns), swapped lengths of old versions.
#pragma once

#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/byte_window.hpp"
#include "libnta/capture/frame.hpp"
#include "libnta/core/prefetch.hpp"

#include <span>
#include <utility>

namespace nta {

class PcapFile {
 public:
  /// Whether these 4 bytes begin a pcap file.
  static bool is_magic(std::uint8_t const* first) noexcept;

  /// `window` stands at the magic. A header that is cut is a fault of the first `next`.
  explicit PcapFile(ByteWindow&& window);

  ReadStatus next(Frame& frame) {
    std::uint8_t const* const head = window_.peek(kRecordHeaderBytes);
    if (head == nullptr || fault_.kind != FaultKind::none) [[unlikely]] {
      return end_of_records();
    }
    std::uint32_t cap_len = order_.u32(head + 8);
    std::uint32_t wire_len = order_.u32(head + 12);
    if (lengths_swapped_ == Swapped::always ||
        (lengths_swapped_ == Swapped::if_longer && cap_len > wire_len)) [[unlikely]] {
      std::swap(cap_len, wire_len);
    }
    if (cap_len > kMaxRecordBytes) [[unlikely]] {
      return stop(FaultKind::record_too_large, "");
    }
    std::uint8_t const* const record = window_.peek(kRecordHeaderBytes + cap_len);
    if (record == nullptr) [[unlikely]] {
      return end_of_records();
    }
    set_record_time(order_, record, frame);
    frame.data = record + kRecordHeaderBytes;
    frame.cap_len = cap_len;
    frame.wire_len = wire_len;
    frame.interface = &interface_;
    window_.consume(kRecordHeaderBytes + cap_len);
    // The next record's headers come while this one is decoded; beyond the buffer it does no harm.
    prefetch_line(record + kRecordHeaderBytes + cap_len);
    prefetch_line(record + kRecordHeaderBytes + cap_len + 64);
    return ReadStatus::frame;
  }

  /// As many of the next records as the buffer holds whole, at least one if there is one, at most
  /// frames.size(); their bytes stay until the next call. 0: the end, or a fault.
  std::size_t next_block(std::span<Frame> frames);

  ReadFault const& fault() const { return fault_; }
  ByteWindow const& window() const { return window_; }
  ByteWindow& window() { return window_; }

 private:
  static constexpr std::size_t kRecordHeaderBytes = 16;
  enum class Swapped { never, if_longer, always };

  void set_record_time(ByteOrder order, std::uint8_t const* record, Frame& frame) const noexcept {
    std::uint64_t const fraction_ns = std::uint64_t{order.u32(record + 4)} * ns_per_fraction_;
    std::uint64_t const carry_s = fraction_ns < kNsPerS ? 0 : fraction_ns / kNsPerS;
    frame.time_s = static_cast<std::int64_t>(order.u32(record) + carry_s);
    frame.time_ns = static_cast<std::uint32_t>(fraction_ns - carry_s * kNsPerS);
    frame.time_valid = true;
    frame.no_timestamp = false;
  }
  /// Of the records that the window shows whole.
  template <bool kBigEndian>
  std::size_t walk(std::span<Frame> frames);
  ReadStatus end_of_records();
  ReadStatus stop(FaultKind kind, std::string text);

  static constexpr std::uint64_t kNsPerS = 1'000'000'000;
  ByteWindow window_;
  ByteOrder order_;
  std::uint32_t ns_per_fraction_ = 1000;
  Swapped lengths_swapped_ = Swapped::never;
  CaptureInterface interface_;
  ReadFault fault_;
};

}  // namespace nta
