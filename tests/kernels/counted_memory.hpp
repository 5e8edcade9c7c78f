// Pointers that count: which sectors of device memory a kernel reads and writes, by the rule of
// traffic_model.hpp. Slow; for the model's test alone.
#pragma once

#include "kernels/traffic_model.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace nta::test {

/// What the kernel that runs now has touched.
class SectorCount {
 public:
  void begin() { read_.clear(), written_.clear(); }
  void read(void const* place, std::size_t bytes) {
    each_sector(place, bytes, [&](std::uintptr_t sector) {
      if (written_.count(sector) == 0) {
        read_.insert(sector);
      }
    });
  }
  void write(void const* place, std::size_t bytes) {
    each_sector(place, bytes, [&](std::uintptr_t sector) { written_.insert(sector); });
  }
  Moved moved() const { return {read_.size() * kSector, written_.size() * kSector}; }

 private:
  template <class F>
  static void each_sector(void const* place, std::size_t bytes, F const& f) {
    auto const at = reinterpret_cast<std::uintptr_t>(place);
    for (auto sector = at / kSector; sector <= (at + bytes - 1) / kSector; ++sector) {
      f(sector);
    }
  }
  std::unordered_set<std::uintptr_t> read_, written_;
};

/// An element behind a pointer that counts.
template <class T>
class CountedPlace {
 public:
  CountedPlace(T* place, SectorCount* count) : place_(place), count_(count) {}
  operator T() const {
    count_->read(place_, sizeof(T));
    return *place_;
  }
  void operator=(T const& value) const {
    count_->write(place_, sizeof(T));
    *place_ = value;
  }

 private:
  T* place_;
  SectorCount* count_;
};

template <class T>
class CountedPointer {
 public:
  CountedPointer() = default;
  CountedPointer(T* place, SectorCount* count) : place_(place), count_(count) {}
  CountedPlace<T> operator[](std::size_t i) const { return {place_ + i, count_}; }

 private:
  T* place_ = nullptr;
  SectorCount* count_ = nullptr;
};

}  // namespace nta::test
