// A sliding window over a byte source: large reads, contiguous records, a count of bytes passed.
// Bounded: it grows only to what a caller asks for, and callers ask for at most a record.
#pragma once

#include "libnta/capture/byte_source.hpp"
#include "libnta/capture/read_ahead.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace nta {

/// As much as stays in the second cache until it has been decoded.
inline constexpr std::size_t kReadBufferBytes = std::size_t{1} << 17;

/// With `read_ahead`, what lies behind the first buffer is read by a thread; the source's reads
/// must end by themselves then.
class ByteWindow {
 public:
  explicit ByteWindow(std::unique_ptr<ByteSource> source,
                      std::size_t capacity_bytes = kReadBufferBytes, bool read_ahead = false);

  /// The next n bytes, or null if the source ends (or fails) before. They stay until the next call.
  std::uint8_t const* peek(std::size_t n) {
    if (end_ - at_ >= n) [[likely]] {
      return buffer_.get() + at_;
    }
    return refill(n);
  }
  /// The next `available()` bytes, which may be none.
  std::uint8_t const* shown() const { return buffer_.get() + at_; }
  /// Passes bytes that have been shown.
  void consume(std::size_t n) { at_ += n; }
  /// Passes n bytes however many they are; false if the source ends before.
  bool skip(std::uint64_t n);

  /// Bytes that can be shown without a read.
  std::size_t available() const { return end_ - at_; }
  /// Place of the next byte in the decompressed stream.
  std::uint64_t offset() const { return n_read_ - available(); }
  /// Why the source gives no more bytes, once peek has met that.
  FaultKind fault() const { return ended_ ? source_->fault() : FaultKind::none; }
  std::string fault_text() const { return ended_ ? source_->fault_text() : ""; }
  std::uint64_t stored_bytes() const { return source_->stored_bytes(); }
  /// Of the source; nothing can be read any more then.
  std::string stored_sha256();

 private:
  std::uint8_t const* refill(std::size_t n);
  void make_room(std::size_t n);
  bool read_more();
  bool take_block(std::size_t n);

  std::unique_ptr<ByteSource> source_;
  std::size_t capacity_;
  std::size_t headroom_;  // in front of where reads go: for the rest that the last one has left
  std::size_t size_;
  PageBuffer buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::uint64_t n_read_ = 0;  // up to end_
  bool ended_ = false;
  bool read_ahead_;
  std::unique_ptr<ReadAhead> ahead_;  // after the source: it goes first
};

}  // namespace nta
