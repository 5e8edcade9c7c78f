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

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace nta {

/// CUDA devices that are here, if this program was built for them.
int cuda_device_count();
inline bool cuda_available() {
  return cuda_device_count() > 0;
}

/// Takes tables whose rows ascend by (first_packet, layer). Columns that it leaves in place are the
/// memory of the next table.
using RowsOut = std::function<void(FeatureTable&&)>;

/// Memory: held_bytes() for packets, which drain() and finish() give back, and their output.
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

  /// As StreamMeter::finish, which says what is in the rows and what stays.
  FeatureTable finish();
  /// The same rows in tables of about out_bytes, each ascending; at least one table, if only to
  /// tell the columns.
  void finish(std::size_t out_bytes, RowsOut const& out);

  /// Gives the rows of all flows that have ended, as above, and keeps of the packets only what
  /// their open flows need: on CPU cores, exactly. Off-line a flow is open until a later packet of
  /// its key ends it, so there is one for every key that was seen. Error(failed) unless
  /// can_carry().
  void drain(std::size_t out_bytes, RowsOut const& out);
  /// No: on a CUDA device, and for order "sorted", which needs all packets of a key at once.
  bool can_carry() const;

  /// B that drain() or finish() will have needed for the packets added since the last drain, and
  /// that the open flows of all keys so far take, or would take after a drain.
  std::size_t held_bytes() const;
  /// Of them for each packet: 44 as a selected row; row, mark, and where it is a flow, its place,
  /// cut, order and sort keys.
  static constexpr std::size_t kPacketBytes = 44 + 56;
  std::size_t carried_bytes() const;
  /// B of device memory that finish() will need beside its output; 0 on CPU cores.
  std::size_t device_memory() const;

  UseCounts const& use() const;  // as StreamMeter::use

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nta
