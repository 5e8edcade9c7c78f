// What segmentation says about a row, one byte. The reason stands at the last row that is in the
// flow. Rows that are in no flow lie behind or within one: nothing that walks a flow counts them.
#pragma once

#include <cstdint>

namespace nta {

enum Mark : std::uint8_t {
  kMarkStart = 1,
  kMarkContinues = 2,                       // an active cut: continuation_of names the flow before
  kMarkForwardB = 4,                        // forward is side b
  kMarkLeftOut = 8,                         // in no flow: a late FIN
  kMarkSingle = kMarkLeftOut | kMarkStart,  // the only packet of a flow that the profile drops
  kMarkReasonShift = 4,                     // bits 4-6
  kMarkReasonMask = 7,
  /// The flow before this row is one that the key brought from an earlier batch: with
  /// kMarkContinues the flow that it went over into, else the row goes on with that flow itself.
  kMarkCarried = 128
};

constexpr bool is_joined(std::uint8_t mark) {
  return (mark & (kMarkCarried | kMarkContinues)) == kMarkCarried;
}

}  // namespace nta
