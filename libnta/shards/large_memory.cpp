#include "libnta/shards/large_memory.hpp"

#include <cstdint>
#include <sys/mman.h>

namespace nta {

void prefer_large_pages(void* start, std::size_t bytes) noexcept {
#if defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t kLargePageBytes = 2 << 20;
  auto const first = reinterpret_cast<std::uintptr_t>(start);
  auto const from = (first + kLargePageBytes - 1) & ~(kLargePageBytes - 1);
  auto const to = (first + bytes) & ~(kLargePageBytes - 1);
  if (from < to) {
    ::madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
  }
#endif
}

}  // namespace nta
