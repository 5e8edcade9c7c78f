// Runs of payload packets in one direction: bulks, bursts, and the first payload lengths
// (groups B, N).
#pragma once

#include "libnta/flows/features/feature_info.hpp"

namespace nta {

NTA_HD inline int side_number(FlowState const& f, FlowPart part) {
  return part == FlowPart::fwd ? f.forward : f.forward ^ 1;
}

template <FlowPart P>
NTA_HD inline BulkRun::Total bulk_total(FlowState const& f, Rules const& rules) {
  return f.bulk.total(side_number(f, P), rules);
}

template <FlowPart P>
struct BulkCount {
  static constexpr FeatureInfo kInfo{
      P, "bulk_count", "1",
      "runs of at least 4 packets with L > 0, no packet with L > 0 of the other direction and no "
      "gap > 1 s between them"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return as_integer(bulk_total<P>(f, rules).count);
  }
};

template <FlowPart P>
struct BulkBytesMean {
  static constexpr FeatureInfo kInfo{P, "bulk_bytes_mean", "B", "payload bytes of bulks / bulks"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    BulkRun::Total const sum = bulk_total<P>(f, rules);
    return ratio(sum.bytes, sum.count);
  }
};

template <FlowPart P>
struct BulkBytesPerSecond {
  static constexpr FeatureInfo kInfo{P, "bulk_bytes_per_s", "B/s",
                                     "payload bytes of bulks / sum of their durations"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    BulkRun::Total const sum = bulk_total<P>(f, rules);
    return per_second(sum.bytes, sum.duration, rules);
  }
};

template <FlowPart P>
struct BurstCount {
  static constexpr FeatureInfo kInfo{
      P, "burst_count", "1",
      "runs of packets with L > 0 without one of the other direction between them"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return as_integer(f.burst.total(side_number(f, P), rules).count);
  }
};

template <FlowPart P>
struct BurstBytesMean {
  static constexpr FeatureInfo kInfo{P, "burst_bytes_mean", "B",
                                     "payload bytes of bursts / bursts"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    BurstRun::Total const sum = f.burst.total(side_number(f, P), rules);
    return ratio(sum.bytes, sum.count);
  }
};

template <FlowPart P>
struct BurstBytesMax {
  static constexpr FeatureInfo kInfo{P, "burst_bytes_max", "B",
                                     "payload bytes of the largest burst"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return as_integer(f.burst.total(side_number(f, P), rules).bytes_max);
  }
};

/// K from 0.
template <int K>
struct FirstPayload {
  static constexpr std::string_view kStems[kFirstPayloads] = {
      "first_payload_1", "first_payload_2", "first_payload_3", "first_payload_4",
      "first_payload_5", "first_payload_6", "first_payload_7", "first_payload_8"};
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, kStems[K], "B",
      "L of this packet among those with L > 0, negative if backward"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    std::int64_t const bytes = f.payloads.bytes[K];
    int const side = (f.payloads.sides >> K) & 1;
    return side == f.forward ? bytes : -bytes;
  }
};

}  // namespace nta
