// Flow keys -> dense numbers. A hash chooses where to look; equality is always the full comparison.
// Asked once per key of a table, never per packet; looks ahead, so that a miss in the cache of one
// key hides behind the others.
#pragma once

#include "libnta/core/huge_pages.hpp"
#include "libnta/flows/flow_key.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nta {

struct HashFlowKey {
  std::uint64_t operator()(FlowKey const& key) const { return hash_of(key); }
};

template <class Hash = HashFlowKey>
class KeyIndex {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }

  /// Numbers for all of `keys`, new ones in order of their first appearance. O(1) expected a key.
  void number(std::span<FlowKey const> keys, std::span<std::uint32_t> ids) {
    reserve(keys_.size() + keys.size());
    hashes_.resize(keys.size());
    std::transform(keys.begin(), keys.end(), hashes_.begin(), Hash{});
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i + kSlotsAhead < keys.size()) {
        __builtin_prefetch(&slots_[hashes_[i + kSlotsAhead] & mask()]);
      }
      if (i + kKeysAhead < keys.size()) {
        auto const& slot = slots_[hashes_[i + kKeysAhead] & mask()];
        if (slot.id != kEmpty) {
          __builtin_prefetch(&keys_[slot.id]);
        }
      }
      ids[i] = find_or_add(keys[i], hashes_[i]);
    }
  }

  std::size_t bytes() const {
    return keys_.capacity() * sizeof(FlowKey) + slots_.capacity() * sizeof(Slot) +
           hashes_.capacity() * sizeof(std::uint64_t);
  }

  void clear() {
    keys_.clear();
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }

 private:
  static constexpr std::uint32_t kEmpty = UINT32_MAX;
  static constexpr std::size_t kSlotsAhead = 24, kKeysAhead = 12;
  struct Slot {
    std::uint32_t tag = 0;  // upper half of the hash
    std::uint32_t id = kEmpty;
  };

  std::uint64_t mask() const { return slots_.size() - 1; }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  std::uint32_t find_or_add(FlowKey const& key, std::uint64_t hash) {
    for (auto at = hash & mask();; at = (at + 1) & mask()) {
      Slot& slot = slots_[at];
      if (slot.id == kEmpty) {
        slot = {tag_of(hash), size()};
        keys_.push_back(key);
        return slot.id;
      }
      if (slot.tag == tag_of(hash) && keys_[slot.id] == key) {
        return slot.id;
      }
    }
  }

  /// Load stays below one half.
  void reserve(std::size_t n) {
    if (2 * n < slots_.size()) {
      return;
    }
    slots_.assign(std::bit_ceil(std::max<std::size_t>(4 * n, 64)), Slot{});
    for (std::uint32_t id = 0; id < size(); ++id) {
      auto const hash = Hash{}(keys_[id]);
      auto at = hash & mask();
      while (slots_[at].id != kEmpty) {
        at = (at + 1) & mask();
      }
      slots_[at] = {tag_of(hash), id};
    }
  }

  std::vector<FlowKey, HugePageAllocator<FlowKey>> keys_;
  std::vector<Slot, HugePageAllocator<Slot>> slots_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace nta
