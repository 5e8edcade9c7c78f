// THE list of features of set `nta`: the position of a struct is its feature id.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/features/activity.hpp"
#include "libnta/flows/features/bulk.hpp"
#include "libnta/flows/features/formula_list.hpp"
#include "libnta/flows/features/sizes.hpp"
#include "libnta/flows/features/tcp.hpp"
#include "libnta/flows/features/timing.hpp"
#include "libnta/flows/features/volume.hpp"

#include <cstddef>
#include <vector>

namespace nta {

namespace feature_list_detail {

template <template <FlowPart> class Feature>
using Both = BothParts<FlowState, Feature>;
template <template <FlowPart> class Feature>
using Three = AllParts<FlowState, Feature>;
template <int Bit>
using BothFlags =
    FeatureList<FlowState, FlagPackets<FlowPart::fwd, Bit>, FlagPackets<FlowPart::bwd, Bit>>;
template <class... Features>
using Only = FeatureList<FlowState, Features...>;

}  // namespace feature_list_detail

/// In the order of `flows.md` 4.1. Append only: ids are not stored, but sets are compared by hash.
using AllFeatures = typename JoinLists<
    feature_list_detail::Only<DurationNs>, feature_list_detail::Three<Packets>,
    feature_list_detail::Only<WireBytes>, feature_list_detail::Three<IpBytes>,
    feature_list_detail::Three<PayloadBytes>, feature_list_detail::Both<PayloadPackets>,
    feature_list_detail::Both<HeaderBytes>, feature_list_detail::Three<IpLenMin>,
    feature_list_detail::Three<IpLenMean>, feature_list_detail::Three<IpLenStd>,
    feature_list_detail::Three<IpLenMax>, feature_list_detail::Both<PayloadLenMean>,
    feature_list_detail::Both<PayloadLenStd>, feature_list_detail::Both<PayloadLenMax>,
    feature_list_detail::Three<IatMin>, feature_list_detail::Three<IatMean>,
    feature_list_detail::Three<IatStd>, feature_list_detail::Three<IatMax>,
    feature_list_detail::Three<PacketsPerSecond>, feature_list_detail::Three<IpBytesPerSecond>,
    feature_list_detail::Only<BwdPacketShare, BwdByteShare>,
    feature_list_detail::Both<SmallPacketShare>, feature_list_detail::BothFlags<0>,
    feature_list_detail::BothFlags<1>, feature_list_detail::BothFlags<2>,
    feature_list_detail::BothFlags<3>, feature_list_detail::BothFlags<4>,
    feature_list_detail::Only<FlagPackets<FlowPart::flow, 5>, FlagPackets<FlowPart::flow, 6>,
                              FlagPackets<FlowPart::flow, 7>>,
    feature_list_detail::Both<InitWindow>, feature_list_detail::Both<ZeroWindowPackets>,
    feature_list_detail::Both<OldSegments>, feature_list_detail::Both<GapSegments>,
    feature_list_detail::Both<TtlMin>, feature_list_detail::Both<TtlMax>,
    feature_list_detail::Only<SubflowCount, IdleCount, IdleMean, IdleMax, ActiveMean, ActiveMax>,
    feature_list_detail::Both<BulkCount>, feature_list_detail::Both<BulkBytesMean>,
    feature_list_detail::Both<BulkBytesPerSecond>, feature_list_detail::Both<BurstCount>,
    feature_list_detail::Both<BurstBytesMean>, feature_list_detail::Both<BurstBytesMax>,
    feature_list_detail::Only<FirstPayload<0>, FirstPayload<1>, FirstPayload<2>, FirstPayload<3>,
                              FirstPayload<4>, FirstPayload<5>, FirstPayload<6>, FirstPayload<7>>,
    feature_list_detail::Only<FirstReplyNs, SynSynAckNs, SynAckAckNs, TcpState, TcpHistory,
                              IcmpType, IcmpCode, FragmentPackets>>::type;

inline constexpr int kFeatureCount = AllFeatures::kCount;
static_assert(kFeatureCount == 114);

/// A state into its cells, all features in list order.
struct FinishFlow {
  NTA_HD void operator()(FlowState const& f, Rules const& rules, FeatureCell* cells) const {
    AllFeatures::finish(f, rules, cells);
  }
};

/// Position = feature id.
inline std::vector<FeatureDescription> describe_features() {
  return describe_features<AllFeatures>();
}

}  // namespace nta
