#include "kernels/grouped_batch.hpp"

#include "kernels/group_rows.hpp"

#include <algorithm>

namespace nta {
namespace {

constexpr std::size_t kBlockRows = 16384;

auto blocks_on(Exec const& exec) {
  return [&exec](std::size_t n_blocks, auto const& f) {
    for_each_block(n_blocks, 1, exec, [&](std::size_t block, std::size_t) { f(block); });
  };
}

}  // namespace

GroupedBatch::GroupedBatch(SelectedPackets const& packets, CarriedRun* carried, bool keep_open,
                           Rules const& rules, Exec const& exec)
    : packets_(packets) {
  if (packets.n == 0) {
    return;
  }
  group(exec);
  segment(carried, keep_open, rules, exec);
  describe(rules, exec);
}

void GroupedBatch::group(Exec const& exec) {
  row_ = raw_array<std::uint32_t>(packets_.n);
  run_first_ =
      group_by_key(packets_, row_.get(), static_cast<std::size_t>(exec.threads), blocks_on(exec));
}

void GroupedBatch::segment(CarriedRun* carried, bool keep_open, Rules const& rules,
                           Exec const& exec) {
  mark_ = raw_array<std::uint8_t>(packets_.n);
  SegmentRunOf<true> segment{
      rows(), run_first_.get(), packets_.n_keys, packets_.n, mark_.get(), packets_.bases, rules};
  segment.carried = carried;
  segment.id = packets_.id;
  segment.keep_open = keep_open;
  for_each_block(packets_.n_keys, 1024, exec, [&](std::size_t first, std::size_t last) {
    for (auto run = first; run < last; ++run) {
      segment(run);
    }
  });
  run_first_.reset();
}

void GroupedBatch::describe(Rules const& rules, Exec const& exec) {
  FlowStarts starts(mark_.get(), packets_.n, blocks_on(exec));
  auto const n_flows = starts.size();
  first_ = starts.take();
  cuts_.resize(n_flows);
  DescribeFlow const describe{rows(), mark_.get(), first_.get(), cuts_.data(), n_flows};
  for_each_block(n_flows, kBlockRows, exec, [&](std::size_t first, std::size_t last) {
    for (auto f = first; f < last; ++f) {
      describe(f);
    }
  });
  if (rules.leaves_rows_out()) {
    auto const count = [&](std::uint8_t pattern) {
      return static_cast<std::uint64_t>(
          std::count_if(mark_.get(), mark_.get() + packets_.n, IsLeftOut{pattern}));
    };
    left_out_ = {.late_fin = count(kMarkLeftOut), .single = count(kMarkSingle)};
  }
}

TimeShift GroupedBatch::shift_to(std::size_t row, std::int64_t base_s) const {
  auto const& bases = packets_.bases;
  auto const* const after = std::upper_bound(bases.first_row, bases.first_row + bases.n, row_[row]);
  return time_shift(base_s, bases.base_s[after - bases.first_row - 1], bases.unit_ns);
}

}  // namespace nta
