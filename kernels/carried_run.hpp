// What segmentation needs of a key's packets in earlier batches, and says about its open flow.
// Plain data, one for each key that was ever seen.
#pragma once

#include "libnta/flows/flow_end.hpp"

#include <cstdint>

namespace nta {

/// What a batch does to the flow that a key brought into it.
enum class CarriedFate : std::uint8_t {
  untouched,  // no packet of the key, or only such as are in no flow
  joined,     // the key's first packets go on with it
  ended,      // the key's first packet starts another flow: `ended` says why
  dropped     // the same, and the profile drops flows of a single packet
};

struct CarriedRun {
  FlowEndState end;              // open() unless the key is new
  std::int64_t clock = kNoTime;  // for order monotone_key
  std::int64_t base_s = 0;       // that the times of both count from
  bool single = false;           // the open flow has one packet
  CarriedFate fate = CarriedFate::untouched;
  EndReason ended = EndReason::none;
};

}  // namespace nta
