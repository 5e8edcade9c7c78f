#include "libnta/capture/key_table.hpp"

#include <algorithm>

namespace nta {

std::uint32_t KeyTable::add(PacketKey const& key, std::uint64_t hash) {
  keys_.push_back(key);
  hashes_.push_back(hash);
  auto const number = static_cast<std::uint32_t>(keys_.size() - 1);
  if (2 * keys_.size() > slots_.size()) {
    slots_.assign(2 * slots_.size(), Slot{});
    for (std::uint32_t i = 0; i < number; ++i) place(i, hashes_[i]);
  }
  place(number, hash);
  return number;
}

void KeyTable::place(std::uint32_t number, std::uint64_t hash) {
  std::size_t const mask = slots_.size() - 1;
  std::size_t i = hash >> 32 & mask;
  while (slots_[i].number != 0) i = (i + 1) & mask;
  slots_[i] = {number + 1, static_cast<std::uint32_t>(hash)};
}

std::vector<PacketKey> KeyTable::take() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  hashes_.clear();
  return std::exchange(keys_, {});
}

}  // namespace nta
