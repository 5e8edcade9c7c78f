// As many TCP connections at once as a test or a benchmark wants, packet after packet of each in
// turns: a handshake, then requests and answers of all sizes, pauses, segments sent again. Tables
// are made on the way.
#pragma once

#include "libnta/capture/packet_rows.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/counter_rng.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace nta::test {

class ManyFlows {
 public:
  /// All flows end up with `packets` packets. Other rounds: other keys, a day later each.
  ManyFlows(std::uint64_t flows, std::uint64_t packets, std::uint64_t round = 0)
      : flows_(flows), packets_(packets), round_(round) {
    next_seq_.resize(packets > 1 ? 2 * flows : 0);
  }

  /// The next table, if there is one.
  bool next() {
    clear();
    if (turn_ == packets_) {
      return false;
    }
    if (at_ == 0) {
      step_ = random_bits(2, turn_) % flows_ | 1;
      while (std::gcd(step_, flows_) != 1) {
        step_ += 2;
      }
    }
    while (at_ < flows_ && table_.size() < kTableRows) {
      add_packet();
      at_ += 1;
    }
    if (at_ == flows_) {
      at_ = 0;
      turn_ += 1;
    }
    return true;
  }
  PacketTable const& table() const { return table_; }
  /// Frees the table.
  void clear() {
    std::uint64_t const first = table_.first_index + table_.size();
    table_ = PacketTable{};
    table_.first_index = first;
    table_.time_base_s = 1'700'000'000 + static_cast<std::int64_t>(round_) * 86'400;
  }

 private:
  static constexpr std::size_t kTableRows = 16'384;

  /// A turn of all flows takes 700 ms, in another order each: gaps around a second, now and then 9.
  std::int64_t time() const {
    return static_cast<std::int64_t>(turn_ * 700'000'000 + turn_ / 13 * 9'000'000'000 +
                                     at_ * 700'000'000 / flows_);
  }

  void add_packet() {
    std::uint64_t const flow = at_ * step_ % flows_;
    std::uint64_t const draw = random_bits(3 + round_, turn_ * flows_ + flow);
    bool const handshake = turn_ < 3;
    auto const side = static_cast<std::uint8_t>(handshake ? turn_ == 1 : draw % 3 == 0);
    std::uint32_t const payload =
        handshake || draw / 3 % 3 == 0 ? 0 : static_cast<std::uint32_t>(draw / 9 % 1460 + 1);
    unsigned flags = turn_ == 0 ? 0U : unsigned{kTcpAck};
    flags |= turn_ < 2 ? unsigned{kTcpSyn} : 0U;
    flags |= payload > 0 && draw % 2 == 0 ? unsigned{kTcpPsh} : 0U;
    bool const again = !handshake && draw % 101 == 0;
    auto seq = static_cast<std::uint32_t>(draw);
    if (!next_seq_.empty()) {
      std::uint32_t& next = next_seq_[2 * flow + side];
      seq = turn_ < 2 ? seq : next - (again ? 1460U : 0U);
      next = turn_ < 2 ? seq + 1 : (again ? next : next + payload);
    }
    add_row(flow, side, static_cast<std::uint8_t>(flags), payload, seq);
    table_.time_ns.push_back(time() + static_cast<std::int64_t>(draw % 100'000));
    table_.window.push_back(static_cast<std::uint16_t>(draw >> 40U));
    table_.ttl.push_back(static_cast<std::uint8_t>(side == 0 ? 64 : 52));
  }

  void add_row(std::uint64_t flow, std::uint8_t side, std::uint8_t flags, std::uint32_t payload,
               std::uint32_t seq) {
    table_.key.push_back(static_cast<std::uint32_t>(table_.keys.size()));
    table_.keys.push_back(key_of(flow));
    table_.index.push_back(static_cast<std::uint32_t>(table_.index.size()));
    table_.ip_len.push_back(40 + payload);
    table_.wire_len.push_back(54 + payload);
    table_.cap_len.push_back(54 + payload);
    table_.ip_hdr.push_back(5);
    table_.l4_hdr.push_back(20);
    table_.tcp_flags.push_back(flags);
    table_.tos.push_back(0);
    table_.icmp.push_back(0);
    table_.seq.push_back(seq);
    table_.ack.push_back(0);
    table_.status.push_back(0);
    table_.bits.push_back(static_cast<std::uint16_t>(side | kRowPrimary));
  }

  PacketKey key_of(std::uint64_t flow) const {
    auto const at = [&](unsigned shift) { return static_cast<std::uint8_t>(flow >> shift); };
    PacketKey key;
    key.addr_a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, at(16), at(8), at(0)};
    key.addr_b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 168, 0, 1};
    key.mac_a = 0x020000000001;
    key.mac_b = 0x020000000002;
    key.port_a = static_cast<std::uint16_t>(1024 + (flow >> 24U) + round_);
    key.port_b = 443;
    key.ip_version = 4;
    key.protocol = 6;
    return key;
  }

  std::uint64_t flows_, packets_, round_;
  std::uint64_t turn_ = 0, at_ = 0, step_ = 1;
  std::vector<std::uint32_t> next_seq_;  // by flow and side
  PacketTable table_;
};

}  // namespace nta::test
