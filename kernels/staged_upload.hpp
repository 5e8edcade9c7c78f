// Chunks of rows through two staging buffers: while one is being copied, the other is filled. The
// order of calls is all that matters here, so tests need no device.
#pragma once

#include <algorithm>
#include <cstddef>

namespace nta {

/// Stages: wait(slot) until what was sent from the slot has left it, fill(slot, first, n),
/// send(slot, first, n), which returns before the copy ends. The caller waits for the end of all.
template <class Stages>
void staged_upload(std::size_t n, std::size_t chunk, Stages& stages) {
  for (std::size_t first = 0, slot = 0; first < n; first += chunk, slot ^= 1) {
    auto const rows = std::min(chunk, n - first);
    stages.wait(slot);
    stages.fill(slot, first, rows);
    stages.send(slot, first, rows);
  }
}

}  // namespace nta
