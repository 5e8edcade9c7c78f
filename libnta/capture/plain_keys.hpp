// Plain keys -> numbers of the keys they stand for: one look-up of half a cache line a key.
#pragma once

#include "libnta/capture/plain_frame.hpp"
#include "libnta/core/huge_pages.hpp"
#include "libnta/core/prefetch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nta {

class PlainKeys {
 public:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;

  /// Cuts hashes down to `hash_mask` bits, so that tests can make every key collide.
  explicit PlainKeys(std::uint64_t hash_mask = UINT64_MAX) : hash_mask_(hash_mask) {}

  std::uint64_t hash(PlainKey const& key) const noexcept { return hash_of(key) & hash_mask_; }
  void fetch(std::uint64_t hash) const noexcept { prefetch_line(&slots_[place_of(hash)]); }
  std::uint32_t find(PlainKey const& key, std::uint64_t hash) const noexcept {
    for (std::size_t i = place_of(hash);; i = (i + 1) & (slots_.size() - 1)) {
      Slot const& slot = slots_[i];
      if (slot.number_plus_1 == 0 || equal(key, slot)) return slot.number_plus_1 - 1;
    }
  }
  /// A key that is not known yet.
  void add(PlainKey const& key, std::uint64_t hash, std::uint32_t number) {
    if (2 * (n_ + 1) > slots_.size()) grow();
    place({{key.word[0], key.word[1], key.word[2]}, key.tail, number + 1}, hash);
    ++n_;
  }
  void clear() {
    if (n_ != 0) std::fill(slots_.begin(), slots_.end(), Slot{});
    n_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t word[3] = {0, 0, 0};  // PlainKey without its padding
    std::uint32_t tail = 0;
    std::uint32_t number_plus_1 = 0;  // 0: free
  };
  static_assert(sizeof(Slot) == 32);
  using Slots = std::vector<Slot, HugePageAllocator<Slot>>;

  std::size_t place_of(std::uint64_t hash) const noexcept { return hash & (slots_.size() - 1); }
  void place(Slot const& known, std::uint64_t hash) {
    std::size_t i = place_of(hash);
    while (slots_[i].number_plus_1 != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = known;
  }
  void grow() {
    Slots before(2 * slots_.size());
    before.swap(slots_);
    for (Slot const& known : before) {
      if (known.number_plus_1 == 0) continue;
      place(known, hash(PlainKey{{known.word[0], known.word[1], known.word[2]}, known.tail}));
    }
  }

  std::uint64_t hash_mask_;
  Slots slots_ = Slots(4096);  // a power of two, at most half full
  std::size_t n_ = 0;
};

}  // namespace nta
