// A batch of selected packets, grouped by key and cut into flows, with keys that bring an open flow
// into it: the same functors as the back ends', on CPU cores.
#pragma once

#include "kernels/backend.hpp"
#include "kernels/carried_run.hpp"
#include "kernels/group.hpp"
#include "kernels/raw_buffer.hpp"
#include "kernels/segment.hpp"
#include "kernels/time_bases.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nta {

class GroupedBatch {
 public:
  /// The memory behind `packets` is edited and must outlive it. `carried`: by id; says afterwards
  /// what became of each key's flow.
  /// `keep_open`: the last flow of a key does not end.
  GroupedBatch(SelectedPackets const& packets, CarriedRun* carried, bool keep_open,
               Rules const& rules, Exec const& exec);

  GroupedRows rows() const { return {{packets_.packet, row_.get()}, packets_.n}; }
  TimeBases const& bases() const { return packets_.bases; }
  std::vector<FlowCut> const& cuts() const { return cuts_; }
  LeftOut left_out() const { return left_out_; }
  /// Rows [first, second).
  std::pair<std::size_t, std::size_t> flow(std::size_t f) const {
    return {first_[f], first_[f + 1]};
  }
  std::uint8_t mark(std::size_t row) const { return mark_[row]; }
  /// From times since base_s to those since the base of a grouped row.
  TimeShift shift_to(std::size_t row, std::int64_t base_s) const;

 private:
  void group(Exec const& exec);
  void segment(CarriedRun* carried, bool keep_open, Rules const& rules, Exec const& exec);
  void describe(Rules const& rules, Exec const& exec);

  SelectedPackets packets_;
  RawArray<std::uint32_t> row_;
  RawArray<std::uint8_t> mark_;
  RawArray<std::uint32_t> run_first_, first_;
  std::vector<FlowCut> cuts_;
  LeftOut left_out_;
};

}  // namespace nta
