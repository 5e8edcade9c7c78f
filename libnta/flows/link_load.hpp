// Packets -> load per interval of time (`flows.md` 4.6): packets and bytes on the wire of the whole
// capture, of each link, and into and out of named address prefixes. Every packet counts, whatever
// became of it; intervals without packets are rows of 0. Integer sums: the same bits for any
// cutting of the input and any order of its parts.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"
#include "libnta/core/wide_int.hpp"
#include "libnta/flows/series_table.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace nta {

/// Addresses that share their first `bits` of 128 bits (IPv4 as ::ffff:a.b.c.d: 96 + length).
struct NamedPrefix {
  std::string name;  // letters, digits, . _ -; not "capture"
  IpAddress address{};
  int bits = 0;
  bool contains(IpAddress const& other) const;
};

struct LinkLoadOptions {
  std::int64_t interval_ns = 1'000'000'000;
  bool join_files = true;  // false: each file is a capture of its own
  std::vector<NamedPrefix> prefixes{};
  std::uint64_t max_rows = 10'000'000;
};

struct Load {
  std::uint64_t packets = 0, wire_bytes = 0;
};

/// THE columns, in order.
std::span<SeriesColumnInfo const> link_load_columns();

/// Memory: intervals with packets x (1 + twice the prefixes), for each link.
class LinkLoad {
 public:
  /// Error(usage): interval outside (0, 10^6 s], a prefix name that is empty, double or reserved.
  explicit LinkLoad(LinkLoadOptions options);

  /// Tables of one ingest, in any order. A prefix sees the addresses of a frame's outermost layer.
  void add(PacketTable const& table);
  /// The other part's packets. Error(failed) if the options differ.
  void merge(LinkLoad const& other);

  /// Rows ascending by (capture; unit: capture, link:N, prefixes as given with in before out;
  /// interval). Every unit of a capture has all intervals from its first packet to its last.
  /// Error(data) for a link that is not there, and for more than max_rows rows (a time that jumps).
  SeriesTable finish(std::span<CaptureLink const> links) const;

 private:
  using Intervals = std::map<I128, Load>;
  struct LinkSeries {
    Intervals all;
    std::vector<std::array<Intervals, 2>> prefixes;  // in, out
  };
  struct Unit;
  struct Range;
  std::vector<Unit> units(std::span<CaptureLink const> links) const;
  std::map<std::uint32_t, Range> ranges(std::vector<Unit> const& units) const;

  LinkLoadOptions options_;
  std::map<std::uint32_t, LinkSeries> links_;
};

}  // namespace nta
