// The same columns, owned, with the keys they name: the unit that ingest hands to shards and
// meters.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/capture/packet_rows.hpp"

#include <cstdint>
#include <vector>

namespace nta {

/// A contiguous range of records of a capture. Rows of one key are in capture order; ingest gives
/// all rows in capture order, shards give them by partition. `keys` are distinct. Every row's `key`
/// is < keys.size(). All columns have equal length.
struct PacketTable {
  std::uint64_t first_index = 0;  // record number (over all inputs of an ingest) of `index` 0
  std::int64_t time_base_s = 0;   // seconds since the epoch of `time_ns` 0
  std::vector<PacketKey> keys;

  std::vector<std::uint32_t> key, index;
  std::vector<std::int64_t> time_ns;
  std::vector<std::uint32_t> wire_len, cap_len, ip_len;
  std::vector<std::uint8_t> ip_hdr, l4_hdr, tcp_flags, ttl, tos;
  std::vector<std::uint16_t> window, icmp;
  std::vector<std::uint32_t> seq, ack;
  std::vector<std::uint8_t> status;
  std::vector<std::uint16_t> bits;

  std::size_t size() const { return key.size(); }
  PacketRows rows() const {
    return {key, index, time_ns, wire_len, cap_len, ip_len, ip_hdr, l4_hdr, tcp_flags,
            ttl, tos,   window,  icmp,     seq,     ack,    status, bits};
  }
};

}  // namespace nta
