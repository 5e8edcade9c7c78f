// What a feature set computes with: the accumulators of a flow (State) and the list of formulas
// over them (Features). Meters are templates over it, so that a flow carries no group its set has
// no use for.
#pragma once

#include "libnta/flows/cic_state.hpp"
#include "libnta/flows/features/cic_list.hpp"
#include "libnta/flows/features/feature_list.hpp"
#include "libnta/flows/features/nfstream_list.hpp"
#include "libnta/flows/flow_state.hpp"
#include "libnta/flows/nfstream_state.hpp"

#include <cstdint>

namespace nta {

/// A State offers what FlowState does: add, merge, rebase, empty, forward; `enter` only where parts
/// of a flow must know what lies before them. Features is a FeatureList over it.
///
/// kSinglesAreTimeless: the cells of a flow of one packet depend on timeless(packet), the direction
/// and the rules alone. So it is while formulas read times as differences (of one time: 0, or that
/// one of two is missing) and of sequence numbers what follows the first. A set with a formula that
/// publishes a time or a sequence number as it is must say false, and SingleCells refuses it then.
struct NtaSet {
  using State = FlowState;
  using Features = AllFeatures;
  static constexpr bool kSinglesAreTimeless = true;
};
struct Cic76Set {
  using State = CicState;
  using Features = CicFeatures;
  static constexpr bool kSinglesAreTimeless = true;
};
struct NfstreamSet {
  using State = NfstreamState;
  using Features = NfstreamFeatures;
  static constexpr bool kSinglesAreTimeless = true;  // first_seen_ms: since the flow's start
};

/// The families of feature sets; a value of FeatureSet::family.
enum class SetFamily : std::uint8_t { nta, cic76, nfstream };

/// visit(NtaSet{}) and so on: the one place where a family becomes a type.
template <class Visit>
decltype(auto) visit_set(SetFamily family, Visit&& visit) {
  switch (family) {
    case SetFamily::cic76:
      return visit(Cic76Set{});
    case SetFamily::nfstream:
      return visit(NfstreamSet{});
    case SetFamily::nta:
      break;
  }
  return visit(NtaSet{});
}

}  // namespace nta
