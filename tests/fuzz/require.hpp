// A promise of a fuzz target: broken, it ends the process, which is how libFuzzer learns of it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace nta::fuzz {

inline void require(bool holds, char const* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace nta::fuzz
