// The values of one chunk, as they come -> its byte planes: byte j of all elements is plane j, the
// order of HDF5's shuffle. A plane that is one byte all along takes neither memory nor time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace nta {

/// Memory that many chunks take planes from, so that it comes in large pages where it is much and
/// in few small ones where it is little. Given back as a whole. Thread safe.
class PlanePool {
 public:
  std::byte* take(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* start) const { std::free(start); }
  };
  std::mutex mutex_;
  std::vector<std::unique_ptr<std::byte, Free>> slabs_;
  std::size_t slab_bytes_ = 0, used_ = 0;  // of the last one
};

class PlaneChunk {
 public:
  static constexpr std::size_t kMostElementBytes = 16;

  /// Without a pool it has one of its own.
  explicit PlaneChunk(std::shared_ptr<PlanePool> pool = std::make_shared<PlanePool>())
      : pool_(std::move(pool)) {}
  PlaneChunk(PlaneChunk&&) = default;
  PlaneChunk& operator=(PlaneChunk&&) = default;
  PlaneChunk(PlaneChunk const&) = delete;  // both would write to the same planes
  PlaneChunk& operator=(PlaneChunk const&) = delete;

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
  std::span<std::byte const> plane(std::size_t j) const { return {planes_[j].start, length_}; }
  /// All planes behind each other; `out` has element_bytes() * length() bytes.
  void copy_planes(std::span<std::byte> out) const;

 private:
  struct Plane {
    std::byte* start = nullptr;
    std::size_t room = 0;
  };
  void make_room(std::size_t j, std::size_t length);
  void vary(unsigned planes, std::size_t length);
  void add_tile(std::span<std::byte const> values, std::size_t n);

  std::shared_ptr<PlanePool> pool_;
  std::size_t element_bytes_ = 1;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0, length_ = 0;
  unsigned varied_ = 0;  // bit j: plane j is in memory
  std::array<Plane, kMostElementBytes> planes_{};
  std::array<std::byte, kMostElementBytes> first_{};
};

}  // namespace nta
