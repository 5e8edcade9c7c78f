// Batches of selected packets -> rows of the flows that have ended, with the open ones carried to
// the next batch: per key what decides about its next packet, the accumulators so far, and the
// first packets of the sequence. Exact, because the accumulators take packets one after the other.
#pragma once

#include "kernels/bulk_meter.hpp"
#include "kernels/selected_rows.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nta {

class OpenFlows {
 public:
  struct Batch {
    SelectedRows& rows;
    std::uint32_t n_keys = 0;  // ids of the rows are below; a key keeps its id over all batches
    bool last = false;         // open flows end (eof)
    std::size_t max_rows = 0;  // of a table
  };
  virtual ~OpenFlows() = default;
  /// Returns what must be taken from the use counts: rows that are in no flow.
  virtual LeftOut take(Batch const& batch, RowsOut const& out) = 0;
};

/// B that a key takes here once it has an open flow.
std::size_t open_flow_bytes(SetFamily family, SequenceSpec const& sequence);

/// On CPU cores. The references must outlive it.
std::unique_ptr<OpenFlows> make_open_flows(Profile const& profile, FeatureSet const& set,
                                           SequenceSpec const& sequence, Exec const& exec);

}  // namespace nta
