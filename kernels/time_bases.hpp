// Times count from the base of their table. Where tables have several bases, whatever walks rows in
// order moves its state to the base of each row, as the streaming meter does.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <cstdint>

namespace nta {

/// Rows [first_row[i], first_row[i + 1]) count from second base_s[i].
struct TimeBases {
  std::uint32_t const* first_row = nullptr;
  std::int64_t const* base_s = nullptr;
  std::uint32_t n = 0;
  std::int64_t unit_ns = 1;
};

/// The base of the row that a walk has come to. With one base it costs a comparison.
class BaseWalk {
 public:
  BaseWalk() = default;
  NTA_HD BaseWalk(TimeBases const& bases, std::uint32_t row) {
    while (next_begins_by(bases, row)) {
      ++at_;
    }
  }
  /// To a later row; `move(shift)` is called if its base is another one.
  template <class Move>
  NTA_HD void to(TimeBases const& bases, std::uint32_t row, Move const& move) {
    if (!next_begins_by(bases, row)) {
      return;
    }
    std::int64_t const before_s = bases.base_s[at_];
    while (next_begins_by(bases, row)) {
      ++at_;
    }
    move(time_shift(before_s, bases.base_s[at_], bases.unit_ns));
  }
  /// Of the row that the walk stands at.
  NTA_HD std::int64_t base_s(TimeBases const& bases) const { return bases.base_s[at_]; }

 private:
  NTA_HD bool next_begins_by(TimeBases const& bases, std::uint32_t row) const {
    return at_ + 1 < bases.n && row >= bases.first_row[at_ + 1];
  }
  std::uint32_t at_ = 0;
};

}  // namespace nta
