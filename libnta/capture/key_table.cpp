#include "libnta/capture/key_table.hpp"

#include <algorithm>

namespace nta {

std::uint32_t KeyTable::append(PacketKey const& key) {
  if (keys_.size() == keys_.capacity()) {
    // In steps of more than double: each one moves all keys to memory that nothing has touched yet.
    std::vector<PacketKey> larger;
    larger.reserve(std::max(kFirstKeys, 4 * keys_.size()));
    advise_huge_pages(larger.data(), larger.capacity() * sizeof(PacketKey));
    larger.assign(keys_.begin(), keys_.end());
    keys_.swap(larger);
  }
  keys_.push_back(key);
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

std::uint32_t KeyTable::add(PlainKey const& key, std::uint64_t hash) {
  std::uint32_t const number = append(packet_key_of(key));
  plain_.add(key, hash, number);
  return number;
}

std::uint32_t KeyTable::add(PacketKey const& key, std::uint32_t tag) {
  std::uint32_t const number = append(key);
  if (2 * ++n_placed_ > slots_.size()) {
    Slots before(2 * slots_.size());
    before.swap(slots_);
    for (Slot const& slot : before) {
      if (slot.number != 0) place(slot);
    }
  }
  place({number + 1, tag});
  return number;
}

void KeyTable::place(Slot slot) {
  std::size_t const mask = slots_.size() - 1;
  std::size_t i = slot.tag & mask;
  while (slots_[i].number != 0) i = (i + 1) & mask;
  slots_[i] = slot;
}

std::vector<PacketKey> KeyTable::take() {
  if (n_placed_ != 0) std::fill(slots_.begin(), slots_.end(), Slot{});
  n_placed_ = 0;
  plain_.clear();
  return std::exchange(keys_, {});
}

void KeyTable::give_back(std::vector<PacketKey>&& memory) {
  if (!keys_.empty() || memory.capacity() <= keys_.capacity()) return;
  memory.clear();
  keys_ = std::move(memory);
}

}  // namespace nta
