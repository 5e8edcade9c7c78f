// THE list of columns of set `cic76`, in the order of `flows.md` 4.2: the position of a struct is
// its feature id.
#pragma once

#include "libnta/flows/features/cic_bulk.hpp"
#include "libnta/flows/features/cic_sizes.hpp"
#include "libnta/flows/features/cic_tcp.hpp"
#include "libnta/flows/features/cic_timing.hpp"
#include "libnta/flows/features/formula_list.hpp"

namespace nta {

namespace cic_list_detail {

inline constexpr FlowPart kFlow = FlowPart::flow, kFwd = FlowPart::fwd, kBwd = FlowPart::bwd;
template <class... Features>
using Only = FeatureList<CicState, Features...>;
template <template <FlowPart> class Feature>
using Both = BothParts<CicState, Feature>;
template <FlowPart P>
using Lengths = Only<CicLengthMax<P>, CicLengthMin<P>, CicLengthMean<P>, CicLengthStd<P>>;
template <FlowPart P>
using Gaps = Only<CicIatMean<P>, CicIatStd<P>, CicIatMax<P>, CicIatMin<P>>;
template <FlowPart P>
using Bulks = Only<CicBulkBytes<P>, CicBulkPackets<P>, CicBulkRate<P>>;
template <class Of>
using Times = Only<CicTimesMean<Of>, CicTimesStd<Of>, CicTimesMax<Of>, CicTimesMin<Of>>;

using List = typename JoinLists<
    Only<CicDuration>, Both<CicPackets>, Both<CicTotalLength>, Lengths<kFwd>, Lengths<kBwd>,
    Only<CicFlowBytesRate, CicFlowPacketsRate>, Gaps<kFlow>, Only<CicIatTotal<kFwd>>, Gaps<kFwd>,
    Only<CicIatTotal<kBwd>>, Gaps<kBwd>,
    Only<CicSideFlags<kFwd, kCicPsh>, CicSideFlags<kBwd, kCicPsh>, CicSideFlags<kFwd, kCicUrg>,
         CicSideFlags<kBwd, kCicUrg>>,
    Both<CicHeaderLength>, Both<CicPacketsRate>,
    Only<CicLengthMin<kFlow>, CicLengthMax<kFlow>, CicLengthMean<kFlow>, CicLengthStd<kFlow>,
         CicLengthVariance>,
    Only<CicFlagCount<0>, CicFlagCount<1>, CicFlagCount<2>, CicFlagCount<3>, CicFlagCount<4>,
         CicFlagCount<5>, CicFlagCount<7>, CicFlagCount<6>>,
    Only<CicDownUpRatio, CicAveragePacketSize>, Both<CicSegmentSize>, Bulks<kFwd>, Bulks<kBwd>,
    Only<CicSubflowPackets<kFwd>, CicSubflowBytes<kFwd>, CicSubflowPackets<kBwd>,
         CicSubflowBytes<kBwd>>,
    Only<CicFwdInitWindow, CicBwdInitWindow, CicActiveDataPackets, CicSegmentSizeMin>,
    Times<OfActive>, Times<OfIdle>>::type;

}  // namespace cic_list_detail

using CicFeatures = cic_list_detail::List;
static_assert(CicFeatures::kCount == 76);

}  // namespace nta
