// Flow keys -> dense numbers. A hash chooses where to look; equality is always the full comparison.
// Asked once per key of a table, never per packet; looks ahead, so that a miss in the cache of one
// key hides behind the others. Grows without copying a key.
#pragma once

#include "kernels/raw_buffer.hpp"
#include "libnta/core/huge_pages.hpp"
#include "libnta/core/prefetch.hpp"
#include "libnta/flows/flow_key.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

namespace nta {

struct HashFlowKey {
  std::uint64_t operator()(FlowKey const& key) const { return hash_of(key); }
};

template <class Hash = HashFlowKey>
class KeyIndex {
 public:
  /// Keys whose slots are asked for together.
  static constexpr std::size_t kBlock = 128;

  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }

  /// Room for n more keys.
  void reserve(std::size_t n) {
    auto const wanted = size() + n;
    if (2 * wanted < slots_.size()) {
      return;
    }
    Slots larger(std::bit_ceil(std::max<std::size_t>(4 * wanted, 64)));
    for (Slot const& slot : slots_) {
      if (slot.number != kEmpty) {
        auto at = slot.tag & (larger.size() - 1);
        while (larger[at].number != kEmpty) {
          at = (at + 1) & (larger.size() - 1);
        }
        larger[at] = slot;
      }
    }
    slots_ = std::move(larger);
  }

  /// found(i, id of keys[i]) for at most kBlock keys, for which there is room; new ones are
  /// numbered in order of their first appearance. O(1) expected a key.
  template <class Found>
  void number_block(std::span<FlowKey const> keys, Found const& found) {
    std::uint32_t tags[kBlock];
    for (std::size_t i = 0; i < keys.size(); ++i) {
      tags[i] = static_cast<std::uint32_t>(Hash{}(keys[i]) >> 32);
      prefetch_line(&slots_[tags[i] & mask()]);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto const& slot = slots_[tags[i] & mask()];
      if (slot.number != kEmpty && slot.tag == tags[i]) {
        fetch_key(slot);
      }
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      found(i, find_or_add(keys[i], tags[i]));
    }
  }

  std::size_t bytes() const {
    return keys_.size() * sizeof(FlowKey) + slots_.size() * sizeof(Slot);
  }

  void clear() {
    keys_.shrink(keys_.size());
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }

 private:
  static constexpr std::uint32_t kEmpty = 0;
  /// `tag`: upper half of the hash, which also names the slot to begin at, so that slots move to a
  /// larger table without a look at their keys.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = kEmpty;  // id + 1
  };
  using Slots = std::vector<Slot, HugePageAllocator<Slot>>;

  std::size_t mask() const { return slots_.size() - 1; }
  void fetch_key(Slot const& slot) const {
    auto const* const key = reinterpret_cast<char const*>(keys_.data() + (slot.number - 1));
    prefetch_line(key);
    prefetch_line(key + sizeof(FlowKey) - 1);
  }

  std::uint32_t find_or_add(FlowKey const& key, std::uint32_t tag) {
    for (auto at = tag & mask();; at = (at + 1) & mask()) {
      Slot& slot = slots_[at];
      if (slot.number == kEmpty) {
        ::new (static_cast<void*>(keys_.grow(1))) FlowKey(key);
        slot = {tag, size()};
        return size() - 1;
      }
      if (slot.tag == tag && keys_[slot.number - 1] == key) {
        return slot.number - 1;
      }
    }
  }

  RawBuffer<FlowKey> keys_;
  Slots slots_;
};

}  // namespace nta
