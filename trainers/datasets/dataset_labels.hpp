// Where a row's label comes from, and which class it becomes. Internal to the dataset builder.
#pragma once

#include "libnta/config/experiment.hpp"
#include "trainers/datasets/dataset_builder.hpp"
#include "trainers/datasets/dataset_columns.hpp"

#include <string>
#include <vector>

namespace nta {

/// Sets labels of every table: the source's label, else the rules, else what the table carries.
void label_tables(Experiment const& experiment, SourceTables& sources, DatasetReport& report);

/// Rows that stay, and what was left out. Error(data) for unmatched flows under rule error.
std::vector<RowPlace> choose_rows(Experiment const& experiment, SourceTables const& sources,
                                  DatasetReport& report);

/// Fills classes, target, normal of the rows. Error(usage) for a normal class that no row has.
void set_classes(Experiment const& experiment, SourceTables const& sources,
                 std::vector<RowPlace> const& rows, Dataset& data);

}  // namespace nta
