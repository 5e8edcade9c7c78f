// Packets by key, read through an index: never copied into that order.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/packed_packet.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

/// `sorted`: row numbers, which may have the keys in their upper halves: `id << 32 | row`. Pointers
/// may be others than a machine's, which count (tests/kernels/counted_memory.hpp).
template <class Packets, class Keys>
struct IndexedRows {
  Packets packet;  // by row
  Keys sorted;

  NTA_HD std::uint32_t row_at(std::size_t i) const { return static_cast<std::uint32_t>(sorted[i]); }
  NTA_HD PackedPacket packed(std::size_t i) const { return packet[row_at(i)]; }
  NTA_HD FlowPacket at(std::size_t i) const { return unpack(packed(i)); }
  NTA_HD void set_time(std::size_t i, std::int64_t t) const {
    edit(i, [t](PackedPacket& q) { q.t = t; });
  }
  NTA_HD void set_side(std::size_t i, std::uint8_t side) const {
    edit(i, [side](PackedPacket& q) { set_bit(q, PackedPacket::kSideB, side != 0); });
  }
  NTA_HD void leave_out(std::size_t i) const {
    edit(i, [](PackedPacket& q) { set_bit(q, PackedPacket::kLeftOut, true); });
  }
  NTA_HD void fetch_after(std::size_t) const {}  // other warps run meanwhile

 private:
  NTA_HD static void set_bit(PackedPacket& q, unsigned bit, bool on) {
    q.bits = static_cast<std::uint8_t>(on ? q.bits | bit : q.bits & ~bit);
  }
  template <class Edit>
  NTA_HD void edit(std::size_t i, Edit const& change) const {
    std::uint32_t const row = row_at(i);
    PackedPacket q = packet[row];
    change(q);
    packet[row] = q;
  }
};
template <class Packets, class Keys>
IndexedRows(Packets, Keys) -> IndexedRows<Packets, Keys>;

}  // namespace nta
