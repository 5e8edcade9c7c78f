// Writing flows into a FeatureTable: columns made for n flows, then each row set on its own, so
// that meters can fill it in any order from many threads.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/sequence.hpp"

#include <cstddef>
#include <cstdint>

namespace nta {

/// Where a flow came from. Rows ascend by (first_packet, layer).
struct FlowOrigin {
  std::uint64_t first_packet = 0, last_packet = 0;  // record numbers over all inputs
  std::int64_t continuation_of = -1;
  std::int64_t start_s = 0;  // since the epoch
  std::uint32_t start_ns = 0;
  std::uint32_t capture = 0;  // file of the first packet
  std::uint8_t layer = 0;     // of the first packet's row in its frame, see layer_of
  std::uint8_t forward = 0;
  EndReason end_reason = EndReason::none;
  PacketKey key;  // of the first packet
  friend bool operator<(FlowOrigin const& x, FlowOrigin const& y) {
    return x.first_packet != y.first_packet ? x.first_packet < y.first_packet : x.layer < y.layer;
  }
};

/// Number of IP layers around this one.
constexpr std::uint8_t layer_of(std::uint16_t path) {
  std::uint8_t depth = 0;
  for (; path != 0; path = static_cast<std::uint16_t>(path >> 4)) {
    ++depth;
  }
  return depth;
}

/// Splits a time in the profile's unit since base_s into seconds since the epoch and ns.
void set_start(FlowOrigin& origin, std::int64_t base_s, std::int64_t t, std::int64_t unit_ns);

/// Columns for n_flows flows, all of them unset; profile and set in the provenance.
FeatureTable make_feature_table(Profile const& profile, FeatureSet const& set,
                                SequenceSpec const& sequence, std::size_t n_flows);
/// The same in the memory of `table`, which was made for the same profile, set and sequence, or is
/// empty; who took it may have moved columns away. Values are old ones, so write every row.
void remake_feature_table(FeatureTable& table, Profile const& profile, FeatureSet const& set,
                          SequenceSpec const& sequence, std::size_t n_flows);

void set_identity(FlowIdentity& identity, std::size_t row, FlowOrigin const& origin,
                  Rules const& rules);

/// `cells`: the set's features in the set's order.
void set_cells(FeatureTable& table, std::size_t row, FeatureCell const* cells);

/// After all rows are written: columns that count ms from the flow's first packet (FeatureInfo::
/// since_start) become ms since the epoch; kNoTime, a direction without packets, becomes 0.
void add_flow_start(FeatureTable& table, FeatureSet const& set);

/// Raw columns of feature `column`: i64, or the bits of f64. [flows]
FeatureCell* column_cells(FeatureColumn& column);

/// Columns that the spec asks for; the others null.
SequencePointers sequence_pointers(SequenceColumns& sequence);

}  // namespace nta
