// Distinct packet keys -> small numbers in order of first appearance. Open addressing: a slot holds
// the number and 32 bits of the hash; equal bits are never taken for an equal key. A key that a
// plain frame can have is kept in that form until all are taken.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/capture/plain_frame.hpp"
#include "libnta/core/huge_pages.hpp"
#include "libnta/core/prefetch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace nta {

class KeyTable {
 public:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;

  /// Cuts hashes down to `hash_mask` bits, so that tests can make every key collide.
  explicit KeyTable(std::uint64_t hash_mask = UINT64_MAX)
      : hash_mask_(hash_mask), slots_(kFirstSlots) {}

  /// Number of the key; a new one is added. Amortised constant, no allocation for known keys.
  std::uint32_t number_of(PacketKey const& key) {
    PlainKey plain;
    return plain_key_of(key, plain) ? number_of(plain, hash(plain)) : number_of(key, hash(key));
  }
  /// The same for a key that no plain frame can have.
  std::uint32_t number_of(PacketKey const& key, std::uint64_t hash) {
    auto const is_key = [&](std::uint32_t number) {
      PlainKey const& known = plain_[number];
      return known.tail == PlainKey::kNone && equal(full_[known.word[0]], key);
    };
    std::uint32_t const number = find(hash, is_key);
    return number != kUnknown ? number : add(key, hash);
  }
  std::uint32_t number_of(PlainKey const& key, std::uint64_t hash) {
    std::uint32_t const number = find(hash, [&](std::uint32_t known) { return is(known, key); });
    return number != kUnknown ? number : add(key, hash);
  }

  /// A look-up waits for memory twice where keys are many. Whoever has several keys at hand asks
  /// for all their slots, then for the keys that these name, and looks then.
  std::uint64_t hash(PacketKey const& key) const noexcept { return hash_of(key) & hash_mask_; }
  std::uint64_t hash(PlainKey const& key) const noexcept { return nta::hash_of(key) & hash_mask_; }
  void fetch_slot(std::uint64_t hash) const noexcept { prefetch_line(&slots_[place_of(hash)]); }
  /// The first known key with such bits of its hash, nearly always the one that is looked for.
  std::uint32_t likely_number(std::uint64_t hash) const noexcept {
    return find(hash, [](std::uint32_t) { return true; });
  }
  void fetch_key(std::uint32_t number) const noexcept {
    if (number != kUnknown) prefetch_line(plain_.data() + number);
  }
  bool is(std::uint32_t number, PlainKey const& key) const noexcept {
    return nta::equal(plain_[number], key);
  }

  std::size_t size() const { return plain_.size(); }
  /// Gives away the keys and starts anew, with no memory of them.
  std::vector<PacketKey> take();
  /// Memory for the next keys, whatever it holds: what `take` has given away and nobody has kept.
  void give_back(std::vector<PacketKey>&& memory);

  /// Word by word: a call of memcmp costs more than all of it.
  static bool equal(PacketKey const& x, PacketKey const& y) noexcept {
    std::uint64_t a[10] = {};
    std::uint64_t b[10] = {};
    std::memcpy(a, &x, kKeyBytes);
    std::memcpy(b, &y, kKeyBytes);
    std::uint64_t differing = 0;
    for (int i = 0; i < 10; ++i) differing |= a[i] ^ b[i];
    return differing == 0;
  }
  static std::uint64_t hash_of(PacketKey const& key) noexcept {
    std::uint64_t w[10] = {};
    std::memcpy(w, &key, kKeyBytes);
    return fold(w[0] ^ 0xA0761D6478BD642FULL, w[1] ^ 0xE7037ED1A0B428DBULL) ^
           fold(w[2] ^ 0x8EBC6AF09C88C6E3ULL, w[3] ^ 0x589965CC75374CC3ULL) ^
           fold(w[4] ^ 0x1D8E4E27C47D124FULL, w[5] ^ 0xEB44ACCAB455D165ULL) ^
           fold(w[6] ^ 0x9E3779B97F4A7C15ULL, w[7] ^ 0xD6E8FEB86659FD93ULL) ^
           fold(w[8] ^ 0xC2B2AE3D27D4EB4FULL, w[9] ^ 0x165667B19E3779F9ULL);
  }

 private:
  struct Slot {
    std::uint32_t number = 0;  // + 1; 0: free
    std::uint32_t tag = 0;     // its low bits are the place
  };
  static constexpr std::size_t kFirstSlots = 4096;
  // All members lie without gaps up to here; the bytes behind are padding and never looked at.
  static constexpr std::size_t kKeyBytes = offsetof(PacketKey, protocol) + 1;
  static_assert(kKeyBytes == 74, "a gap or a new member in PacketKey: look at hash_of and equal");

  std::size_t place_of(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(hash) & (slots_.size() - 1);
  }
  template <class IsKey>
  std::uint32_t find(std::uint64_t hash, IsKey is_key) const noexcept {
    auto const tag = static_cast<std::uint32_t>(hash);
    Slot const* const slots = slots_.data();
    std::size_t const mask = slots_.size() - 1;
    for (std::size_t i = tag & mask;; i = (i + 1) & mask) {
      if (slots[i].number == 0) return kUnknown;
      if (slots[i].tag == tag && is_key(slots[i].number - 1)) return slots[i].number - 1;
    }
  }
  std::uint32_t add(PacketKey const& key, std::uint64_t hash);
  std::uint32_t add(PlainKey const& key, std::uint64_t hash);
  void place(Slot slot);

  std::uint64_t hash_mask_;
  std::vector<Slot, HugePageAllocator<Slot>> slots_;  // a power of two, at most half full
  // Of each number; of a key that is no plain one, its place in full_.
  std::vector<PlainKey, HugePageAllocator<PlainKey>> plain_;
  std::vector<PacketKey> full_;
  std::vector<PacketKey> memory_;  // for all of them
};

}  // namespace nta
