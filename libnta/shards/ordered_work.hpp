// Items made by several threads, used one by one in their order: what is written never depends on
// how many threads there are.
#pragma once

#include <cstddef>
#include <functional>

namespace nta {

/// How many slots ordered_work uses: as many items are on their way at a time.
std::size_t ordered_slots(int threads);

/// make(item, slot) for items 0 to n - 1 on `threads` threads, then use(item, slot), in order, on
/// the calling one. A slot holds one item at a time. One thread: all of it on the calling one.
/// What make or use throws is thrown here, that of the first item that failed.
void ordered_work(std::size_t n, int threads,
                  std::function<void(std::size_t, std::size_t)> const& make,
                  std::function<void(std::size_t, std::size_t)> const& use);

}  // namespace nta
