// The packets of the streaming meter's flows: a young flow's as they are, an older one's as the
// state that they add up to, packed but for those that were met last. Whoever asks gets what a
// state that took all packets one by one would give: young flows are replayed into one.
#pragma once

#include "libnta/flows/block_pool.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/flow_records.hpp"
#include "libnta/flows/flow_states.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace nta {

class FlowBodies {
 public:
  /// The packets that a young flow holds at most.
  static constexpr unsigned kYoung = 8;

  FlowBodies(SetFamily family, FlowRecords& records)
      : records_(&records), states_(make_flow_states(family)) {}

  /// The flow of record `id` takes a packet; its first one if it has none.
  void add(std::uint32_t id, FlowPacket const& p, Rules const& rules);
  /// Moves the times of the packets so far.
  void rebase(std::uint32_t id, TimeShift by, Rules const& rules);
  /// All cells of the family, valid until the next call.
  FeatureCell const* finish(std::uint32_t id, Rules const& rules);

  void add_cell(std::uint32_t id, SequenceCell const& cell);
  /// Copies; what lies in the pool moves.
  void read_cells(std::uint32_t id, std::vector<SequenceCell>& cells) const;

  /// Record `to` has become a copy of `from`: the body is its alone, `from` is without.
  void hand_over(std::uint32_t from, std::uint32_t to);
  void release(std::uint32_t id);

  /// For a record that a packet is about to reach.
  void prefetch(std::uint32_t id) const;

  std::size_t memory_bytes() const;
  void clear();

 private:
  // The owner of a block: the record's number, and a bit for which of its two blocks it is.
  static constexpr std::uint32_t owner_of(std::uint32_t id, bool cells) {
    return id << 1U | (cells ? 1U : 0U);
  }
  static constexpr std::uint32_t kSlots = 1024;  // of states that are not packed
  static constexpr std::uint32_t kScratch = 0;   // slot of what is finished
  static constexpr std::uint32_t kNoOne = UINT32_MAX;

  void give(BlockPool::Handle handle);
  void grow(BlockPool::Handle& handle, std::uint32_t owner, std::size_t used, std::size_t bytes);
  void add_young(std::uint32_t id, FlowPacket const& p);
  void replay(FlowRecord const& record, std::uint32_t slot, Rules const& rules);
  bool shift_young(FlowRecord const& record, TimeShift by);
  std::uint32_t make_hot(std::uint32_t id, Rules const& rules);
  std::uint32_t free_slot();
  void evict(std::uint32_t slot);

  struct Slot {
    std::uint32_t id = kNoOne;
    bool used_lately = false;
  };
  FlowRecords* records_;
  std::unique_ptr<FlowStates> states_;
  BlockPool pool_;
  std::vector<Slot> slots_{Slot{}};
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t hand_ = 0;
};

}  // namespace nta
