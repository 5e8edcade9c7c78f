// THE list of columns of set `nfstream` (`flows.md` 4.3): core, then statistics. Times in whole ms;
// standard deviations of samples; 0 where there is nothing.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/features/formula.hpp"
#include "libnta/flows/features/formula_list.hpp"
#include "libnta/flows/nfstream_state.hpp"

#include <cstdint>

namespace nta {

NTA_HD inline NfstreamSide const& side_of(NfstreamState const& f, FlowPart part) {
  return f.side[part == FlowPart::fwd ? f.forward : f.forward ^ 1];
}
NTA_HD inline MsTimeline const& timeline(NfstreamState const& f, FlowPart part) {
  return part == FlowPart::flow ? f.time : side_of(f, part).time;
}
NTA_HD inline std::uint64_t total(NfstreamState const& f, FlowPart part,
                                  std::uint64_t NfstreamSide::*member) {
  return part == FlowPart::flow ? f.side[0].*member + f.side[1].*member : side_of(f, part).*member;
}
NTA_HD inline SizeStats sizes(NfstreamState const& f, FlowPart part) {
  if (part != FlowPart::flow) {
    return side_of(f, part).size;
  }
  SizeStats both = f.side[0].size;
  both.merge(f.side[1].size);
  return both;
}
NTA_HD inline std::uint64_t gap_count(NfstreamState const& f, FlowPart part) {
  std::uint64_t const packets = total(f, part, &NfstreamSide::packets);
  return packets > 0 ? packets - 1 : 0;
}

// Macros, as these names exist in three spellings each and are nothing but prefix and stem.
#define NTA_NFSTREAM_INFO(stem, unit, text) \
  named(P, {"bidirectional_" stem, "src2dst_" stem, "dst2src_" stem}, unit, text)

/// ms since the flow's first packet; kNoTime for a direction without packets. The row's writer adds
/// the time of that packet.
NTA_HD inline std::int64_t since_start(std::int64_t t, NfstreamState const& f, Rules const& rules) {
  return t == kNoTime ? kNoTime : floor_ms(t, rules) - floor_ms(f.time.first, rules);
}
constexpr FeatureInfo absolute(FeatureInfo info) {
  info.since_start = true;
  return info;
}

template <FlowPart P>
struct NfstreamFirstSeen {
  static constexpr FeatureInfo kInfo = absolute(
      NTA_NFSTREAM_INFO("first_seen_ms", "ms", "time of the first packet since the epoch"));
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const& rules) {
    return since_start(timeline(f, P).first, f, rules);
  }
};

template <FlowPart P>
struct NfstreamLastSeen {
  static constexpr FeatureInfo kInfo =
      absolute(NTA_NFSTREAM_INFO("last_seen_ms", "ms", "time of the last packet since the epoch"));
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const& rules) {
    return since_start(timeline(f, P).last, f, rules);
  }
};

template <FlowPart P>
struct NfstreamDuration {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("duration_ms", "ms", "last minus first time in whole ms");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const& rules) {
    return timeline(f, P).duration_ms(rules);
  }
};

template <FlowPart P>
struct NfstreamPackets {
  static constexpr FeatureInfo kInfo = NTA_NFSTREAM_INFO("packets", "1", "packets");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    return as_integer(total(f, P, &NfstreamSide::packets));
  }
};

template <FlowPart P>
struct NfstreamBytes {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("bytes", "B", "sum of packet sizes in the profile's accounting mode");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    return as_integer(total(f, P, &NfstreamSide::bytes));
  }
};

template <FlowPart P>
struct NfstreamMinPs {
  static constexpr FeatureInfo kInfo = NTA_NFSTREAM_INFO("min_ps", "B", "smallest packet size");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    return total(f, P, &NfstreamSide::packets) == 0 ? 0 : std::int64_t{sizes(f, P).min};
  }
};

template <FlowPart P>
struct NfstreamMeanPs {
  static constexpr FeatureInfo kInfo = NTA_NFSTREAM_INFO("mean_ps", "B", "mean packet size");
  NTA_HD static double value(NfstreamState const& f, Rules const&) {
    return ratio(total(f, P, &NfstreamSide::bytes), total(f, P, &NfstreamSide::packets));
  }
};

template <FlowPart P>
struct NfstreamStddevPs {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("stddev_ps", "B", "sample standard deviation of packet sizes");
  NTA_HD static double value(NfstreamState const& f, Rules const&) {
    std::uint64_t const sum = total(f, P, &NfstreamSide::bytes);
    return standard_deviation(total(f, P, &NfstreamSide::packets), U128{sum} * sum,
                              sizes(f, P).squares, 1, 1);
  }
};

