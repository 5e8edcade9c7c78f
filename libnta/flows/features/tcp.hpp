// TCP flags, windows, resent segments, handshake and state; TTL and ICMP beside them
// (groups F, W, Q, H).
#pragma once

#include "libnta/flows/features/feature_info.hpp"
#include "libnta/flows/features/timing.hpp"

namespace nta {

/// Packets with TCP flag `Bit` (its number on the wire).
template <FlowPart P, int Bit>
struct FlagPackets {
  static constexpr std::string_view kStems[8] = {"fin_packets", "syn_packets", "rst_packets",
                                                 "psh_packets", "ack_packets", "urg_packets",
                                                 "ece_packets", "cwr_packets"};
  static constexpr FeatureInfo kInfo{P, kStems[Bit], "1", "packets with this TCP flag"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    if (P != FlowPart::flow) {
      return as_integer(side_of(f, P).count.flag[Bit]);
    }
    return as_integer(f.side[0].count.flag[Bit] + f.side[1].count.flag[Bit]);
  }
};

template <FlowPart P>
struct InitWindow {
  static constexpr FeatureInfo kInfo{P, "init_window", "B",
                                     "unscaled window of the first TCP packet; -1 if none"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return side_of(f, P).init_window;
  }
};

template <FlowPart P>
struct ZeroWindowPackets {
  static constexpr FeatureInfo kInfo{P, "zero_window_packets", "1",
                                     "TCP packets with window 0, without SYN and RST"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(side_of(f, P).zero_windows);
  }
};

template <FlowPart P>
struct OldSegments {
  static constexpr FeatureInfo kInfo{
      P, "old_segments", "1",
      "TCP packets with L > 0 that end at or below the highest sequence number so far"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(side_of(f, P).seq.old_segments);
  }
};

template <FlowPart P>
struct GapSegments {
  static constexpr FeatureInfo kInfo{
      P, "gap_segments", "1",
      "TCP packets with L > 0 that start above the highest sequence number so far"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(side_of(f, P).seq.gap_segments);
  }
};

template <FlowPart P>
struct TtlMin {
  static constexpr FeatureInfo kInfo{P, "ttl_min", "1", "lowest TTL or hop limit; -1 if no packet"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return side_of(f, P).count.packets == 0 ? -1 : side_of(f, P).ttl_min;
  }
};

template <FlowPart P>
struct TtlMax {
  static constexpr FeatureInfo kInfo{P, "ttl_max", "1",
                                     "highest TTL or hop limit; -1 if no packet"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return side_of(f, P).count.packets == 0 ? -1 : side_of(f, P).ttl_max;
  }
};

struct SynSynAckNs {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "syn_synack_ns", "ns",
      "first forward SYN without ACK to first backward SYN with ACK; -1 if one is missing"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return between_ns(side_of(f, FlowPart::fwd).syn, side_of(f, FlowPart::bwd).syn_ack, rules);
  }
};

struct SynAckAckNs {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "synack_ack_ns", "ns",
      "first backward SYN with ACK to the next forward ACK without SYN; -1 if one is missing"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return between_ns(side_of(f, FlowPart::bwd).syn_ack, side_of(f, FlowPart::fwd).ack_of_syn_ack,
                      rules);
  }
};

struct TcpState {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "tcp_state", "code",
      "0 not TCP, 1 S0, 2 S1, 3 SF, 4 REJ, 5 S2, 6 S3, 7 RSTO, 8 RSTR, 9 RSTOS0, 10 RSTRH, 11 SH, "
      "12 SHR, 13 OTH"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    if (f.protocol != kProtocolTcp) {
      return 0;
    }
    SideState const& fwd = side_of(f, FlowPart::fwd);
    SideState const& bwd = side_of(f, FlowPart::bwd);
    bool const syn = (fwd.history & kHistorySyn) != 0;
    bool const syn_ack = (bwd.history & kHistorySynAck) != 0;
    bool const fwd_fin = (fwd.history & kHistoryFin) != 0;
    bool const bwd_fin = (bwd.history & kHistoryFin) != 0;
    if (syn && syn_ack) {
      if (fwd_fin && bwd_fin) {
        return 3;
      }
      if (f.first_rst != 0) {
        return f.first_rst == 1U << f.forward ? 7 : 8;
      }
      if (fwd_fin) {
        return 5;
      }
      return bwd_fin ? 6 : 2;
    }
    if (syn) {
      if ((bwd.history & kHistoryRst) != 0) {
        return 4;
      }
      if ((fwd.history & kHistoryRst) != 0) {
        return 9;
      }
      if (fwd_fin) {
        return 11;
      }
      return bwd.count.packets == 0 ? 1 : 13;
    }
    if (syn_ack) {
      if ((bwd.history & kHistoryRst) != 0) {
        return 10;
      }
      return bwd_fin ? 12 : 13;
    }
    return 13;
  }
};

/// 0 for other protocols than TCP.
struct TcpHistory {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "tcp_history", "code",
      "bits 0-7 forward, 8-15 backward: SYN without ACK, SYN with ACK, bare ACK, L > 0, FIN, RST, "
      "old segment, zero window; 16, 17: first RST from forward, backward"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    if (f.protocol != kProtocolTcp) {
      return 0;
    }
    std::int64_t bits = side_bits(side_of(f, FlowPart::fwd)) | side_bits(side_of(f, FlowPart::bwd))
                                                                   << 8;
    if (f.first_rst != 0) {
      bits |= f.first_rst == 1U << f.forward ? 1 << 16 : 1 << 17;
    }
    return bits;
  }
  NTA_HD static std::int64_t side_bits(SideState const& side) {
    return side.history | (side.seq.old_segments > 0 ? kHistoryOld : 0);
  }
};

struct IcmpType {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "icmp_type", "code",
                                     "ICMP type of the first packet; -1 if there is none"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return f.icmp < 0 ? -1 : f.icmp >> 8;
  }
};

struct IcmpCode {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "icmp_code", "code",
                                     "ICMP code of the first packet; -1 if there is none"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return f.icmp < 0 ? -1 : f.icmp & 255;
  }
};

}  // namespace nta
