// Packets and flows -> a row per host and window of time (`flows.md` 4.5): what the host sent and
// received, how many peers and ports it talked to, how evenly. Integer sums and count maps up to
// one division: the same bits for any cutting of the input and any order of its parts.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/series_table.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace nta {

struct HostWindowOptions {
  std::int64_t window_ns = 60'000'000'000;
  bool join_files = true;  // false: each file is a capture of its own, its hosts too
  /// Tables and flows come in time order (a manifest without regressions): windows behind give up
  /// their count maps. A packet behind a window that did is an Error(failed).
  bool in_time_order = false;
};

/// A host's or a window's numbers so far.
struct HostCounts {
  std::uint64_t packets_out = 0, ip_bytes_out = 0, packets_in = 0, ip_bytes_in = 0;
  std::uint64_t flows_out = 0, flows_in = 0, failed_out = 0;
  std::uint64_t peers_out = 0, peers_in = 0, dst_ports_out = 0;  // set when the window is closed
  double peer_entropy = 0, port_entropy = 0, byte_entropy = 0;   // likewise
};

/// All that a row's formulas see.
struct HostRow {
  HostCounts const& now;
  HostCounts const* before = nullptr;  // of the window before; null: no row there
  bool first_window = false;           // of the capture
  std::uint64_t capture_packets = 0;   // of the window, whatever became of them
};

/// THE columns, in order.
std::span<SeriesColumnInfo const> host_window_columns();

/// What add_flows must find: the meter's selection.
FeatureSelection host_window_features();

/// A packet counts for its hosts if the profile counts it in a flow; its time is the packet's own.
/// A flow belongs to the window of its start. Memory: hosts x windows, and each distinct (host,
/// window, peer) and (host, window, port) of windows that are not closed.
class HostWindows {
 public:
  /// Error(usage) for a window length outside (0, 86400 s].
  HostWindows(Profile profile, HostWindowOptions const& options);
  ~HostWindows();
  HostWindows(HostWindows&&) noexcept;
  HostWindows& operator=(HostWindows&&) noexcept;

  /// Tables of one ingest, in any order unless in_time_order. Error(data) for an unknown link.
  void add(PacketTable const& table, std::span<CaptureLink const> links);
  /// Finished flows of the same packets, in any order unless in_time_order. Error(failed) if they
  /// lack a column of host_window_features.
  void add_flows(FeatureTable const& flows);
  /// The other part's packets and flows. Error(failed) if the options differ.
  void merge(HostWindows&& other);

  /// Rows ascending by (capture, window, address bytes). Empties the object.
  SeriesTable finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nta
