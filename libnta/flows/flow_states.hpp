// The states of a meter's open flows that are in use just now, by slot, whatever the feature set:
// where a family of sets becomes a type for meters that take packets one by one. A state leaves its
// slot as packed bytes and comes back from them as it was.
#pragma once

#include "libnta/flows/features/formula_list.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/packed_words.hpp"
#include "libnta/flows/rules.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace nta {

class FlowStates {
 public:
  virtual ~FlowStates() = default;
  /// A new flow in `slot`; slots count up from 0.
  virtual void start(std::uint32_t slot, std::uint8_t forward) = 0;
  virtual void add(std::uint32_t slot, FlowPacket const& p, Rules const& rules) = 0;
  virtual void rebase(std::uint32_t slot, TimeShift by) = 0;
  /// All cells of the set's family, in list order; valid until the next call.
  virtual FeatureCell const* finish(std::uint32_t slot, Rules const& rules) = 0;
  /// The state as bytes, valid until the next call.
  virtual std::span<std::byte const> pack(std::uint32_t slot) = 0;
  /// `from` is readable WordPacking::kSlack B beyond what pack() gave.
  virtual void unpack(std::uint32_t slot, std::byte const* from) = 0;
  virtual std::size_t memory_bytes() const = 0;
  virtual void clear() = 0;
};

template <class Set>
class FlowStatesOf final : public FlowStates {
 public:
  using State = typename Set::State;
  static_assert(std::is_trivially_copyable_v<State> && sizeof(State) % 16 == 0);

  void start(std::uint32_t slot, std::uint8_t forward) override {
    State& state = at(slot);
    state = kNew;
    state.forward = forward;
  }
  void add(std::uint32_t slot, FlowPacket const& p, Rules const& rules) override {
    states_[slot].add(p, rules);
  }
  void rebase(std::uint32_t slot, TimeShift by) override { states_[slot].rebase(by); }
  FeatureCell const* finish(std::uint32_t slot, Rules const& rules) override {
    Set::Features::finish(states_[slot], rules, cells_);
    return cells_;
  }
  std::span<std::byte const> pack(std::uint32_t slot) override {
    return {packed_.data(), packing().pack(bytes(states_[slot]), packed_.data())};
  }
  void unpack(std::uint32_t slot, std::byte const* from) override {
    packing().unpack(from, bytes(at(slot)));
  }
  std::size_t memory_bytes() const override {
    return sizeof(*this) + packed_.capacity() + states_.size() * sizeof(State);
  }
  void clear() override { states_.clear(); }

 private:
  State& at(std::uint32_t slot) {
    while (states_.size() <= slot) {
      states_.push_back(kNew);
    }
    return states_[slot];
  }
  static std::byte* bytes(State& state) { return reinterpret_cast<std::byte*>(&state); }
  // All states are copies of this one, also what lies between their members and costs no byte
  // therefore.
  static constexpr State kNew{};
  static WordPacking packing() {
    return {reinterpret_cast<std::byte const*>(&kNew), sizeof(State) / 16, true};
  }

  std::deque<State> states_;
  std::vector<std::byte> packed_ = std::vector<std::byte>(packing().limit());
  FeatureCell cells_[Set::Features::kCount] = {};
};

inline std::unique_ptr<FlowStates> make_flow_states(SetFamily family) {
  return visit_set(family, []<class Set>(Set) -> std::unique_ptr<FlowStates> {
    return std::make_unique<FlowStatesOf<Set>>();
  });
}

}  // namespace nta
