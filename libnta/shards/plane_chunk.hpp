// The values of one chunk, as they come -> its byte planes: byte j of all elements is plane j, the
// order of HDF5's shuffle. A plane that is one byte all along takes neither memory nor time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace nta {

class PlaneChunk {
 public:
  static constexpr std::size_t kMostElementBytes = 16;

  /// Empty again, for up to `capacity` elements of 1, 2, 4, 8 or 16 bytes. Memory is kept.
  void start(std::size_t element_bytes, std::size_t capacity);
  /// The next elements.
  void add(std::span<std::byte const> values);
  /// Zeros behind the elements, up to `length` of them in all. Nothing may be added afterwards.
  void pad(std::size_t length);

  std::size_t element_bytes() const { return element_bytes_; }
  std::size_t size() const { return size_; }
  /// Elements and padding.
  std::size_t length() const { return length_; }

  /// Is plane j more than length() times first_byte(j)?
  bool varies(std::size_t j) const { return (varied_ >> j & 1U) != 0; }
  std::byte first_byte(std::size_t j) const { return first_[j]; }
  /// Of a plane that varies.
  std::span<std::byte const> plane(std::size_t j) const { return {start_of(j), length_}; }
  /// All planes behind each other; `out` has element_bytes() * length() bytes.
  void copy_planes(std::span<std::byte> out) const;

 private:
  std::byte* start_of(std::size_t j) const { return storage_.get() + j * stride_; }
  void vary(unsigned planes);
  void add_tile(std::span<std::byte const> values, std::size_t n);

  std::unique_ptr<std::byte[]> storage_;  // pages of planes that do not vary are never touched
  std::size_t storage_bytes_ = 0;
  std::size_t element_bytes_ = 1;
  std::size_t capacity_ = 0, stride_ = 0;
  std::size_t size_ = 0, length_ = 0;
  unsigned varied_ = 0;  // bit j: plane j is in the storage
  std::array<std::byte, kMostElementBytes> first_{};
};

}  // namespace nta
