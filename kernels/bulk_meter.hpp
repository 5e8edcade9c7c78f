// PacketTables -> FeatureTable in bulk: the kernels' border. No Thrust or CUDA type shows here.
// Promise: rows bit-identical to StreamMeter for any device, thread count and cutting into tables.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/flows/stream_meter.hpp"

#include <memory>
#include <span>

namespace nta {

/// Is there a CUDA device, and this program built for it?
bool cuda_available();

/// Memory: about 56 B a packet that is in a flow, while packets are added; twice that in finish().
class BulkMeter {
 public:
  /// Errors of StreamMeter; Error(device) for Device::cuda without one; Error(usage) for fewer than
  /// one thread.
  BulkMeter(Profile profile, MeterOptions const& options, Exec exec);
  ~BulkMeter();
  BulkMeter(BulkMeter&&) noexcept;
  BulkMeter& operator=(BulkMeter&&) noexcept;

  /// Tables of one ingest in capture order, as StreamMeter::add; rows of one key are in capture
  /// order, so shards may be added as they are read.
  void add(PacketTable const& table, std::span<CaptureLink const> links);

  /// Ends all open flows (eof) and gives all rows, ascending by (first_packet, layer). The meter is
  /// empty afterwards; `use()` stays.
  FeatureTable finish();

  /// Rows of status 0 by what became of them.
  UseCounts const& use() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nta
