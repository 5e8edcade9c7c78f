// Large blocks of memory in few, large pages: thousands of page faults cost more than decoding what
// goes into them. Only a hint; without it everything works, slower.
#pragma once

#include <cstddef>
#include <vector>

namespace nta {

/// Asks for large pages where [start, start + bytes) has room for them. Call before first use.
void prefer_large_pages(void* start, std::size_t bytes) noexcept;

/// resize, with large pages for what is allocated by it. Old values are lost if it has to allocate.
template <class T>
void resize_for_overwrite(std::vector<T>& values, std::size_t n) {
  if (values.capacity() < n) {
    values.clear();
    values.reserve(n);
    prefer_large_pages(values.data(), n * sizeof(T));
  }
  values.resize(n);
}

}  // namespace nta
