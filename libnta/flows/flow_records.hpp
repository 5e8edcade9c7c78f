// What the streaming meter holds of a flow beside its packets or state, by number; and the index
// from keys to the numbers of their open flows: 4-byte slots, at most half of them used.
#pragma once

#include "libnta/core/prefetch.hpp"
#include "libnta/flows/block_pool.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/flow_key.hpp"
#include "libnta/flows/table_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace nta {

/// How a flow's packets are kept: none yet, themselves, as a packed state, as a state in a slot.
enum class FlowForm : std::uint8_t { none, young, packed, hot };

/// Where that is (flow_bodies.hpp).
struct FlowBody {
  BlockPool::Handle block = BlockPool::kNone, cells = BlockPool::kNone;
  std::uint32_t slot = 0;
  std::uint8_t packets = 0;  // stops counting at 255
  std::uint8_t n_cells = 0;  // of its sequence
  FlowForm form = FlowForm::none;
};

/// What every packet touches comes first.
struct FlowRecord {
  FlowEndState end;
  std::int64_t clock = kNoTime;  // highest time of the key's packets
  std::int64_t previous_in_sequence = kNoTime;
  std::int64_t base_s = 0;  // of all times of this record but the body's
  std::int64_t body_base_s = 0;
  FlowBody body;
  FlowOrigin origin;  // its key is that of some packet of the key, also before the first flow
};
static_assert(sizeof(FlowRecord) <= 208, "a million of these are kept in a flood");

/// Records by number; they stay where they are.
class FlowRecords {
 public:
  FlowRecord& operator[](std::uint32_t id) { return chunks_[id / kChunk][id % kChunk]; }
  FlowRecord const& operator[](std::uint32_t id) const { return chunks_[id / kChunk][id % kChunk]; }

  std::uint32_t take() {
    if (free_.empty()) {
      if (used_ % kChunk == 0) {
        chunks_.push_back(std::make_unique<FlowRecord[]>(kChunk));
      }
      return used_++;
    }
    std::uint32_t const id = free_.back();
    free_.pop_back();
    (*this)[id] = FlowRecord{};
    return id;
  }
  void give(std::uint32_t id) { free_.push_back(id); }

  std::size_t memory_bytes() const {
    return chunks_.size() * (kChunk * sizeof(FlowRecord) + sizeof(void*)) +
           free_.capacity() * sizeof(std::uint32_t);
  }
  void clear() { *this = FlowRecords{}; }

 private:
  static constexpr std::uint32_t kChunk = 512;
  std::vector<std::unique_ptr<FlowRecord[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

/// Keys are not stored: a record's packet key projects to them.
class FlowIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) {
      prefetch_line(&slots_[hash & (slots_.size() - 1)]);
    }
  }
  /// The first record of the probe sequence, which most likely is the one.
  std::uint32_t candidate(std::uint64_t hash) const {
    return slots_.empty() ? kNone : slots_[hash & (slots_.size() - 1)];
  }
  /// is_it(id): does the record have the key?
  template <class IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt const& is_it) const {
    if (slots_.empty()) {
      return kNone;
    }
    std::size_t const last = slots_.size() - 1;
    for (std::size_t at = hash & last; slots_[at] != kNone; at = (at + 1) & last) {
      if (is_it(slots_[at])) {
        return slots_[at];
      }
    }
    return kNone;
  }
  /// For a key that find() did not find. hash_of_record(id) when the table grows.
  template <class HashOf>
  void insert(std::uint64_t hash, std::uint32_t id, HashOf const& hash_of_record) {
    if (2 * (used_ + 1) > slots_.size()) {
      grow(hash_of_record);
    }
    put(hash, id);
    used_ += 1;
  }
  template <class HashOf>
  void erase(std::uint64_t hash, std::uint32_t id, HashOf const& hash_of_record) {
    std::size_t const last = slots_.size() - 1;
    std::size_t hole = hash & last;
    while (slots_[hole] != id) {
      hole = (hole + 1) & last;
    }
    // What was pushed on by the erased one moves back, so that no probe stops too early.
    for (std::size_t at = (hole + 1) & last; slots_[at] != kNone; at = (at + 1) & last) {
      std::size_t const home = hash_of_record(slots_[at]) & last;
      if (((at - home) & last) >= ((at - hole) & last)) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole] = kNone;
    used_ -= 1;
  }
  /// visit(id) for all.
  template <class Visit>
  void for_each(Visit const& visit) const {
    for (std::uint32_t const id : slots_) {
      if (id != kNone) {
        visit(id);
      }
    }
  }
  std::size_t size() const { return used_; }
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }
  void clear() { *this = FlowIndex{}; }

 private:
  void put(std::uint64_t hash, std::uint32_t id) {
    std::size_t const last = slots_.size() - 1;
    std::size_t at = hash & last;
    while (slots_[at] != kNone) {
      at = (at + 1) & last;
    }
    slots_[at] = id;
  }
  template <class HashOf>
  void grow(HashOf const& hash_of_record) {
    std::vector<std::uint32_t> const before = std::move(slots_);
    slots_.assign(before.empty() ? 64 : 2 * before.size(), kNone);
    for (std::uint32_t const id : before) {
      if (id != kNone) {
        put(hash_of_record(id), id);
      }
    }
  }

  std::vector<std::uint32_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace nta
