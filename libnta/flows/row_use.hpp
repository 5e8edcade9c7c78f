// Which rows of a shard a profile counts, and the reason for every one that it does not
// (`flows.md` 1.4, 3): used = in flows + those reasons. Key part once per key, row part per row.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/capture/packet_rows.hpp"
#include "libnta/core/host_device.hpp"
#include "libnta/flows/rules.hpp"

#include <array>
#include <cstdint>

namespace nta {

inline constexpr std::uint32_t kShortFrameBytes = 28;
inline constexpr std::uint8_t kProtocolNoNext = 59;

/// What the rules say about a packet key.
struct KeyUse {
  bool layer_possible = false;  // the path of tunnels to this layer is one the profile walks
  bool in_profile = false;      // link type, shims and protocol are
  std::uint8_t ip_version = 0;
  std::uint8_t protocol = 0;
};

inline KeyUse use_of_key(PacketKey const& key, std::uint32_t link_type, Rules const& rules) {
  KeyUse use;
  use.ip_version = key.ip_version;
  use.protocol = key.protocol;
  bool path_open = true;
  unsigned over_ipv6 = key.shims >> kShimOuterIpv6Shift;
  for (unsigned path = key.path; path != 0; path >>= 4, over_ipv6 >>= 1) {
    path_open = path_open && rules.opens(path & 15, (over_ipv6 & 1) != 0);
  }
  use.layer_possible = rules.tunnels == Tunnels::outer ? key.path == 0 : path_open;
  bool link_known = rules.n_link_types < 0;
  for (std::int32_t i = 0; i < rules.n_link_types; ++i) {
    link_known = link_known || rules.link_types[i] == link_type;
  }
  ProtocolSet const& protocols = key.ip_version == 6 ? rules.protocols_ipv6 : rules.protocols_ipv4;
  use.in_profile =
      link_known && (key.shims & kShimMask & ~rules.shims) == 0 && protocols.has(key.protocol);
  return use;
}

/// A used row (status 0) with that key.
NTA_HD inline RowUse use_of_row(KeyUse const& key, std::uint16_t bits, std::uint32_t cap_len,
                                Rules const& rules) {
  if (!key.layer_possible) {
    return RowUse::other_layer;
  }
  unsigned const next = bits >> kRowNextShift;
  bool const opened = next != 0 && rules.opens(next, key.ip_version == 6);
  bool const failed = opened && (bits & kRowInnerFailed) != 0;
  if (rules.tunnels == Tunnels::inner && opened && !failed) {
    return RowUse::other_layer;
  }
  if (!key.in_profile) {
    return RowUse::not_in_profile;
  }
  bool const later = (bits & kRowFragmentMask) == kRowFragmentLater;
  if (later && rules.drops(RowUse::later_fragment)) {
    return RowUse::later_fragment;
  }
  if (cap_len < kShortFrameBytes && rules.drops(RowUse::short_frame)) {
    return RowUse::short_frame;
  }
  if ((bits & kRowNoTotalLength) != 0 && rules.drops(RowUse::no_total_length)) {
    return RowUse::no_total_length;
  }
  bool const truncated_ipv6 = key.ip_version == 6 && (bits & kRowTruncated) != 0;
  if (truncated_ipv6 && rules.drops(RowUse::truncated_ipv6)) {
    return RowUse::truncated_ipv6;
  }
  // Only what the capture cut off: a packet that is itself too short for its header has no ports.
  constexpr std::uint16_t kCutHeader = kRowL4Missing | kRowTruncated;
  if ((bits & kCutHeader) == kCutHeader && rules.drops(RowUse::l4_missing)) {
    return RowUse::l4_missing;
  }
  bool const no_next = key.protocol == kProtocolNoNext;
  if (no_next && rules.drops(RowUse::no_next_header)) {
    return RowUse::no_next_header;
  }
  if (failed && rules.drop_failed_tunnel) {
    return RowUse::failed_tunnel;
  }
  return RowUse::in_flow;
}

/// Rows by what became of them; sums over partitions and shards.
struct UseCounts {
  std::array<std::uint64_t, kRowUseCount> rows{};
  void add(UseCounts const& other) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] += other.rows[i];
    }
  }
  std::uint64_t operator[](RowUse use) const { return rows[static_cast<std::size_t>(use)]; }
};

}  // namespace nta
