#include "libnta/shards/plane_chunk.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/large_memory.hpp"
#include "libnta/shards/shuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace nta {
namespace {

/// Elements that are looked at together: whether their bytes vary, before their planes are made.
constexpr std::size_t kTile = 1024;
/// Room of a plane at first: of a small capture each plane would otherwise touch a page of its own.
constexpr std::size_t kLeastRoom = 256;
constexpr std::size_t kLine = 64;

/// f(j) for each bit j.
template <class F>
void each_plane(unsigned planes, F&& f) {
  for (; planes != 0; planes &= planes - 1) {
    f(static_cast<std::size_t>(std::countr_zero(planes)));
  }
}

}  // namespace

std::byte* PlanePool::take(std::size_t bytes) {
  constexpr std::size_t kLeastSlab = 256 << 10;
  constexpr std::size_t kMostSlab = 8 << 20;
  constexpr std::size_t kLargePage = 2 << 20;
  // Planes that lie a power of two apart would share the sets of a cache.
  bytes = (bytes + kLine - 1) / kLine * kLine + 5 * kLine;
  std::lock_guard const lock(mutex_);
  if (used_ + bytes > slab_bytes_) {
    auto slab_bytes = std::clamp(2 * slab_bytes_, kLeastSlab, kMostSlab);
    if (bytes > slab_bytes) {
      slab_bytes = (bytes + kLargePage - 1) / kLargePage * kLargePage;
    }
    auto const alignment = slab_bytes < kLargePage ? kLine : kLargePage;
    std::unique_ptr<std::byte, Free> slab(
        static_cast<std::byte*>(std::aligned_alloc(alignment, slab_bytes)));
    if (!slab) {
      throw std::bad_alloc();
    }
    prefer_large_pages(slab.get(), slab_bytes);
    slabs_.push_back(std::move(slab));
    slab_bytes_ = slab_bytes;
    used_ = 0;
  }
  return slabs_.back().get() + std::exchange(used_, used_ + bytes);
}

void PlaneChunk::start(std::size_t element_bytes, std::size_t capacity) {
  NTA_EXPECTS(element_bytes <= kMostElementBytes, ErrorKind::failed, "no element has {} B",
              element_bytes);
  element_bytes_ = element_bytes;
  capacity_ = capacity;
  size_ = length_ = 0;
  varied_ = 0;
  first_ = {};
}

/// For `length` elements of plane j; what is in it stays.
void PlaneChunk::make_room(std::size_t j, std::size_t length) {
  auto& plane = planes_[j];
  if (length <= plane.room) {
    return;
  }
  auto const room = length <= kLeastRoom ? kLeastRoom : capacity_;
  auto* const start = pool_->take(room);
  if (varies(j)) {
    std::memcpy(start, plane.start, length_);
  }
  plane = {start, room};
}

/// Brings `planes` into memory, with room for `length` elements as all that are there.
void PlaneChunk::vary(unsigned planes, std::size_t length) {
  each_plane(planes | varied_, [&](std::size_t j) {
    make_room(j, length);
    if (!varies(j)) {
      std::memset(planes_[j].start, std::to_integer<int>(first_[j]), length_);
    }
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
  vary(varying, size_ + n);
  if (varying == 0) {
    each_plane(varied_, [&](std::size_t j) {
      std::memset(planes_[j].start + size_, std::to_integer<int>(first_[j]), n);
    });
  } else {
    alignas(kLine) std::byte unused[kTile];
    std::array<std::byte*, kMostElementBytes> to;
    for (std::size_t j = 0; j < element_bytes_; ++j) {
      to[j] = varies(j) ? planes_[j].start + size_ : unused;
    }
    shuffle_bytes(values, element_bytes_, to.data());
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
  vary(not_zero, length);
  each_plane(varied_,
             [&](std::size_t j) { std::memset(planes_[j].start + length_, 0, length - length_); });
  length_ = length;
}

void PlaneChunk::copy_planes(std::span<std::byte> out) const {
  if (length_ == 0) {
    return;  // memcpy and memset want an address even for no bytes
  }
  for (std::size_t j = 0; j < element_bytes_; ++j) {
    auto* const to = out.data() + j * length_;
    if (varies(j)) {
      std::memcpy(to, planes_[j].start, length_);
    } else {
      std::memset(to, std::to_integer<int>(first_[j]), length_);
    }
  }
}

}  // namespace nta
