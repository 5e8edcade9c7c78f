// Packet columns, borrowed: what shards store, what meters read. One row per packet and IP layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nta {

/// Bits of the column `bits` (`flows.md` 2).
enum RowBit : std::uint16_t {
  kRowSide = 1 << 0,  // 0: source = endpoint a, 1: source = endpoint b
  kRowFragmentFirst = 1 << 1,
  kRowFragmentLater = 2 << 1,
  kRowFragmentMask = 3 << 1,
  kRowNoTotalLength = 1 << 3,
  kRowTruncated = 1 << 4,
  kRowL4Missing = 1 << 5,
  kRowL4Malformed = 1 << 6,
  kRowFragmentUnresolved = 1 << 7,
  kRowInnerFailed = 1 << 8,
  kRowLengthBeyondFrame = 1 << 9,
  kRowNoTimestamp = 1 << 10,
  kRowPrimary = 1 << 11,
  kRowNextShift = 12  // bits 12-15: tunnel kind below this layer
};

/// TCP flag bits as on the wire.
enum TcpFlag : std::uint8_t {
  kTcpFin = 1,
  kTcpSyn = 2,
  kTcpRst = 4,
  kTcpPsh = 8,
  kTcpAck = 16,
  kTcpUrg = 32,
  kTcpEce = 64,
  kTcpCwr = 128
};

/// Columns of equal length in host memory; rows of one key are in capture order (index, then layer
/// from outside in).
struct PacketRows {
  std::span<std::uint32_t const> key;     // row of the key table
  std::span<std::uint32_t const> index;   // record number in the capture - first_index
  std::span<std::int64_t const> time_ns;  // since the table's time_base_s
  std::span<std::uint32_t const> wire_len, cap_len, ip_len;  // B
  std::span<std::uint8_t const> ip_hdr;                      // IP header with extensions, 4 B units
  std::span<std::uint8_t const> l4_hdr;                      // B
  std::span<std::uint8_t const> tcp_flags, ttl, tos;
  std::span<std::uint16_t const> window;  // unscaled TCP window, B
  std::span<std::uint16_t const> icmp;    // type << 8 + code
  std::span<std::uint32_t const> seq, ack;
  std::span<std::uint8_t const> status;  // 0: used, else the SkipReason's number
  std::span<std::uint16_t const> bits;   // RowBit
  std::size_t size() const { return key.size(); }
};

/// Payload bytes of a row: IP length less both headers; never negative.
constexpr std::uint32_t payload_bytes(std::uint32_t ip_len, std::uint8_t ip_hdr,
                                      std::uint8_t l4_hdr) {
  std::uint32_t const headers = 4U * ip_hdr + l4_hdr;
  return ip_len > headers ? ip_len - headers : 0;
}

}  // namespace nta