template <FlowPart P>
struct NfstreamMaxPs {
  static constexpr FeatureInfo kInfo = NTA_NFSTREAM_INFO("max_ps", "B", "largest packet size");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) { return sizes(f, P).max; }
};

template <FlowPart P>
struct NfstreamMinPiat {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("min_piat_ms", "ms", "shortest gap between times in whole ms");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    return gap_count(f, P) == 0 ? 0 : timeline(f, P).gap.min;
  }
};

template <FlowPart P>
struct NfstreamMeanPiat {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("mean_piat_ms", "ms", "mean gap between times in whole ms");
  NTA_HD static double value(NfstreamState const& f, Rules const& rules) {
    return ratio(timeline(f, P).duration_ms(rules), gap_count(f, P));
  }
};

template <FlowPart P>
struct NfstreamStddevPiat {
  static constexpr FeatureInfo kInfo = NTA_NFSTREAM_INFO(
      "stddev_piat_ms", "ms", "sample standard deviation of gaps between times in whole ms");
  NTA_HD static double value(NfstreamState const& f, Rules const& rules) {
    MsTimeline const& time = timeline(f, P);
    return standard_deviation(gap_count(f, P), square(time.duration_ms(rules)), time.gap.squares, 1,
                              1);
  }
};

template <FlowPart P>
struct NfstreamMaxPiat {
  static constexpr FeatureInfo kInfo =
      NTA_NFSTREAM_INFO("max_piat_ms", "ms", "longest gap between times in whole ms");
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    return gap_count(f, P) == 0 ? 0 : timeline(f, P).gap.max;
  }
};

/// Packets with TCP flag `Bit` (its number on the wire).
template <FlowPart P, int Bit>
struct NfstreamFlagPackets {
  static constexpr FeatureInfo kInfos[8] = {
      NTA_NFSTREAM_INFO("fin_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("syn_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("rst_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("psh_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("ack_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("urg_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("ece_packets", "1", "packets with this TCP flag"),
      NTA_NFSTREAM_INFO("cwr_packets", "1", "packets with this TCP flag")};
  static constexpr FeatureInfo kInfo = kInfos[Bit];
  NTA_HD static std::int64_t value(NfstreamState const& f, Rules const&) {
    if (P != FlowPart::flow) {
      return as_integer(side_of(f, P).flag[Bit]);
    }
    return as_integer(f.side[0].flag[Bit] + f.side[1].flag[Bit]);
  }
};

#undef NTA_NFSTREAM_INFO

namespace nfstream_list_detail {

template <FlowPart P>
using Core = FeatureList<NfstreamState, NfstreamFirstSeen<P>, NfstreamLastSeen<P>,
                         NfstreamDuration<P>, NfstreamPackets<P>, NfstreamBytes<P>>;
template <FlowPart P>
using Sizes = FeatureList<NfstreamState, NfstreamMinPs<P>, NfstreamMeanPs<P>, NfstreamStddevPs<P>,
                          NfstreamMaxPs<P>>;
template <FlowPart P>
using Gaps = FeatureList<NfstreamState, NfstreamMinPiat<P>, NfstreamMeanPiat<P>,
                         NfstreamStddevPiat<P>, NfstreamMaxPiat<P>>;
/// syn cwr ece urg ack psh rst fin
template <FlowPart P>
using Flags =
    FeatureList<NfstreamState, NfstreamFlagPackets<P, 1>, NfstreamFlagPackets<P, 7>,
                NfstreamFlagPackets<P, 6>, NfstreamFlagPackets<P, 5>, NfstreamFlagPackets<P, 4>,
                NfstreamFlagPackets<P, 3>, NfstreamFlagPackets<P, 2>, NfstreamFlagPackets<P, 0>>;
template <template <FlowPart> class Group>
using AllParts =
    typename JoinLists<Group<FlowPart::flow>, Group<FlowPart::fwd>, Group<FlowPart::bwd>>::type;

}  // namespace nfstream_list_detail

using NfstreamFeatures =
    typename JoinLists<nfstream_list_detail::AllParts<nfstream_list_detail::Core>,
                       nfstream_list_detail::AllParts<nfstream_list_detail::Sizes>,
                       nfstream_list_detail::AllParts<nfstream_list_detail::Gaps>,
                       nfstream_list_detail::AllParts<nfstream_list_detail::Flags>>::type;
static_assert(NfstreamFeatures::kCount == 15 + 48);

}  // namespace nta
