// A sliding window over a byte source: large reads, contiguous records, a count of bytes passed.
// Bounded: it grows only to what a caller asks for, and callers ask for at most a record.
#pragma once

#include "libnta/capture/byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nta {

inline constexpr std::size_t kReadBufferBytes = std::size_t{1} << 20;

class ByteWindow {
 public:
  explicit ByteWindow(std::unique_ptr<ByteSource> source,
                      std::size_t capacity_bytes = kReadBufferBytes);

  /// The next n bytes, or null if the source ends (or fails) before. They stay until the next call.
  std::uint8_t const* peek(std::size_t n) {
    if (end_ - at_ >= n) [[likely]] {
      return buffer_.get() + at_;
    }
    return refill(n);
  }
  /// Passes bytes that peek has shown.
  void consume(std::size_t n) { at_ += n; }
  /// Passes n bytes however many they are; false if the source ends before.
  bool skip(std::uint64_t n);

  /// Bytes shown by the last peek that could not show all.
  std::size_t available() const { return end_ - at_; }
  /// Place of the next byte in the decompressed stream.
  std::uint64_t offset() const { return passed_ + at_; }
  ByteSource const& source() const { return *source_; }

 private:
  std::uint8_t const* refill(std::size_t n);

  std::unique_ptr<ByteSource> source_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::uint64_t passed_ = 0;
};

}  // namespace nta
