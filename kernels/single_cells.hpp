// Finished cells of flows of one packet, kept and given out again: floods, scans and lookups are
// the same packet over and over. What comes out is what fold + finish give, bit for bit, whatever
// was asked for before. CPU cores: a thread has its own.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/rules.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nta {

/// Direct-mapped: a packet has one place, and the last packet that had it stays there. Under one
/// profile's rules, as cells depend on them.
template <class Set, std::size_t kPlaces = 128>
class SingleCells {
  static_assert(Set::kSinglesAreTimeless, "cells of a flow of one packet must not depend on time");

 public:
  explicit SingleCells(Rules const& rules) : rules_(rules) {}

  /// What was given out may be overwritten from now on.
  void release() { ++turn_; }

  /// The cells of the flow whose one packet is p; until release(). Null where its place is taken by
  /// cells that were given out since: the caller folds the flow itself.
  FeatureCell const* find(FlowPacket const& p, std::uint8_t forward) {
    Key const key = key_of(p, forward);
    auto const at = place_of(key);
    if (turn_of_[at] != kEmpty && key_[at] == key) {
      turn_of_[at] = turn_;
      return cells_[at];
    }
    if (turn_of_[at] == turn_) {
      return nullptr;
    }
    typename Set::State state;
    state.add(p, rules_);
    state.forward = forward;
    Set::Features::finish(state, rules_, cells_[at]);
    key_[at] = key;
    turn_of_[at] = turn_;
    return cells_[at];
  }

 private:
  static constexpr std::size_t kWords = sizeof(FlowPacket) / 8;
  static_assert(sizeof(FlowPacket) % 8 == 0);
  static constexpr std::uint32_t kEmpty = 0;
  using Key = std::array<std::uint64_t, kWords + 1>;

  /// Unused bits of the packet's last byte may differ: then it is another key, never a wrong one.
  static Key key_of(FlowPacket const& p, std::uint8_t forward) {
    FlowPacket const rest = timeless(p);
    Key key;
    std::memcpy(key.data(), &rest, sizeof rest);
    key[kWords] = forward;
    return key;
  }
  static std::size_t place_of(Key const& key) {
    std::uint64_t mixed = 0;
    for (auto const word : key) {
      mixed = (mixed ^ word) * 0x9E3779B97F4A7C15;
      mixed ^= mixed >> 32;
    }
    return mixed % kPlaces;
  }

  Rules const& rules_;
  std::uint32_t turn_ = kEmpty + 1;
  std::uint32_t turn_of_[kPlaces] = {};  // when they were given out last
  Key key_[kPlaces];
  FeatureCell cells_[kPlaces][Set::Features::kCount];
};

}  // namespace nta
