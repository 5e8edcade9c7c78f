// The states of a meter's open flows, by number, whatever the feature set: where a family of sets
// becomes a type for meters that take packets one by one.
#pragma once

#include "libnta/flows/features/formula_list.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/flow_set.hpp"
#include "libnta/flows/rules.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace nta {

class FlowStates {
 public:
  virtual ~FlowStates() = default;
  /// Flow `id` starts, also anew; ids count up from 0.
  virtual void start(std::uint32_t id, std::uint8_t forward) = 0;
  virtual void add(std::uint32_t id, FlowPacket const& p, Rules const& rules) = 0;
  virtual void rebase(std::uint32_t id, TimeShift by) = 0;
  /// All cells of the set's family, in list order; valid until the next call.
  virtual FeatureCell const* finish(std::uint32_t id, Rules const& rules) = 0;
  virtual void clear() = 0;
};

template <class Set>
class FlowStatesOf final : public FlowStates {
 public:
  void start(std::uint32_t id, std::uint8_t forward) override {
    while (states_.size() <= id) {
      states_.emplace_back();
    }
    states_[id] = typename Set::State{};
    states_[id].forward = forward;
  }
  void add(std::uint32_t id, FlowPacket const& p, Rules const& rules) override {
    states_[id].add(p, rules);
  }
  void rebase(std::uint32_t id, TimeShift by) override { states_[id].rebase(by); }
  FeatureCell const* finish(std::uint32_t id, Rules const& rules) override {
    Set::Features::finish(states_[id], rules, cells_, 1);
    return cells_;
  }
  void clear() override { states_.clear(); }

 private:
  std::deque<typename Set::State> states_;
  FeatureCell cells_[Set::Features::kCount] = {};
};

inline std::unique_ptr<FlowStates> make_flow_states(SetFamily family) {
  return visit_set(family, []<class Set>(Set) -> std::unique_ptr<FlowStates> {
    return std::make_unique<FlowStatesOf<Set>>();
  });
}

}  // namespace nta
