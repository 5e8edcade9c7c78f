// Packets one by one -> finished flows: the plain walk of the rules that the bulk meters must equal
// bit for bit. Off-line, a flow waits until a later packet of its key, or the end, decides.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace nta {

struct MeterOptions {
  FeatureSelection features;
  SequenceSpec sequence;
  bool join_files = true;  // false: the file is part of every key
};

/// Memory: about 1.3 KB per key that was ever seen, plus the rows. One hash look-up per key of a
/// table, none per packet.
class StreamMeter {
 public:
  /// Error(usage) for a profile that cannot be computed, an unknown feature, n outside [0, 255].
  StreamMeter(Profile profile, MeterOptions const& options);
  ~StreamMeter();
  StreamMeter(StreamMeter&&) noexcept;
  StreamMeter& operator=(StreamMeter&&) noexcept;

  /// Tables of one ingest; the rows of a key come in capture order (so partition after partition
  /// will do, but for order "monotone"). Keys and time bases may differ from table to table.
  /// `links`: what PacketKey::link names, so far. Error(data) for a link that is not there.
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
