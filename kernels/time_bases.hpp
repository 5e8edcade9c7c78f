// Times count from the base of their table. Where tables have several bases, whatever walks rows in
// order moves its state from base to base, step by step, as the streaming meter does.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <cstdint>

namespace nta {

/// Rows [first_row[i], first_row[i + 1]) have base i; shift[i] leads from base i - 1 to i.
struct TimeBases {
  std::uint32_t const* first_row = nullptr;
  TimeShift const* shift = nullptr;
  std::uint32_t n = 0;
};

/// The base of the row that a walk has come to. With one base it costs a comparison.
class BaseWalk {
 public:
  NTA_HD BaseWalk(TimeBases const& bases, std::uint32_t row) : bases_(bases) {
    while (next_begins_by(row)) {
      ++at_;
    }
  }
  /// To a later row; `move(shift)` is called for each change of base on the way.
  template <class Move>
  NTA_HD void to(std::uint32_t row, Move const& move) {
    while (next_begins_by(row)) {
      move(bases_.shift[++at_]);
    }
  }

 private:
  NTA_HD bool next_begins_by(std::uint32_t row) const {
    return at_ + 1 < bases_.n && row >= bases_.first_row[at_ + 1];
  }
  TimeBases bases_;
  std::uint32_t at_ = 0;
};

}  // namespace nta
