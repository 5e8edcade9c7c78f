// What one side of a flow sent: counts, flags, sizes, gaps, TCP handshake and windows, sequence
// numbers (groups C, F, S, T, W, H, Q of `flows.md` 4.7), with add and merge.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/int_stats.hpp"
#include "libnta/flows/seq_track.hpp"
#include "libnta/flows/timeline.hpp"

#include <cstdint>

namespace nta {

inline constexpr std::uint32_t kSmallPacketBytes = 128;

/// Bits of SideState::history: a byte of `tcp_history`; the bit of old segments comes at the end.
enum HistoryBit : std::uint8_t {
  kHistorySyn = 1,
  kHistorySynAck = 2,
  kHistoryBareAck = 4,
  kHistoryPayload = 8,
  kHistoryFin = 16,
  kHistoryRst = 32,
  kHistoryOld = 64,
  kHistoryZeroWindow = 128
};

struct Counts {
  std::uint64_t packets = 0, ip_bytes = 0, payload_bytes = 0, wire_bytes = 0, header_bytes = 0;
  std::uint64_t payload_packets = 0, small_packets = 0, fragments = 0;
  std::uint64_t flag[8] = {0, 0, 0, 0, 0, 0, 0, 0};  // by TCP flag bit
  friend bool operator==(Counts const&, Counts const&) = default;
};

/// What one side sent.
struct SideState {
  Counts count;
  Timeline time;
  SizeStats ip_len, payload_len;  // payload_len: packets with payload only
  SeqTrack seq;
  std::uint64_t zero_windows = 0;
  // First SYN, first SYN+ACK, first ACK without SYN, the first such after the other's SYN+ACK.
  std::int64_t syn = kNoTime, syn_ack = kNoTime, ack = kNoTime, ack_of_syn_ack = kNoTime;
  std::int32_t init_window = -1;
  std::uint8_t ttl_min = 255, ttl_max = 0;
  std::uint8_t history = 0;
  friend bool operator==(SideState const&, SideState const&) = default;
};

namespace flow_state_detail {

NTA_HD inline void add_counts(Counts& c, FlowPacket const& p) {
  c.packets += 1;
  c.ip_bytes += p.ip_len;
  c.payload_bytes += p.payload_bytes;
  c.wire_bytes += p.wire_len;
  c.header_bytes += p.header_bytes;
  c.payload_packets += p.payload_bytes > 0 ? 1 : 0;
  c.small_packets += p.ip_len <= kSmallPacketBytes ? 1 : 0;
  c.fragments += p.fragment ? 1 : 0;
  add_flags(c.flag, p);
}

NTA_HD inline void merge_counts(Counts& x, Counts const& y) {
  x.packets += y.packets;
  x.ip_bytes += y.ip_bytes;
  x.payload_bytes += y.payload_bytes;
  x.wire_bytes += y.wire_bytes;
  x.header_bytes += y.header_bytes;
  x.payload_packets += y.payload_packets;
  x.small_packets += y.small_packets;
  x.fragments += y.fragments;
  for (int bit = 0; bit < 8; ++bit) {
    x.flag[bit] += y.flag[bit];
  }
}

NTA_HD inline std::uint8_t history_bits(FlowPacket const& p) {
  bool const ack = p.has(kTcpAck);
#ifndef __CUDA_ARCH__  // as in add_flags
  if (p.plain_flags()) {
    return p.payload_bytes > 0 ? kHistoryPayload : (ack ? kHistoryBareAck : 0);
  }
#endif
  bool const bare = ack && p.lacks(kTcpSyn | kTcpFin | kTcpRst) && p.payload_bytes == 0;
  unsigned bits = 0;
  if (p.has(kTcpSyn)) {
    bits |= ack ? kHistorySynAck : kHistorySyn;
  }
  if (bare) {
    bits |= kHistoryBareAck;
  }
  if (p.payload_bytes > 0) {
    bits |= kHistoryPayload;
  }
  if (p.has(kTcpFin)) {
    bits |= kHistoryFin;
  }
  if (p.has(kTcpRst)) {
    bits |= kHistoryRst;
  }
  return static_cast<std::uint8_t>(bits);
}

NTA_HD inline void note_time(std::int64_t& first, std::int64_t t) {
  if (first == kNoTime) {
    first = t;
  }
}

/// Handshake, windows, sequence numbers of a TCP packet from `own`.
NTA_HD inline void add_tcp(SideState& own, SideState const& other, FlowPacket const& p) {
  own.history = static_cast<std::uint8_t>(own.history | history_bits(p));
  if (p.has(kTcpSyn)) {
    note_time(p.has(kTcpAck) ? own.syn_ack : own.syn, p.t);
  } else if (p.has(kTcpAck)) {
    note_time(own.ack, p.t);
    if (other.syn_ack != kNoTime) {
      note_time(own.ack_of_syn_ack, p.t);
    }
  }
  if (!p.tcp_header) {
    return;
  }
  if (own.init_window < 0) {
    own.init_window = p.window;
  }
  if (p.window == 0 && p.lacks(kTcpSyn | kTcpRst)) {
    own.zero_windows += 1;
    own.history = static_cast<std::uint8_t>(own.history | kHistoryZeroWindow);
  }
  std::int64_t const length =
      std::int64_t{p.payload_bytes} + (p.has(kTcpSyn) ? 1 : 0) + (p.has(kTcpFin) ? 1 : 0);
  own.seq.add(p.seq, p.payload_bytes, length);
}

NTA_HD inline void merge_sides(SideState& x, SideState const& y, bool other_sent_syn_ack) {
  merge_counts(x.count, y.count);
  x.time.merge(y.time);
  x.ip_len.merge(y.ip_len);
  x.payload_len.merge(y.payload_len);
  if (y.seq.span.any) {
    x.seq.span = y.seq.span;
  }  // y was entered with x's span
  x.seq.old_segments += y.seq.old_segments;
  x.seq.gap_segments += y.seq.gap_segments;
  x.zero_windows += y.zero_windows;
  note_time(x.ack_of_syn_ack, other_sent_syn_ack ? y.ack : y.ack_of_syn_ack);
  note_time(x.syn, y.syn);
  note_time(x.ack, y.ack);
  if (x.init_window < 0) {
    x.init_window = y.init_window;
  }
  x.ttl_min = y.ttl_min < x.ttl_min ? y.ttl_min : x.ttl_min;
  x.ttl_max = y.ttl_max > x.ttl_max ? y.ttl_max : x.ttl_max;
  x.history = static_cast<std::uint8_t>(x.history | y.history);
}

}  // namespace flow_state_detail

}  // namespace nta
