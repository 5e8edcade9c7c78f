// Large tables on huge pages where the system gives them: a miss in the translation cache costs as
// much as the memory access, and a page fault per 4 KiB as much as the work on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace nta {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

/// Asks for huge pages under [memory, memory + bytes), which nothing has touched yet. Best effort.
inline void advise_huge_pages(void* memory, std::size_t bytes) noexcept {
  auto const begin = reinterpret_cast<std::uintptr_t>(memory);
  auto const first = (begin + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  auto const last = (begin + bytes) / kHugePageBytes * kHugePageBytes;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

/// For vectors that become large.
template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  explicit HugePageAllocator(HugePageAllocator<U> const&) noexcept {}

  T* allocate(std::size_t n) {
    std::size_t const bytes = n * sizeof(T);
    bool const huge = bytes >= kHugePageBytes;
    void* const memory =
        huge ? std::aligned_alloc(kHugePageBytes,
                                  (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes)
             : std::malloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (huge) advise_huge_pages(memory, bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
  template <class U>
  bool operator==(HugePageAllocator<U> const&) const noexcept {
    return true;
  }
};

}  // namespace nta
