// What a feature set computes with: the accumulators of a flow (State) and the list of formulas
// over them (Features). Meters are templates over it, so that a flow carries no group its set has
// no use for.
#pragma once

#include "libnta/flows/features/feature_list.hpp"
#include "libnta/flows/flow_state.hpp"

#include <cstdint>

namespace nta {

/// A State offers what FlowState does: add, merge, enter, rebase, empty, forward.
/// Features is a FeatureList over it.
struct NtaSet {
  using State = FlowState;
  using Features = AllFeatures;
};

/// The families of feature sets; a value of FeatureSet::family.
enum class SetFamily : std::uint8_t { nta };

/// visit(NtaSet{}) and so on: the one place where a family becomes a type.
template <class Visit>
decltype(auto) visit_set(SetFamily family, Visit&& visit) {
  switch (family) {
    case SetFamily::nta:
      break;
  }
  return visit(NtaSet{});
}

}  // namespace nta
