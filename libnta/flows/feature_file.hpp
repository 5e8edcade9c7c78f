// Feature tables as text streams: CSV and JSON lines. Identity columns first, then features, then
// sequences, then labels. HDF5 files are written by libnta/shards.
#pragma once

#include "libnta/flows/feature_table.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace nta {

/// Column names of the text forms, in order. A sequence of n packets is `seq_count`, then per field
/// (direction, size, gap_ns, flags, window) n columns `seq_direction_1` .. `seq_direction_n`.
/// `label` comes last if the table has labels.
std::vector<std::string> text_columns(FeatureTable const& table);

/// Header row, then a row per flow. Numbers: shortest text that reads back to the same value;
/// `NaN`, `Infinity`, `-Infinity`. Labels are quoted where they need it. Lines end in \n.
void write_csv(FeatureTable const& table, std::ostream& out);

/// An object per flow and line. A sequence is an array `seq_direction`: [...] of seq_count entries.
/// Numbers as in CSV; those that JSON does not know are text ("NaN").
void write_json_lines(FeatureTable const& table, std::ostream& out);

/// "192.0.2.1", or "2001:db8::1" (RFC 5952).
std::string address_text(IpAddress const& address, std::uint8_t ip_version);
/// "02:00:00:00:00:01"
std::string mac_text(std::uint64_t mac);

}  // namespace nta
