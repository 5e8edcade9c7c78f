// A profile's rules as plain numbers: what a flow is, copied by value into host loops and kernels.
// `profile.hpp` reads them from a document; every enumerator is one word of its schema.
#pragma once

#include "libnta/core/host_device.hpp"

#include <cstdint>

namespace nta {

enum class PacketOrder : std::uint8_t { capture, sorted, monotone, monotone_key };
enum class TcpEndRule : std::uint8_t { none, close_linger, cic_fixed, cic_original };
enum class DirectionRule : std::uint8_t { first_packet, synack_swap };
enum class CompareRule : std::uint8_t { endpoint, address };
enum class Continuation : std::uint8_t { packet, inherit, inherit_first_forward };
enum class Singles : std::uint8_t { keep, drop };
enum class Tunnels : std::uint8_t { inner, outer, both };
enum class FragmentRule : std::uint8_t { join, drop };
enum class SizeBasis : std::uint8_t { ip, wire, wire16, l4, payload };
enum class RateAtZero : std::uint8_t { zero, minus_one, inf_nan };
enum class BulkRule : std::uint8_t { runs, runs_merged };
/// Whose definitions the cells of set `cic76` have where no other rule decides (`flows.md` 4.2).
enum class CicFormulas : std::uint8_t { corrected, fixed, original };

/// Bits of Rules::key_parts.
enum KeyPart : std::uint16_t {
  kKeyAddresses = 1,
  kKeyPorts = 2,
  kKeyProtocol = 4,
  kKeyVlanOuter = 8,
  kKeyVlanInner = 16,
  kKeyVlanLast = 32,
  kKeyTunnelKind = 64,
  kKeyTunnelId = 128,
  kKeyIcmp = 256,
  kKeyLink = 512,
  kKeyMacs = 1024
};

/// What becomes of a row under a profile; from not_in_profile on: the reasons of `flows.md` 1.4.
enum class RowUse : std::uint8_t {
  in_flow,
  other_layer,  // this frame is counted by another of its rows
  not_in_profile,
  later_fragment,
  short_frame,
  no_total_length,
  truncated_ipv6,
  l4_missing,
  no_next_header,
  failed_tunnel,
  late_fin,
  single_packet_flow
};
inline constexpr int kRowUseCount = 12;

/// A time-out in the profile's unit; `strict`: cut at >, else at >=.
struct TimeLimit {
  std::int64_t limit = 0;
  bool on = false;
  bool strict = false;
  NTA_HD constexpr bool reached(std::int64_t waited) const {
    return on && (strict ? waited > limit : waited >= limit);
  }
};

/// 256 protocol numbers.
struct ProtocolSet {
  std::uint64_t word[4] = {0, 0, 0, 0};
  NTA_HD constexpr bool has(std::uint8_t protocol) const {
    return ((word[protocol >> 6] >> (protocol & 63)) & 1) != 0;
  }
};

struct Rules {
  static constexpr int kMaxLinkTypes = 32;

  // which rows count
  std::uint16_t open_over_ipv4 = 0, open_over_ipv6 = 0;  // bit k: tunnel kind k is opened
  std::uint16_t shims = 0;                               // allowed ShimBits
  std::uint16_t drop = 0;                                // bit u: RowUse u is dropped
  std::uint32_t link_types[kMaxLinkTypes] = {};
  std::int32_t n_link_types = -1;  // -1: all
  ProtocolSet protocols_ipv4, protocols_ipv6;
  Tunnels tunnels = Tunnels::inner;
  bool drop_failed_tunnel = false;

  // which rows belong together
  std::uint16_t key_parts = 0;
  ProtocolSet port_protocols;
  FragmentRule fragments = FragmentRule::join;

  // time, and where a flow ends
  PacketOrder order = PacketOrder::monotone_key;
  std::int64_t unit_ns = 1;
  TimeLimit idle, active;
  TcpEndRule tcp_end = TcpEndRule::none;
  std::int64_t linger = 0;  // in the unit
  DirectionRule direction = DirectionRule::first_packet;
  CompareRule compare = CompareRule::endpoint;
  Continuation continuation = Continuation::packet;
  Singles singles = Singles::keep;

  // how numbers are formed
  SizeBasis size = SizeBasis::ip;
  std::uint32_t ddof = 0;
  RateAtZero rate_at_zero = RateAtZero::zero;
  std::int64_t subflow_gap = 0, idle_gap = 0, bulk_gap = 0;  // in the unit; a gap beyond cuts
  std::uint64_t bulk_min_packets = 0;
  BulkRule bulk = BulkRule::runs;
  bool active_last = true;
  CicFormulas cic_formulas = CicFormulas::corrected;

  NTA_HD constexpr bool drops(RowUse use) const {
    return ((drop >> static_cast<unsigned>(use)) & 1) != 0;
  }
  NTA_HD constexpr bool opens(unsigned tunnel_kind, bool over_ipv6) const {
    return (((over_ipv6 ? open_over_ipv6 : open_over_ipv4) >> tunnel_kind) & 1) != 0;
  }
  /// Rows that are in a flow's way in and still end outside: late_fin, single_packet_flow.
  NTA_HD constexpr bool leaves_rows_out() const {
    return tcp_end == TcpEndRule::cic_original || singles == Singles::drop;
  }
  NTA_HD constexpr bool has_key(KeyPart part) const { return (key_parts & part) != 0; }
};

}  // namespace nta
