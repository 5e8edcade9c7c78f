// Chunks of elements back through two staging buffers: while one is emptied, the other is filled.
// The order of calls is all that matters here, so tests need no device.
#pragma once

#include "libnta/flows/features/formula_list.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace nta {

/// Stages: fetch(slot, first, n) returns before the copy into the slot ends, wait(slot) when it
/// has, store(slot, first, n) empties the slot.
template <class Stages>
void staged_download(std::size_t n, std::size_t chunk, Stages& stages) {
  auto const fetch = [&](std::size_t slot, std::size_t first) {
    if (first < n) {
      stages.fetch(slot, first, std::min(chunk, n - first));
    }
  };
  fetch(0, 0);
  for (std::size_t first = 0, slot = 0; first < n; first += chunk, slot ^= 1) {
    fetch(slot ^ 1, first + chunk);
    stages.wait(slot);
    stages.store(slot, first, std::min(chunk, n - first));
  }
}

/// Cells [first, first + n) of all columns, one behind the other, into the columns of n_rows each.
inline void store_cells(FeatureCell const* from, std::size_t first, std::size_t n,
                        std::span<FeatureCell* const> columns, std::size_t n_rows) {
  for (std::size_t done = 0; done < n;) {
    auto const column = (first + done) / n_rows, row = (first + done) % n_rows;
    auto const length = std::min(n - done, n_rows - row);
    std::memcpy(columns[column] + row, from + done, length * sizeof(FeatureCell));
    done += length;
  }
}

}  // namespace nta
