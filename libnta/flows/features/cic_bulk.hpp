// Columns of set `cic76` on bulks and subflows: numbers 55-64 of `flows.md` 4.2. Bulks are those of
// set `nta`; under the profile's bulk rule "runs_merged" they go on whatever the direction and all
// are backward.
#pragma once

#include "libnta/flows/features/cic_info.hpp"

namespace nta {

template <FlowPart P>
NTA_HD inline CicRun::Total bulk_total(CicState const& f, Rules const& rules) {
  if (rules.bulk == BulkRule::runs) {
    return f.bulk.total(side_number(f, P), rules);
  }
  CicRun::Total all;
  if (P == FlowPart::bwd) {
    all = f.bulk.total(0, rules);
    CicRun::combine(all, f.bulk.total(1, rules));
  }
  return all;
}

NTA_HD inline double bulk_mean(std::uint64_t sum, std::uint64_t bulks, Rules const& rules) {
  return is_original(rules) ? whole_ratio(sum, bulks) : ratio(sum, bulks);
}

template <FlowPart P>
struct CicBulkBytes {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd Bytes/Bulk Avg", "Bwd Bytes/Bulk Avg"}, "B",
            "payload bytes of bulks / bulks; original: without fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    CicRun::Total const sum = bulk_total<P>(f, rules);
    return bulk_mean(sum.bytes, sum.count, rules);
  }
};

template <FlowPart P>
struct CicBulkPackets {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd Packet/Bulk Avg", "Bwd Packet/Bulk Avg"}, "1",
            "packets of bulks / bulks; original: without fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    CicRun::Total const sum = bulk_total<P>(f, rules);
    return bulk_mean(sum.packets, sum.count, rules);
  }
};

template <FlowPart P>
struct CicBulkRate {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd Bulk Rate Avg", "Bwd Bulk Rate Avg"}, "B/s",
            "payload bytes of bulks / sum of their durations; 0 if that is 0; original: without "
            "fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    CicRun::Total const sum = bulk_total<P>(f, rules);
    if (!is_original(rules) || sum.duration <= 0) {
      return per_second(sum.bytes, sum.duration, rules);
    }
    U128 const scaled = U128{sum.bytes} * static_cast<std::uint64_t>(1'000'000'000 / rules.unit_ns);
    return to_double(scaled / static_cast<std::uint64_t>(sum.duration));
  }
};

/// x per subflow: 1 + gaps > 1 s. The tool counts the gaps alone, and gives 0 where there are none.
NTA_HD inline double per_subflow(std::uint64_t x, CicState const& f, Rules const& rules) {
  std::uint64_t const gaps = f.stretches.subflow_gaps;
  if (is_corrected(rules)) {
    return ratio(x, gaps + 1);
  }
  return is_original(rules) ? whole_ratio(x, gaps) : ratio(x, gaps);
}

template <FlowPart P>
struct CicSubflowPackets {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Subflow Fwd Packets", "Subflow Bwd Packets"}, "1",
            "packets / (1 + gaps > 1 s); original and fixed: / gaps > 1 s, 0 without; original: "
            "without fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return per_subflow(total(f, P, &CicSide::packets), f, rules);
  }
};

template <FlowPart P>
struct CicSubflowBytes {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Subflow Fwd Bytes", "Subflow Bwd Bytes"}, "B",
            "sum of L / (1 + gaps > 1 s); original and fixed: / gaps > 1 s, 0 without; original: "
            "without fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return per_subflow(total(f, P, &CicSide::payload_bytes), f, rules);
  }
};

}  // namespace nta
