// A sliding window over a byte source: large reads, contiguous records, a count of bytes passed.
// Bounded: it grows only to what a caller asks for, and callers ask for at most a record.
#pragma once

#include "libnta/capture/byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace nta {

/// As much as stays in the second cache until it has been decoded.
inline constexpr std::size_t kReadBufferBytes = std::size_t{1} << 17;

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
  ByteSource const& source() const { return *source_; }

 private:
  /// Of whole pages: the kernel copies from pages of a file to pages here several times faster than
  /// to addresses just behind a page's begin.
  struct Free {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };
  using Buffer = std::unique_ptr<std::uint8_t[], Free>;
  static Buffer allocate(std::size_t bytes);
  std::uint8_t const* refill(std::size_t n);

  std::unique_ptr<ByteSource> source_;
  std::size_t headroom_;  // in front of where reads go: for the rest that the last one has left
  std::size_t size_;
  Buffer buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::uint64_t n_read_ = 0;  // up to end_
};

}  // namespace nta
