// Rows that are no flows: a host's traffic in a window of time, a link's load in an interval.
// Columns by name as in a FeatureTable, each with its definition; CSV, JSON lines here, HDF5 in
// libnta/shards/series_h5.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/flows/feature_table.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nta {

/// What is published about a column of a series; the hash of a list of them goes into every file.
struct SeriesColumnInfo {
  std::string_view name, unit, text;
  bool integer = true;  // i64, else f64
  int version = 1;      // goes up when the definition changes
};

/// Few texts, many rows.
struct CodedText {
  std::vector<std::uint32_t> code;  // place in names
  std::vector<std::string> names;
};

/// Who and when. Never a model's input.
struct SeriesKeyColumn {
  std::string name;
  std::variant<std::vector<std::uint32_t>, std::vector<std::int64_t>, std::vector<IpAddress>,
               CodedText>
      values;
};

struct SeriesColumn {
  std::string name, unit, text;
  int version = 1;
  std::variant<std::vector<std::int64_t>, std::vector<double>> values;
};

struct SeriesTable {
  std::string kind;        // host_window | link_load
  std::string set_sha256;  // of the ordered (name, unit, type, version) list
  std::string parameters;  // JSON object: lengths in ns, prefixes
  std::vector<SeriesKeyColumn> keys;
  std::vector<SeriesColumn> columns;
  FeatureProvenance provenance;  // captures; profile where flows take part. Set: above
  std::size_t size() const {     // here, so that the shards layer needs no code of this one
    return columns.empty() ? 0
                           : std::visit([](auto const& values) { return values.size(); },
                                        columns.front().values);
  }
};

/// Columns of n rows, all 0, as the list says.
std::vector<SeriesColumn> make_series_columns(std::span<SeriesColumnInfo const> list,
                                              std::size_t n);
std::string series_sha256(std::span<SeriesColumnInfo const> list);
/// Aligned text, a line per column: name, unit, type, definition.
std::string series_list_text(std::span<SeriesColumnInfo const> list);

/// Header row, then a line per row: keys, then columns. Forms of numbers as in feature_file.hpp.
void write_csv(SeriesTable const& table, std::ostream& out);
/// An object per row and line.
void write_json_lines(SeriesTable const& table, std::ostream& out);

/// "10.0.0.1" for ::ffff:10.0.0.1, else RFC 5952.
std::string host_text(IpAddress const& address);

}  // namespace nta
