// Columns of set `cic76` on flags, headers and windows: numbers 30-35, 43-50, 65-68 of
// `flows.md` 4.2.
#pragma once

#include "libnta/flows/features/cic_info.hpp"
#include "libnta/flows/features/cic_sizes.hpp"

namespace nta {

NTA_HD inline bool first_is_forward(CicState const& f) {
  return f.first.side == f.forward;
}

inline constexpr int kCicPsh = 3, kCicUrg = 5;

template <FlowPart P, int Bit>
struct CicSideFlags {
  static constexpr FeatureInfo kInfo =
      named(P,
            Bit == kCicPsh ? PartNames{"", "Fwd PSH Flags", "Bwd PSH Flags"}
                           : PartNames{"", "Fwd URG Flags", "Bwd URG Flags"},
            "1", "packets with this TCP flag; original: of the flow's first packet alone");
  NTA_HD static std::int64_t value(CicState const& f, Rules const& rules) {
    if (is_original(rules)) {
      bool const own = first_is_forward(f) == (P == FlowPart::fwd);
      return own ? (f.first.flags >> Bit) & 1 : 0;
    }
    return as_integer(side_of(f, P).flag[Bit]);
  }
};

/// Packets of both directions with TCP flag `Bit` (its number on the wire).
template <int Bit>
struct CicFlagCount {
  static constexpr std::string_view kNames[8] = {
      "FIN Flag Count", "SYN Flag Count", "RST Flag Count", "PSH Flag Count",
      "ACK Flag Count", "URG Flag Count", "ECE Flag Count", "CWR Flag Count"};
  static constexpr FeatureInfo kInfo =
      named(FlowPart::flow, {kNames[Bit], "", ""}, "1", "packets with this TCP flag");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    return as_integer(f.side[0].flag[Bit] + f.side[1].flag[Bit]);
  }
};

template <FlowPart P>
struct CicHeaderLength {
  static constexpr FeatureInfo kInfo =
      named(P, {"", "Fwd Header Length", "Bwd Header Length"}, "B", "sum of L4 headers");
  NTA_HD static std::int64_t value(CicState const& f, Rules const&) {
    return as_integer(total(f, P, &CicSide::header_bytes));
  }
};

struct CicFwdInitWindow {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::fwd, {"", "FWD Init Win Bytes", ""}, "B",
            "unscaled window of the first TCP packet, -1 if none; original and fixed: of the "
            "flow's first packet if it is forward, else 0");
  NTA_HD static std::int64_t value(CicState const& f, Rules const& rules) {
    if (is_corrected(rules)) {
      return side_of(f, FlowPart::fwd).window_first;
    }
    return first_is_forward(f) ? f.first.window : 0;
  }
};

struct CicBwdInitWindow {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::bwd, {"", "", "Bwd Init Win Bytes"}, "B",
            "unscaled window of the first TCP packet, -1 if none; original: of the last, fixed: "
            "the first that is not 0; both else 0");
  NTA_HD static std::int64_t value(CicState const& f, Rules const& rules) {
    CicSide const& side = side_of(f, FlowPart::bwd);
    if (is_corrected(rules)) {
      return side.window_first;
    }
    std::int32_t const window = is_original(rules) ? side.window_last : side.window_first_open;
    return window < 0 ? 0 : window;
  }
};

struct CicActiveDataPackets {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::fwd, {"", "Fwd Act Data Pkts", ""}, "1",
            "packets with L > 0; original: without the flow's first packet");
  NTA_HD static std::int64_t value(CicState const& f, Rules const& rules) {
    std::int64_t const all = as_integer(total(f, FlowPart::fwd, &CicSide::payload_packets));
    bool const left_out = is_original(rules) && first_is_forward(f) && f.first.payload_bytes > 0;
    return left_out ? all - 1 : all;
  }
};

struct CicSegmentSizeMin {
  static constexpr FeatureInfo kInfo =
      named(FlowPart::fwd, {"", "Fwd Seg Size Min", ""}, "B",
            "shortest L4 header, 0 without packets; original and fixed: 0 if the flow's first "
            "packet is backward");
  NTA_HD static std::int64_t value(CicState const& f, Rules const& rules) {
    bool const lost = !is_corrected(rules) && !first_is_forward(f);
    CicSide const& side = side_of(f, FlowPart::fwd);
    return lost || side.packets == 0 ? 0 : std::int64_t{side.header_min};
  }
};

}  // namespace nta
