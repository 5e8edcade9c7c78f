// What a drained meter gave, table by table, as the one table that a meter without drains gives.
#pragma once

#include "libnta/flows/table_columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta::test {

/// What ascending tables hold, in one ascending table.
inline FeatureTable joined(std::vector<FeatureTable> tables) {
  struct Row {
    FlowPlace order;
    TableRow place;
  };
  std::vector<std::vector<ValueColumn>> columns;
  std::vector<Row> rows;
  std::size_t model = 0;
  columns.reserve(tables.size());
  for (std::size_t t = 0; t < tables.size(); ++t) {
    columns.push_back(value_columns(tables[t]));
    model = tables[t].size() > 0 ? t : model;
    for (std::size_t r = 0; r < tables[t].size(); ++r) {
      auto const order = order_of(tables[t].identity, r);
      EXPECT_TRUE(r == 0 || order_of(tables[t].identity, r - 1) < order) << "a table of rows";
      rows.push_back({order, {columns.back().data(), r}});
    }
  }
  std::sort(rows.begin(), rows.end(), [](Row const& x, Row const& y) { return x.order < y.order; });
  std::vector<TableRow> places;
  for (auto const& row : rows) {
    places.push_back(row.place);
  }
  auto out = rows_like(tables.at(model), places.size());
  gather_rows(out, places);
  return out;
}

}  // namespace nta::test
