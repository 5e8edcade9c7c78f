// Frames -> rows of a block, as many as are plain from the first on, by the widest instructions of
// this machine. All ways take the same frames and give the same rows.
#pragma once

#include "libnta/capture/frame.hpp"
#include "libnta/capture/row_block.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nta {

/// What is known when a run of plain frames begins, and what has become of it.
struct PlainRun {
  std::uint32_t link = 0;        // of all frames, an Ethernet
  std::int64_t time_base_s = 0;  // within kMostBaseS
  std::int64_t before_ns = 0;    // time of the frame before, since the base; then of the last one
  std::size_t row = 0;           // of the block, for the next frame
  std::uint32_t index = 0;       // of the next frame
  std::size_t n_runs = 0;        // of keys in the block
  std::uint64_t n_regressions = 0, n_truncated = 0, n_beyond = 0;

  /// A base from which seconds of 32 bits with a sign cannot overflow.
  static constexpr std::int64_t kMostBaseS = std::int64_t{1} << 62;
};

/// How many of the frames are plain from the first on; their rows, of which no more than the
/// block's columns have room for, and runs are written.
using StagePlain = std::size_t (*)(RowBlock& block, std::span<Frame const> frames, PlainRun& run);

struct PlainWay {
  char const* name;
  StagePlain stage;
};

/// Those of this machine, the scalar one first, the fastest one last.
std::vector<PlainWay> plain_ways();
/// The fastest one, unless NTA_ISA names another that is there.
StagePlain best_plain_way();

std::size_t stage_plain_scalar(RowBlock& block, std::span<Frame const> frames, PlainRun& run);
#if defined(__x86_64__)
std::size_t stage_plain_avx2(RowBlock& block, std::span<Frame const> frames, PlainRun& run);
#endif

}  // namespace nta
