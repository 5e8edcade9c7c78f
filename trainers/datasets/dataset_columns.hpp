// Tables of flows -> the columns a model may see, row after row in file order, as doubles.
#pragma once

#include "libnta/config/sections/features.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/datasets/table_source.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nta {

/// A row that stays: which table, which of its flows.
struct RowPlace {
  std::uint32_t table = 0;
  std::uint32_t flow = 0;
};

/// Columns of the tables that include and exclude choose, in the tables' order; `target` is none of
/// them. Error(usage) for a glob that matches no column, or if nothing is left.
std::vector<std::size_t> choose_columns(FeaturesConfig const& config, FeatureTable const& table,
                                        std::string const& target);

/// Position of a column by name. Error(data) naming it and `needed_for` if the tables lack it.
std::size_t column_place(FeatureTable const& table, std::string const& name,
                         std::string const& needed_for);

double column_value(FeatureColumn const& column, std::size_t flow);

/// [rows, columns]; the columns of all tables are the same ones (read_sources checked it).
Matrix gather_columns(SourceTables const& sources, std::span<RowPlace const> rows,
                      std::span<std::size_t const> columns);

/// [rows, n, fields] of the configured fields; steps behind a row's packets are 0.
/// Error(data) if a table holds no such sequences (n too small, other packets, other sizes).
SequenceBlock gather_sequences(SourceTables const& sources, std::span<RowPlace const> rows,
                               SequenceConfig const& config);

}  // namespace nta
