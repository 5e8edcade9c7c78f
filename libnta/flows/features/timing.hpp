// Duration, gaps between packets and the first reply (group T). Always in ns: times of a coarser
// profile unit convert in integers first.
#pragma once

#include "libnta/flows/features/feature_info.hpp"

namespace nta {

/// Gaps of a timeline: one less than its packets.
template <FlowPart P>
NTA_HD inline std::uint64_t gap_count(FlowState const& f) {
  std::uint64_t const packets = total(f, P, &Counts::packets);
  return packets > 0 ? packets - 1 : 0;
}

struct DurationNs {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "duration_ns", "ns",
                                     "last minus first packet time"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return in_ns(f.time.duration(), rules);
  }
};

template <FlowPart P>
struct IatMin {
  static constexpr FeatureInfo kInfo{
      P, "iat_min_ns", "ns", "shortest gap to the previous packet; 0 with fewer than two packets"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return gap_count<P>(f) == 0 ? 0 : in_ns(timeline(f, P).gap.min, rules);
  }
};

template <FlowPart P>
struct IatMean {
  static constexpr FeatureInfo kInfo{P, "iat_mean_ns", "ns", "mean gap to the previous packet"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    return ratio(in_ns(timeline(f, P).duration(), rules), gap_count<P>(f));
  }
};

template <FlowPart P>
struct IatStd {
  static constexpr FeatureInfo kInfo{P, "iat_std_ns", "ns",
                                     "standard deviation of gaps to the previous packet"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    Timeline const& time = timeline(f, P);
    return standard_deviation(gap_count<P>(f), square(time.duration()), time.gap.squares,
                              static_cast<std::uint64_t>(rules.unit_ns), rules.ddof);
  }
};

template <FlowPart P>
struct IatMax {
  static constexpr FeatureInfo kInfo{P, "iat_max_ns", "ns", "longest gap to the previous packet"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return gap_count<P>(f) == 0 ? 0 : in_ns(timeline(f, P).gap.max, rules);
  }
};

/// Difference in ns of two times that may be missing.
NTA_HD inline std::int64_t between_ns(std::int64_t from, std::int64_t to, Rules const& rules) {
  return from == kNoTime || to == kNoTime ? -1 : in_ns(to - from, rules);
}

struct FirstReplyNs {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "first_reply_ns", "ns",
      "first backward minus first forward packet time; negative if the backward one came first; "
      "-1 if a direction is empty"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return between_ns(side_of(f, FlowPart::fwd).time.first, side_of(f, FlowPart::bwd).time.first,
                      rules);
  }
};

}  // namespace nta
