#include "libnta/shards/plane_chunk.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/shuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace nta {
namespace {

/// Elements whose planes are made in the nearest cache before they are moved.
constexpr std::size_t kTile = 1024;

/// f(j) for each bit j.
template <class F>
void each_plane(unsigned planes, F&& f) {
  for (; planes != 0; planes &= planes - 1) {
    f(static_cast<std::size_t>(std::countr_zero(planes)));
  }
}

}  // namespace

void PlaneChunk::start(std::size_t element_bytes, std::size_t capacity) {
  NTA_EXPECTS(element_bytes <= kMostElementBytes, ErrorKind::failed, "no element has {} B",
              element_bytes);
  // Planes that lie a power of two apart would share the sets of a cache.
  constexpr std::size_t kLine = 64;
  element_bytes_ = element_bytes;
  capacity_ = capacity;
  stride_ = (capacity + kLine - 1) / kLine * kLine + 5 * kLine;
  if (storage_bytes_ < element_bytes * stride_) {
    storage_bytes_ = element_bytes * stride_;
    storage_ = std::make_unique_for_overwrite<std::byte[]>(storage_bytes_);
  }
  size_ = length_ = 0;
  varied_ = 0;
  first_ = {};
}

void PlaneChunk::vary(unsigned planes) {
  each_plane(planes & ~varied_, [&](std::size_t j) {
    std::memset(start_of(j), std::to_integer<int>(first_[j]), length_);
  });
  varied_ |= planes;
}

void PlaneChunk::add(std::span<std::byte const> values) {
  auto const n = values.size() / element_bytes_;
  NTA_EXPECTS(n <= capacity_ - size_ && size_ == length_, ErrorKind::failed,
              "{} elements for a chunk that has {} of {}", n, length_, capacity_);
  if (size_ == 0 && n > 0) {
    std::copy_n(values.begin(), element_bytes_, first_.begin());
  }
  for (std::size_t at = 0; at < n; at += kTile) {
    auto const tile = std::min(kTile, n - at);
    add_tile(values.subspan(at * element_bytes_, tile * element_bytes_), tile);
  }
}

void PlaneChunk::add_tile(std::span<std::byte const> values, std::size_t n) {
  auto const all = (1U << element_bytes_) - 1;
  auto const varying = varied_ == all ? all : varying_bytes(values, element_bytes_, first_.data());
  vary(varying);
  if (varying == 0) {
    each_plane(varied_, [&](std::size_t j) {
      std::memset(start_of(j) + size_, std::to_integer<int>(first_[j]), n);
    });
  } else {
    alignas(64) std::byte tile[kTile * kMostElementBytes];
    auto const planes = std::span(tile).first(values.size());
    shuffle_bytes(values, element_bytes_, planes);
    each_plane(varied_,
               [&](std::size_t j) { std::memcpy(start_of(j) + size_, planes.data() + j * n, n); });
  }
  size_ += n;
  length_ = size_;
}

void PlaneChunk::pad(std::size_t length) {
  NTA_EXPECTS(length >= length_ && length <= capacity_, ErrorKind::failed,
              "a chunk of {} elements cannot have {}", capacity_, length);
  if (length == length_) {
    return;
  }
  unsigned not_zero = 0;
  for (std::size_t j = 0; j < element_bytes_; ++j) {
    not_zero |= first_[j] != std::byte{0} ? 1U << j : 0U;
  }
  vary(not_zero);
  each_plane(varied_,
             [&](std::size_t j) { std::memset(start_of(j) + length_, 0, length - length_); });
  length_ = length;
}

void PlaneChunk::copy_planes(std::span<std::byte> out) const {
  if (length_ == 0) {
    return;  // memcpy and memset want an address even for no bytes
  }
  for (std::size_t j = 0; j < element_bytes_; ++j) {
    auto* const to = out.data() + j * length_;
    if (varies(j)) {
      std::memcpy(to, start_of(j), length_);
    } else {
      std::memset(to, std::to_integer<int>(first_[j]), length_);
    }
  }
}

}  // namespace nta
