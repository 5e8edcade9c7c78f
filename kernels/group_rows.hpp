// Packets in added order -> their rows by flow key, for CPU cores: one counting sort by the keys'
// dense ids, which moves no packet. Stable for any number of blocks.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/group.hpp"
#include "kernels/raw_buffer.hpp"
#include "kernels/segment_mark.hpp"
#include "libnta/core/prefetch.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace nta {

namespace group_rows_detail {

/// Rows [first, last) to where `next` says that their keys go on.
inline void scatter(SelectedPackets const& packets, std::size_t first, std::size_t last,
                    std::uint32_t* next, std::uint32_t* row) {
  constexpr std::size_t kPlaceAhead = 16, kNextAhead = 32;
  for (auto i = first; i < last; ++i) {
    if (i + kNextAhead < last) {
      prefetch_to_write(next + packets.id[i + kNextAhead]);
      prefetch_to_write(row + next[packets.id[i + kPlaceAhead]]);  // or a few places further
    }
    row[next[packets.id[i]]++] = static_cast<std::uint32_t>(i);
  }
}

}  // namespace group_rows_detail

/// `blocks(n_blocks, f)` calls f(b) for each b, maybe at the same time. Returns [n_keys + 1]: where
/// each key's packets begin in `row`; a key may have none. Reads 8 B, writes 4 B a packet.
template <class Blocks>
RawArray<std::uint32_t> group_by_key(SelectedPackets const& packets, std::uint32_t* row,
                                     std::size_t n_blocks, Blocks const& blocks) {
  std::size_t const n_keys = packets.n_keys;
  // No more blocks than packets a key: their counts would cost more than the packets do.
  n_blocks = std::clamp<std::size_t>(packets.n / std::max<std::size_t>(n_keys, 1), 1, n_blocks);
  // The last block's next places end as the keys' ends: one further on they are the beginnings.
  auto begin = raw_array<std::uint32_t>(n_keys + 1);
  begin[0] = 0;
  std::vector<RawArray<std::uint32_t>> own(n_blocks - 1);
  auto const next = [&](std::size_t block) {
    return block + 1 < n_blocks ? own[block].get() : begin.get() + 1;
  };
  auto const first = [&](std::size_t block) { return packets.n * block / n_blocks; };
  blocks(n_blocks, [&](std::size_t block) {
    if (block + 1 < n_blocks) {
      own[block] = raw_array<std::uint32_t>(n_keys);
    }
    auto* const count = next(block);
    std::memset(count, 0, n_keys * sizeof(std::uint32_t));
    for (auto i = first(block); i < first(block + 1); ++i) {
      ++count[packets.id[i]];
    }
  });
  std::uint32_t sum = 0;
  for (std::size_t id = 0; id < n_keys; ++id) {
    for (std::size_t block = 0; block < n_blocks; ++block) {
      sum += std::exchange(next(block)[id], sum);
    }
  }
  blocks(n_blocks, [&](std::size_t block) {
    group_rows_detail::scatter(packets, first(block), first(block + 1), next(block), row);
  });
  return begin;
}

/// Rows at which flows start, ascending, with n behind them; see StartsFlow. Reads 1 B a packet,
/// twice.
class FlowStarts {
 public:
  template <class Blocks>
  FlowStarts(std::uint8_t const* mark, std::size_t n, Blocks const& blocks) {
    auto const n_blocks = (n + kBlockRows - 1) / kBlockRows;
    std::vector<std::size_t> place(n_blocks);
    auto const each = [&](std::size_t block, auto const& f) {
      auto const last = std::min(n, (block + 1) * kBlockRows);
      for (auto i = block * kBlockRows; i < last; i += 8) {
        f(i, starts(mark + i, std::min<std::size_t>(last - i, 8)));
      }
    };
    blocks(n_blocks, [&](std::size_t block) {
      std::uint64_t count = 0;
      each(block, [&](std::size_t, std::uint64_t found) { count += (found * kOnes) >> 56; });
      place[block] = count;
    });
    for (auto& here : place) {
      size_ += std::exchange(here, size_);
    }
    first_ = raw_array<std::uint32_t>(size_ + 1);
    blocks(n_blocks, [&](std::size_t block) {
      auto* to = first_.get() + place[block];
      each(block, [&](std::size_t i, std::uint64_t found) {
        for (; found != 0; found &= found - 1) {
          auto const bit = static_cast<std::size_t>(std::countr_zero(found));
          *to++ = static_cast<std::uint32_t>(i + bit / 8);
        }
      });
    });
    first_[size_] = static_cast<std::uint32_t>(n);
  }

  std::size_t size() const { return size_; }
  RawArray<std::uint32_t> take() { return std::move(first_); }

 private:
  static constexpr std::size_t kBlockRows = 65536;
  static constexpr std::uint64_t kOnes = 0x0101010101010101;

  /// A byte per mark: 1 where a flow starts that is not left out.
  static std::uint64_t starts(std::uint8_t const* mark, std::size_t n) {
    static_assert(kMarkStart == 1 && kMarkLeftOut == 8 &&
                  std::endian::native == std::endian::little);
    std::uint64_t marks = 0;
    if (n == 8) {
      std::memcpy(&marks, mark, 8);
    } else {
      std::memcpy(&marks, mark, n);
    }
    return marks & ~(marks >> 3) & kOnes;
  }

  std::size_t size_ = 0;
  RawArray<std::uint32_t> first_;
};

}  // namespace nta
