// What segmentation says about a row, one byte. The reason stands at a flow's last row.
#pragma once

#include <cstdint>

namespace nta {

enum Mark : std::uint8_t {
  kMarkStart = 1,
  kMarkContinues = 2,  // an active cut: continuation_of names the flow before
  kMarkForwardB = 4,   // forward is side b
  kMarkReasonShift = 4
};

}  // namespace nta
