// THE list of features: the position of a struct is its feature id. Names, units and texts are
// published from here; FinishFlow turns a state into cells with the same formulas everywhere.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/features/activity.hpp"
#include "libnta/flows/features/bulk.hpp"
#include "libnta/flows/features/sizes.hpp"
#include "libnta/flows/features/tcp.hpp"
#include "libnta/flows/features/timing.hpp"
#include "libnta/flows/features/volume.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace nta {

/// An i64 or the bits of an f64.
using FeatureCell = std::uint64_t;

template <class... Lists>
struct JoinLists;

/// Formulas in order of their ids.
template <class... Features>
struct FeatureList {
  static constexpr int kCount = sizeof...(Features);

  /// Cell i goes to cells[i * stride]: stride 1 for a row, the number of flows for columns.
  NTA_HD static void finish(FlowState const& f, Rules const& rules, FeatureCell* cells,
                            std::size_t stride) {
    std::size_t i = 0;
    (put(Features::value(f, rules), cells, stride * i++), ...);
  }
  template <class Visitor>
  static constexpr void for_each(Visitor&& visit) {
    (visit(Features::kInfo, std::is_integral_v<decltype(Features::value(
                                std::declval<FlowState const&>(), std::declval<Rules const&>()))>),
     ...);
  }

 private:
  template <class Value>
  NTA_HD static void put(Value value, FeatureCell* cells, std::size_t at) {
    static_assert(sizeof value == sizeof(FeatureCell));
    memcpy(cells + at, &value, sizeof value);
  }
};

template <class... A>
struct JoinLists<FeatureList<A...>> {
  using type = FeatureList<A...>;
};
template <class... A, class... B, class... Rest>
struct JoinLists<FeatureList<A...>, FeatureList<B...>, Rest...>
    : JoinLists<FeatureList<A..., B...>, Rest...> {};

namespace feature_list_detail {

template <template <FlowPart> class Feature>
using Both = FeatureList<Feature<FlowPart::fwd>, Feature<FlowPart::bwd>>;
template <template <FlowPart> class Feature>
using Three = FeatureList<Feature<FlowPart::flow>, Feature<FlowPart::fwd>, Feature<FlowPart::bwd>>;
template <int Bit>
using BothFlags = FeatureList<FlagPackets<FlowPart::fwd, Bit>, FlagPackets<FlowPart::bwd, Bit>>;
template <class... Features>
using Only = FeatureList<Features...>;

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
  NTA_HD void operator()(FlowState const& f, Rules const& rules, FeatureCell* cells,
                         std::size_t stride = 1) const {
    AllFeatures::finish(f, rules, cells, stride);
  }
};

/// A feature as it is published.
struct FeatureDescription {
  std::string name, unit, text;
  bool integer = false;  // column of i64, else f64
  int version = 0;       // of the formula
};

/// Position = feature id.
inline std::array<FeatureDescription, kFeatureCount> describe_features() {
  std::array<FeatureDescription, kFeatureCount> all;
  std::size_t i = 0;
  AllFeatures::for_each([&](FeatureInfo const& info, bool integer) {
    std::string_view const prefix =
        info.part == FlowPart::flow ? "" : (info.part == FlowPart::fwd ? "fwd_" : "bwd_");
    std::string_view const whose = info.part == FlowPart::flow
                                       ? ""
                                       : (info.part == FlowPart::fwd ? "forward: " : "backward: ");
    all[i++] = {std::string(prefix) + std::string(info.stem), std::string(info.unit),
                std::string(whose) + std::string(info.text), integer, info.version};
  });
  return all;
}

}  // namespace nta
