// Counts, bytes and shares (group C).
#pragma once

#include "libnta/flows/features/feature_info.hpp"

namespace nta {

template <FlowPart P>
struct Packets {
  static constexpr FeatureInfo kInfo{P, "packets", "1", "packets"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, P, &Counts::packets));
  }
};

struct WireBytes {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "wire_bytes", "B",
                                     "sum of frame lengths on the wire"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, FlowPart::flow, &Counts::wire_bytes));
  }
};

template <FlowPart P>
struct IpBytes {
  static constexpr FeatureInfo kInfo{P, "ip_bytes", "B", "sum of IP lengths"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, P, &Counts::ip_bytes));
  }
};

template <FlowPart P>
struct PayloadBytes {
  static constexpr FeatureInfo kInfo{P, "payload_bytes", "B", "sum of payload lengths L"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, P, &Counts::payload_bytes));
  }
};

template <FlowPart P>
struct PayloadPackets {
  static constexpr FeatureInfo kInfo{P, "payload_packets", "1", "packets with L > 0"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, P, &Counts::payload_packets));
  }
};

template <FlowPart P>
struct HeaderBytes {
  static constexpr FeatureInfo kInfo{P, "header_bytes", "B",
                                     "sum of IP headers with extensions and L4 headers"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, P, &Counts::header_bytes));
  }
};

template <FlowPart P>
struct PacketsPerSecond {
  static constexpr FeatureInfo kInfo{P, "packets_per_s", "1/s",
                                     "packets / duration of the flow; 0 at duration 0"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    return per_second(total(f, P, &Counts::packets), f.time.duration(), rules);
  }
};

template <FlowPart P>
struct IpBytesPerSecond {
  static constexpr FeatureInfo kInfo{P, "ip_bytes_per_s", "B/s",
                                     "IP bytes / duration of the flow; 0 at duration 0"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    return per_second(total(f, P, &Counts::ip_bytes), f.time.duration(), rules);
  }
};

struct BwdPacketShare {
  static constexpr FeatureInfo kInfo{FlowPart::bwd, "packet_share", "1",
                                     "packets / packets of both directions"};
  NTA_HD static double value(FlowState const& f, Rules const&) {
    return ratio(total(f, FlowPart::bwd, &Counts::packets),
                 total(f, FlowPart::flow, &Counts::packets));
  }
};

struct BwdByteShare {
  static constexpr FeatureInfo kInfo{FlowPart::bwd, "byte_share", "1",
                                     "IP bytes / IP bytes of both directions"};
  NTA_HD static double value(FlowState const& f, Rules const&) {
    return ratio(total(f, FlowPart::bwd, &Counts::ip_bytes),
                 total(f, FlowPart::flow, &Counts::ip_bytes));
  }
};

template <FlowPart P>
struct SmallPacketShare {
  static constexpr FeatureInfo kInfo{P, "small_packet_share", "1",
                                     "packets with an IP length <= 128 / packets"};
  NTA_HD static double value(FlowState const& f, Rules const&) {
    return ratio(total(f, P, &Counts::small_packets), total(f, P, &Counts::packets));
  }
};

struct FragmentPackets {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "fragment_packets", "1",
                                     "first and later IP fragments"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(total(f, FlowPart::flow, &Counts::fragments));
  }
};

}  // namespace nta
