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

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace nta {

struct StreamState;

struct MeterOptions {
  FeatureSelection features;
  SequenceSpec sequence;
  bool join_files = true;  // false: the file is part of every key
};

/// Memory: memory_bytes(). A flow of few packets is kept as those packets (32 B each), a longer one
/// as its packed state (libnta/flows/README.md has numbers); so are flows that have ended, until
/// their rows are taken. Off-line there is an open flow for every key that was ever seen.
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

  /// Live use: ends the open flows that no packet can join any more which is at most 5 s behind the
  /// capture's clock (the latest time so far): silent for the idle time-out and 5 s, or closed
  /// for the linger and 5 s. A walk over all open flows: once a second of capture will do.
  /// The rows are those of off-line use, but that their end is "idle" also where nothing came
  /// after; exactly so while late_packets() is 0. Nothing with order "sorted".
  void sweep();
  /// Packets that came more than 5 s behind the capture's clock.
  std::uint64_t late_packets() const;

  /// Flows that have ended and whose rows nobody has taken.
  std::size_t ended() const;
  /// The rows of the first `max_rows` of them, in the order of their ends, which is not that of
  /// their first packets. They leave the meter.
  FeatureTable take_ended(std::size_t max_rows);

  /// Ends all open flows (eof) and gives all rows not taken yet, ascending by (first_packet,
  /// layer). The meter is empty afterwards; `use()` stays.
  FeatureTable finish();
  /// The same in tables of `max_rows` rows; at least one table, if only to tell the columns.
  void finish(std::size_t max_rows, std::function<void(FeatureTable&&)> const& out);

  /// Flows that are open.
  std::size_t open() const;
  /// B that all of it takes.
  std::size_t memory_bytes() const;

  /// Rows of status 0 by what became of them.
  UseCounts const& use() const;

 private:
  std::unique_ptr<StreamState> state_;
};

}  // namespace nta
