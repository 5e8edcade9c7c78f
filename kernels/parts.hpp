// Flows cut into parts of at most so many rows: the unit of work of a fold. Host side.
#pragma once

#include "kernels/fold.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nta {

struct FlowParts {
  std::vector<RowRange> part;
  std::vector<std::uint32_t> first{0};  // [flows + 1]: parts of a flow
  std::vector<std::uint32_t> order;     // parts by length, long ones first; see FoldPart

  std::size_t n_flows() const { return first.size() - 1; }

  /// Rows [begin, end) of one more flow.
  void add_flow(std::uint32_t begin, std::uint32_t end, std::uint32_t part_rows) {
    auto const of = (end - begin - 1) / part_rows + 1;
    for (std::uint32_t number = 0; number < of; ++number) {
      auto const row = begin + number * part_rows;
      auto const last = end - row > part_rows ? row + part_rows : end;
      part.push_back({row, last, of == 1, number, of});
    }
    first.push_back(static_cast<std::uint32_t>(part.size()));
  }

  /// One counting sort by length.
  void bin_by_length() {
    std::uint32_t longest = 0;
    for (auto const& p : part) {
      longest = std::max(longest, p.last - p.first);
    }
    std::vector<std::uint32_t> next(longest + 2, 0);
    for (auto const& p : part) {
      ++next[longest - (p.last - p.first) + 1];
    }
    for (std::size_t i = 1; i < next.size(); ++i) {
      next[i] += next[i - 1];
    }
    order.resize(part.size());
    for (std::uint32_t i = 0; i < part.size(); ++i) {
      order[next[longest - (part[i].last - part[i].first)]++] = i;
    }
  }
};

}  // namespace nta
