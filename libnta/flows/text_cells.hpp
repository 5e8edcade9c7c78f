// Columns of a feature table as text: what CSV and JSON lines are put together from.
#pragma once

#include "libnta/flows/cic_names.hpp"
#include "libnta/flows/feature_table.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// How a cell gets its value: appends text to a line. Borrows from the table.
struct TextColumn {
  std::string name;
  bool quoted = false;  // in JSON: text, not a number
  std::function<void(std::size_t row, std::string& line)> append;
};

/// A field of the sequence: position p of row r.
struct SequenceField {
  std::string name;
  std::function<void(std::size_t row, std::size_t position, std::string& line)> append;
};

/// nta's own.
std::vector<TextColumn> identity_columns(FlowIdentity const& identity);
std::vector<TextColumn> feature_columns(FeatureTable const& table);
std::vector<SequenceField> sequence_fields(SequenceColumns const& sequence);

/// All columns of the CSV, ready to be joined by commas. `first_row`: rows of the blocks before.
std::vector<TextColumn> csv_columns(FeatureTable const& table, CicNames names,
                                    std::uint64_t first_row);

/// "2015-06-16 08:29:54.683939", UTC, us.
std::string utc_text(std::int64_t second, std::uint32_t ns);
/// A CSV field, quoted where it must be.
std::string csv_text(std::string_view text);

}  // namespace nta
