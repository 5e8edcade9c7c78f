// Columns of set `cic76` on packets and payload lengths L: numbers 2-13, 38-42, 51-54 of
// `flows.md` 4.2.
#pragma once

#include "libnta/flows/features/cic_info.hpp"

namespace nta {

template <FlowPart P>
struct CicPackets {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Total Fwd Packet", "Total Bwd packets"}, "1", "packets");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    return as_integer(total(f, P, &CicSide::packets));
  }
};

template <FlowPart P>
struct CicTotalLength {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Total Length of Fwd Packet", "Total Length of Bwd Packet"}, "B", "sum of L");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    return as_integer(total(f, P, &CicSide::payload_bytes));
  }
};

template <FlowPart P>
struct CicLengthMax {
  static constexpr FeatureInfo kInfo =
      named(P, {"Packet Length Max", "Fwd Packet Length Max", "Bwd Packet Length Max"}, "B",
            "largest L; 0 without packets");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    return lengths(f, P).spread.max;
  }
};

template <FlowPart P>
struct CicLengthMin {
  static constexpr FeatureInfo kInfo =
      named(P, {"Packet Length Min", "Fwd Packet Length Min", "Bwd Packet Length Min"}, "B",
            "smallest L; 0 without packets");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    LengthStats const all = lengths(f, P);
    return all.n == 0 ? 0 : std::int64_t{all.spread.min};
  }
};

template <FlowPart P>
struct CicLengthMean {
  static constexpr FeatureInfo kInfo =
      named(P, {"Packet Length Mean", "Fwd Packet Length Mean", "Bwd Packet Length Mean"}, "B",
            P == FlowPart::flow ? "mean L; original: first packet counted twice" : "mean L");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    LengthStats const all = lengths_in(f, P, rules);
    return ratio(all.sum, all.n);
  }
};

NTA_HD inline double length_variance(LengthStats const& all) {
  return variance(all.n, U128{all.sum} * all.sum, all.spread.squares, {1, 1}, 1);
}

template <FlowPart P>
struct CicLengthStd {
  static constexpr FeatureInfo kInfo = named(
      P, {"Packet Length Std", "Fwd Packet Length Std", "Bwd Packet Length Std"}, "B",
      P == FlowPart::flow ? "sample standard deviation of L; original: first packet counted twice"
                          : "sample standard deviation of L");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return sqrt(length_variance(lengths_in(f, P, rules)));
  }
};

struct CicLengthVariance {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Packet Length Variance", "", ""}, "B2",
            "sample variance of L; original: first packet counted twice");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return length_variance(lengths_of_flow(f, rules));
  }
};

struct CicDownUpRatio {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Down/Up Ratio", "", ""}, "1",
            "backward packets / forward packets; original: without fraction");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    std::uint64_t const down = total(f, FlowPart::bwd, &CicSide::packets);
    std::uint64_t const up = total(f, FlowPart::fwd, &CicSide::packets);
    return is_original(rules) ? whole_ratio(down, up) : ratio(down, up);
  }
};

struct CicAveragePacketSize {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Average Packet Size", "", ""}, "B",
            "mean L; original: (sum of L + L of the first packet) / packets");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return ratio(lengths_of_flow(f, rules).sum, total(f, FlowPart::flow, &CicSide::packets));
  }
};

template <FlowPart P>
struct CicSegmentSize {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd Segment Size Avg", "Bwd Segment Size Avg"}, "B", "mean L");
  NTA_HD static double value(CicState const& f, Rules const&) {
    return ratio(total(f, P, &CicSide::payload_bytes), total(f, P, &CicSide::packets));
  }
};

}  // namespace nta
