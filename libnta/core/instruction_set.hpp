// Which of several ways of doing the same by different instructions: the one rule for all of them,
// so that NTA_ISA compares whole programs.
#pragma once

#include <cstdlib>
#include <string_view>
#include <vector>

namespace nta {

/// Of the ways of this machine, slowest first, each with a name (scalar, avx2, avx512): the last
/// one, unless NTA_ISA names another that is there.
template <class Way>
Way best_way_of(std::vector<Way> const& ways) {
  char const* const wanted = std::getenv("NTA_ISA");
  for (auto const& way : ways) {
    if (wanted != nullptr && std::string_view(wanted) == way.name) {
      return way;
    }
  }
  return ways.back();
}

}  // namespace nta
