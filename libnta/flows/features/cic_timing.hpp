// Columns of set `cic76` on time, in us: numbers 1, 14-29, 36-37, 69-76 of `flows.md` 4.2. Columns
// of times are f64: a profile that measures in ns gives fractions.
#pragma once

#include "libnta/flows/features/cic_info.hpp"

namespace nta {

struct CicDuration {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Flow Duration", "", ""}, "us", "last minus first packet time");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return in_us(f.time.duration(), rules);
  }
};

/// x per second of the flow; what stands for it at duration 0 is the profile's rate_at_zero.
NTA_HD inline double flow_rate(std::uint64_t x, CicState const& f, Rules const& rules) {
  std::int64_t const duration = f.time.duration();
  if (duration <= 0 && rules.rate_at_zero != RateAtZero::zero) {
    if (rules.rate_at_zero == RateAtZero::minus_one) {
      return -1.0;
    }
    return double_of_bits(x == 0 ? kQuietNanBits : kInfinityBits);
  }
  return per_second(x, duration, rules);
}

struct CicFlowBytesRate {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Flow Bytes/s", "", ""}, "B/s",
            "sum of L / duration; at duration 0 the profile's rate_at_zero");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return flow_rate(total(f, FlowPart::flow, &CicSide::payload_bytes), f, rules);
  }
};

struct CicFlowPacketsRate {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {"Flow Packets/s", "", ""}, "1/s",
            "packets / duration; at duration 0 the profile's rate_at_zero");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return flow_rate(total(f, FlowPart::flow, &CicSide::packets), f, rules);
  }
};

template <FlowPart P>
struct CicPacketsRate {
  static constexpr FeatureInfo kInfo = named(P, {"", "Fwd Packets/s", "Bwd Packets/s"}, "1/s",
                                             "packets / duration of the flow; 0 at duration 0");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return per_second(total(f, P, &CicSide::packets), f.time.duration(), rules);
  }
};

template <FlowPart P>
struct CicIatTotal {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd IAT Total", "Bwd IAT Total"}, "us", "last minus first packet time");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return in_us(timeline(f, P).duration(), rules);
  }
};

template <FlowPart P>
struct CicIatMean {
  static constexpr FeatureInfo kInfo = named(P, {"Flow IAT Mean", "Fwd IAT Mean", "Bwd IAT Mean"},
                                             "us", "mean gap to the previous packet");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return mean_us(timeline(f, P).duration(), gap_count(f, P), rules);
  }
};

template <FlowPart P>
struct CicIatStd {
  static constexpr FeatureInfo kInfo =
      named(P, {"Flow IAT Std", "Fwd IAT Std", "Bwd IAT Std"}, "us",
            "sample standard deviation of gaps to the previous packet");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    Timeline const& time = timeline(f, P);
    return sample_deviation_us(gap_count(f, P), square(time.duration()), time.gap.squares, rules);
  }
};

template <FlowPart P>
struct CicIatMax {
  static constexpr FeatureInfo kInfo = named(P, {"Flow IAT Max", "Fwd IAT Max", "Bwd IAT Max"},
                                             "us", "longest gap to the previous packet");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return gap_count(f, P) == 0 ? 0.0 : in_us(timeline(f, P).gap.max, rules);
  }
};

template <FlowPart P>
struct CicIatMin {
  static constexpr FeatureInfo kInfo = named(P, {"Flow IAT Min", "Fwd IAT Min", "Bwd IAT Min"},
                                             "us", "shortest gap to the previous packet");
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    return gap_count(f, P) == 0 ? 0.0 : in_us(timeline(f, P).gap.min, rules);
  }
};

/// Stretches of activity or idle gaps; which, is `Of`.
struct OfActive {
  static constexpr PartNames kMean{"Active Mean", "", ""}, kStd{"Active Std", "", ""},
      kMax{"Active Max", "", ""}, kMin{"Active Min", "", ""};
  static constexpr std::string_view kText =
      "of stretches > 0 between gaps > 5 s; the last one counts if active_last";
  NTA_HD static TimeStats times(CicState const& f, Rules const& rules) {
    return f.stretches.active(f.time.first, f.time.last, rules.active_last);
  }
};
struct OfIdle {
  static constexpr PartNames kMean{"Idle Mean", "", ""}, kStd{"Idle Std", "", ""},
      kMax{"Idle Max", "", ""}, kMin{"Idle Min", "", ""};
  static constexpr std::string_view kText = "of gaps > 5 s";
  NTA_HD static TimeStats times(CicState const& f, Rules const&) { return f.stretches.idle; }
};

template <class Of>
struct CicTimesMean {
  static constexpr FeatureInfo kInfo = named(FlowPart::flow, Of::kMean, "us", Of::kText);
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    TimeStats const all = Of::times(f, rules);
    return mean_us(all.sum, all.count, rules);
  }
};

template <class Of>
struct CicTimesStd {
  static constexpr FeatureInfo kInfo = named(FlowPart::flow, Of::kStd, "us", Of::kText);
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    TimeStats const all = Of::times(f, rules);
    return sample_deviation_us(all.count, square(all.sum), all.spread.squares, rules);
  }
};

template <class Of>
struct CicTimesMax {
  static constexpr FeatureInfo kInfo = named(FlowPart::flow, Of::kMax, "us", Of::kText);
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    TimeStats const all = Of::times(f, rules);
    return all.count == 0 ? 0.0 : in_us(all.spread.max, rules);
  }
};

template <class Of>
struct CicTimesMin {
  static constexpr FeatureInfo kInfo = named(FlowPart::flow, Of::kMin, "us", Of::kText);
  NTA_HD static double value(CicState const& f, Rules const& rules) {
    TimeStats const all = Of::times(f, rules);
    return all.count == 0 ? 0.0 : in_us(all.spread.min, rules);
  }
};

}  // namespace nta
