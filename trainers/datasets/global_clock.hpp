// Order "monotone" over shards: a packet's time becomes the highest of all used packets before it
// in the capture, whatever their partition. One pass over the shards, and only where packets are
// earlier than their predecessors, finds the stretches of records that the clock holds back.
#pragma once

#include "libnta/capture/packet_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/shards/shard_reader.hpp"

#include <cstdint>
#include <vector>

namespace nta {

/// Used rows of records [from, to] stand at `clock`, in the profile's unit since their shard's
/// base.
struct ClockStretch {
  std::uint64_t from = 0, to = 0;
  std::int64_t clock = 0;
};

class GlobalClock {
 public:
  /// Needs nothing, and does nothing, for another order or a capture without regressions.
  /// Memory: one shard, and 24 B a stretch.
  GlobalClock(ShardFolder const& shards, Profile const& profile);

  /// Sets the times of a shard's rows, in any order. Thread safe.
  void apply(PacketTable& table, std::int64_t unit_ns) const;

  std::size_t bytes() const { return stretches_.capacity() * sizeof(ClockStretch); }

 private:
  void walk(PacketTable const& table, std::vector<CaptureLink> const& links, Rules const& rules);

  std::vector<ClockStretch> stretches_;
  std::int64_t clock_ = INT64_MIN;  // kNoTime
  std::int64_t base_s_ = 0;
};

/// The profile for meters whose packets have been through the clock.
Profile with_settled_clock(Profile profile);

}  // namespace nta
