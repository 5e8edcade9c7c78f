// Packets, packed states and states in slots: see flow_bodies.hpp.
#include "libnta/flows/flow_bodies.hpp"

#include "libnta/core/prefetch.hpp"
#include "libnta/flows/packed_packet.hpp"

#include <algorithm>
#include <cstring>

namespace nta {
namespace {

static_assert(sizeof(SequenceCell) * kMaxSequence <= BlockPool::kMaxBytes);

/// 1, 2, 4, ..., at most `most` of them.
std::size_t room_for(std::size_t n, std::size_t most) {
  std::size_t room = 1;
  while (room < n) {
    room *= 2;
  }
  return std::min(room, most);
}

}  // namespace

/// Frees a block; the record whose block took its place gets to know.
void FlowBodies::give(BlockPool::Handle handle) {
  BlockPool::Moved const moved = pool_.give(handle);
  if (moved.handle != BlockPool::kNone) {
    FlowBody& body = (*records_)[moved.owner >> 1U].body;
    ((moved.owner & 1U) != 0 ? body.cells : body.block) = moved.handle;
  }
}

/// A block of at least `bytes` with the first `used` B of the one before.
void FlowBodies::grow(BlockPool::Handle& handle, std::uint32_t owner, std::size_t used,
                      std::size_t bytes) {
  if (handle != BlockPool::kNone && pool_.capacity(handle) >= bytes) {
    return;
  }
  BlockPool::Handle const larger = pool_.take(bytes, owner);
  if (handle != BlockPool::kNone) {
    std::memcpy(pool_.data(larger), pool_.data(handle), used);
    give(handle);
  }
  handle = larger;
}

void FlowBodies::add_young(std::uint32_t id, FlowPacket const& p) {
  FlowBody& body = (*records_)[id].body;
  std::size_t const n = body.packets;
  grow(body.block, owner_of(id, false), n * sizeof(PackedPacket),
       room_for(n + 1, kYoung) * sizeof(PackedPacket));
  PackedPacket const packed = pack(p);
  std::memcpy(pool_.data(body.block) + n * sizeof packed, &packed, sizeof packed);
  body.form = FlowForm::young;
}

void FlowBodies::add(std::uint32_t id, FlowPacket const& p, Rules const& rules) {
  FlowBody& body = (*records_)[id].body;
  bool const young = body.form == FlowForm::none || body.form == FlowForm::young;
  if (young && body.packets < kYoung) {
    add_young(id, p);
  } else {
    states_->add(make_hot(id, rules), p, rules);
  }
  body.packets = static_cast<std::uint8_t>(std::min<unsigned>(body.packets + 1U, UINT8_MAX));
}

void FlowBodies::replay(FlowRecord const& record, std::uint32_t slot, Rules const& rules) {
  states_->start(slot, record.origin.forward);
  std::byte const* const from = pool_.data(record.body.block);
  for (std::size_t k = 0; k < record.body.packets; ++k) {
    PackedPacket packed;
    std::memcpy(&packed, from + k * sizeof packed, sizeof packed);
    states_->add(slot, nta::unpack(packed), rules);
  }
}

void FlowBodies::evict(std::uint32_t slot) {
  std::uint32_t const id = slots_[slot].id;
  FlowBody& body = (*records_)[id].body;
  std::span<std::byte const> const packed = states_->pack(slot);
  if (body.block != BlockPool::kNone && !pool_.fits(body.block, packed.size())) {
    give(body.block);
    body.block = BlockPool::kNone;
  }
  if (body.block == BlockPool::kNone) {
    body.block = pool_.take(packed.size(), owner_of(id, false));
  }
  std::memcpy(pool_.data(body.block), packed.data(), packed.size());
  body.form = FlowForm::packed;
  slots_[slot] = Slot{};
}

/// A slot that nobody has; in turn, whoever was not met since the last turn is packed.
std::uint32_t FlowBodies::free_slot() {
  if (!free_slots_.empty()) {
    std::uint32_t const slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  if (slots_.size() < kSlots) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  for (;;) {
    hand_ = hand_ + 1 < kSlots ? hand_ + 1 : kScratch + 1;
    if (!slots_[hand_].used_lately) {
      evict(hand_);
      return hand_;
    }
    slots_[hand_].used_lately = false;
  }
}

std::uint32_t FlowBodies::make_hot(std::uint32_t id, Rules const& rules) {
  FlowRecord& record = (*records_)[id];
  FlowBody& body = record.body;
  if (body.form != FlowForm::hot) {
    std::uint32_t const slot = free_slot();
    if (body.form == FlowForm::packed) {
      states_->unpack(slot, pool_.data(body.block));
    } else {
      replay(record, slot, rules);
    }
    body.form = FlowForm::hot;
    body.slot = slot;
    slots_[slot].id = id;
  }
  slots_[body.slot].used_lately = true;
  return body.slot;
}

/// False, and nothing done, where a time would saturate: packets that were moved would add up to
/// other gaps than those that the flow has had.
bool FlowBodies::shift_young(FlowRecord const& record, TimeShift by) {
  std::byte* const at = pool_.data(record.body.block);
  std::int64_t times[kYoung];
  for (std::size_t k = 0; k < record.body.packets; ++k) {
    std::memcpy(&times[k], at + k * sizeof(PackedPacket), sizeof times[k]);
    std::int64_t moved = 0;
    if (__builtin_add_overflow(times[k], by.delta, &moved) || shifted(times[k], by) != moved) {
      return false;
    }
    times[k] = moved;
  }
  for (std::size_t k = 0; k < record.body.packets; ++k) {
    std::memcpy(at + k * sizeof(PackedPacket), &times[k], sizeof times[k]);
  }
  return true;
}

void FlowBodies::rebase(std::uint32_t id, TimeShift by, Rules const& rules) {
  FlowRecord const& record = (*records_)[id];
  if (record.body.form == FlowForm::young && shift_young(record, by)) {
    return;
  }
  states_->rebase(make_hot(id, rules), by);
}

FeatureCell const* FlowBodies::finish(std::uint32_t id, Rules const& rules) {
  FlowRecord const& record = (*records_)[id];
  if (record.body.form == FlowForm::hot) {
    return states_->finish(record.body.slot, rules);
  }
  if (record.body.form == FlowForm::packed) {
    states_->unpack(kScratch, pool_.data(record.body.block));
  } else {
    replay(record, kScratch, rules);
  }
  return states_->finish(kScratch, rules);
}

void FlowBodies::add_cell(std::uint32_t id, SequenceCell const& cell) {
  FlowBody& body = (*records_)[id].body;
  std::size_t const n = body.n_cells;
  grow(body.cells, owner_of(id, true), n * sizeof cell,
       room_for(n + 1, kMaxSequence) * sizeof cell);
  std::memcpy(pool_.data(body.cells) + n * sizeof cell, &cell, sizeof cell);
  body.n_cells = static_cast<std::uint8_t>(n + 1);
}

void FlowBodies::read_cells(std::uint32_t id, std::vector<SequenceCell>& cells) const {
  FlowBody const& body = (*records_)[id].body;
  cells.resize(body.n_cells);
  if (body.n_cells > 0) {
    std::memcpy(cells.data(), pool_.data(body.cells), cells.size() * sizeof cells[0]);
  }
}

void FlowBodies::hand_over(std::uint32_t from, std::uint32_t to) {
  FlowBody& body = (*records_)[to].body;
  if (body.block != BlockPool::kNone) {
    pool_.set_owner(body.block, owner_of(to, false));
  }
  if (body.cells != BlockPool::kNone) {
    pool_.set_owner(body.cells, owner_of(to, true));
  }
  if (body.form == FlowForm::hot) {
    slots_[body.slot].id = to;
  }
  (*records_)[from].body = FlowBody{};
}

void FlowBodies::release(std::uint32_t id) {
  FlowBody& body = (*records_)[id].body;
  // One by one: giving one back may move the other.
  for (BlockPool::Handle FlowBody::*const part : {&FlowBody::block, &FlowBody::cells}) {
    if (body.*part != BlockPool::kNone) {
      BlockPool::Handle const handle = body.*part;
      body.*part = BlockPool::kNone;
      give(handle);
    }
  }
  if (body.form == FlowForm::hot) {
    slots_[body.slot] = Slot{};
    free_slots_.push_back(body.slot);
  }
  body = FlowBody{};
}

void FlowBodies::prefetch(std::uint32_t id) const {
  FlowBody const& body = (*records_)[id].body;
  if (body.block == BlockPool::kNone || body.form == FlowForm::hot) {
    return;
  }
  std::byte const* const at = pool_.data(body.block);
  std::size_t const bytes = pool_.capacity(body.block);
  for (std::size_t line = 0; line < bytes; line += 64) {
    prefetch_line(at + line);
  }
}

std::size_t FlowBodies::memory_bytes() const {
  return states_->memory_bytes() + pool_.memory_bytes() + slots_.capacity() * sizeof(Slot) +
         free_slots_.capacity() * sizeof(std::uint32_t);
}

void FlowBodies::clear() {
  states_->clear();
  pool_.clear();
  slots_.assign(1, Slot{});
  free_slots_.clear();
  hand_ = 0;
}

}  // namespace nta
