#include "libnta/capture/key_table.hpp"

#include <algorithm>
#include <utility>

namespace nta {

std::uint32_t KeyTable::add(PacketKey const& key, std::uint64_t hash) {
  full_.push_back(key);
  return add(PlainKey{{full_.size() - 1}, PlainKey::kNone}, hash);
}

std::uint32_t KeyTable::add(PlainKey const& key, std::uint64_t hash) {
  plain_.push_back(key);
  auto const number_plus_1 = static_cast<std::uint32_t>(plain_.size());
  if (2 * plain_.size() > slots_.size()) {
    std::vector<Slot, HugePageAllocator<Slot>> before(2 * slots_.size());
    before.swap(slots_);
    for (Slot const& slot : before) {
      if (slot.number != 0) place(slot);
    }
  }
  place({number_plus_1, static_cast<std::uint32_t>(hash)});
  return number_plus_1 - 1;
}

void KeyTable::place(Slot slot) {
  std::size_t const mask = slots_.size() - 1;
  std::size_t i = slot.tag & mask;
  while (slots_[i].number != 0) i = (i + 1) & mask;
  slots_[i] = slot;
}

std::vector<PacketKey> KeyTable::take() {
  std::vector<PacketKey> keys = std::exchange(memory_, {});
  if (keys.capacity() < plain_.size()) {
    keys.reserve(plain_.size());
    advise_huge_pages(keys.data(), keys.capacity() * sizeof(PacketKey));
  }
  for (PlainKey const& key : plain_) {
    keys.push_back(key.tail != PlainKey::kNone ? packet_key_of(key) : full_[key.word[0]]);
  }
  if (!plain_.empty()) std::fill(slots_.begin(), slots_.end(), Slot{});
  plain_.clear();
  full_.clear();
  return keys;
}

void KeyTable::give_back(std::vector<PacketKey>&& memory) {
  if (memory.capacity() <= memory_.capacity()) return;
  memory.clear();
  memory_ = std::move(memory);
}

}  // namespace nta
