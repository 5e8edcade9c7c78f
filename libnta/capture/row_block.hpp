// A block of rows on their way into a table: columns small enough to stay in the nearest cache, and
// the keys of the rows by runs.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/capture/plain_frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace nta {

struct RowBlock {
  static constexpr std::size_t kRows = 256;
  /// Whoever writes rows by eights may write as many behind the last one.
  static constexpr std::size_t kSlack = 8;
  template <class T>
  using Column = std::array<T, kRows + kSlack>;

  // Not columns. Rows of one key that follow each other are a run, and its key is looked up once.
  // Run r has the key run_key[r + 1]; in front of all of them lies one that no row has.
  std::array<PlainKey, 1 + kRows + kSlack> run_key{PlainKey{{}, PlainKey::kNone}};
  Column<PacketKey> full_key;  // of the runs whose plain key is none
  Column<std::uint64_t> run_hash;
  Column<std::uint32_t> run_number;
  Column<std::uint8_t> run;  // of each row

  Column<std::int64_t> time_ns;
  Column<std::uint32_t> key, index, wire_len, cap_len, ip_len, seq, ack;
  Column<std::uint16_t> window, icmp, bits;
  Column<std::uint8_t> ip_hdr, l4_hdr, tcp_flags, ttl, tos, status;
};

}  // namespace nta
