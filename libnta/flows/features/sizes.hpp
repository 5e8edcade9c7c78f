// Statistics of IP lengths (all packets) and payload lengths (packets with L > 0), group S.
#pragma once

#include "libnta/flows/features/feature_info.hpp"

namespace nta {

template <FlowPart P>
struct IpLenMin {
  static constexpr FeatureInfo kInfo{P, "ip_len_min", "B", "shortest IP length; 0 without packets"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    if (total(f, P, &Counts::packets) == 0) {
      return 0;
    }
    return size_stats(f, P, &SideState::ip_len).min;
  }
};

template <FlowPart P>
struct IpLenMean {
  static constexpr FeatureInfo kInfo{P, "ip_len_mean", "B", "mean IP length"};
  NTA_HD static double value(FlowState const& f, Rules const&) {
    return ratio(total(f, P, &Counts::ip_bytes), total(f, P, &Counts::packets));
  }
};

template <FlowPart P>
struct IpLenStd {
  static constexpr FeatureInfo kInfo{P, "ip_len_std", "B", "standard deviation of IP lengths"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    std::uint64_t const sum = total(f, P, &Counts::ip_bytes);
    return standard_deviation(total(f, P, &Counts::packets), U128{sum} * sum,
                              size_stats(f, P, &SideState::ip_len).squares, 1, rules.ddof);
  }
};

template <FlowPart P>
struct IpLenMax {
  static constexpr FeatureInfo kInfo{P, "ip_len_max", "B", "longest IP length"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return size_stats(f, P, &SideState::ip_len).max;
  }
};

template <FlowPart P>
struct PayloadLenMean {
  static constexpr FeatureInfo kInfo{P, "payload_len_mean", "B", "mean L of packets with L > 0"};
  NTA_HD static double value(FlowState const& f, Rules const&) {
    return ratio(total(f, P, &Counts::payload_bytes), total(f, P, &Counts::payload_packets));
  }
};

template <FlowPart P>
struct PayloadLenStd {
  static constexpr FeatureInfo kInfo{P, "payload_len_std", "B",
                                     "standard deviation of L of packets with L > 0"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    std::uint64_t const sum = total(f, P, &Counts::payload_bytes);
    return standard_deviation(total(f, P, &Counts::payload_packets), U128{sum} * sum,
                              size_stats(f, P, &SideState::payload_len).squares, 1, rules.ddof);
  }
};

template <FlowPart P>
struct PayloadLenMax {
  static constexpr FeatureInfo kInfo{P, "payload_len_max", "B", "longest L"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return size_stats(f, P, &SideState::payload_len).max;
  }
};

}  // namespace nta
