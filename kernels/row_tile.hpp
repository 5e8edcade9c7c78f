// Rows of cells -> columns, a tile of rows at a time: whole cache lines of each column are written
// together. CPU cores.
#pragma once

#include "libnta/flows/features/formula_list.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace nta {

/// Two cache lines of each column.
inline constexpr std::size_t kColumnTileRows = 16;

/// Cells of rows [row, row + n); several rows may be the same cells.
struct RowTile {
  FeatureCell const* cells[kColumnTileRows];
  std::size_t row = 0, n = 0;

  /// Column k of `columns` gets cell ids[k] of each row.
  void write(std::span<int const> ids, std::span<FeatureCell* const> columns) const {
    if (n != kColumnTileRows) {
      write_some(ids, columns);
    } else if (std::all_of(cells + 1, cells + n, [&](auto c) { return c == cells[0]; })) {
      write_equal(ids, columns);
    } else {
      write_line(ids, columns, 0);
      write_line(ids, columns, kLine);
    }
  }

 private:
  static constexpr std::size_t kLine = 8;

  void write_some(std::span<int const> ids, std::span<FeatureCell* const> columns) const {
    for (std::size_t k = 0; k < ids.size(); ++k) {
      for (std::size_t i = 0; i < n; ++i) {
        columns[k][row + i] = cells[i][ids[k]];
      }
    }
  }
  void write_equal(std::span<int const> ids, std::span<FeatureCell* const> columns) const {
    for (std::size_t k = 0; k < ids.size(); ++k) {
      std::fill_n(columns[k] + row, kColumnTileRows, cells[0][ids[k]]);
    }
  }
  /// A line of each column: eight pointers fit the registers.
  void write_line(std::span<int const> ids, std::span<FeatureCell* const> columns,
                  std::size_t first) const {
    auto const* const* const from = cells + first;
    FeatureCell const *const a = from[0], *const b = from[1], *const c = from[2],
                             *const d = from[3], *const e = from[4], *const f = from[5],
                             *const g = from[6], *const h = from[7];
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto const id = ids[k];
      FeatureCell const line[kLine] = {a[id], b[id], c[id], d[id], e[id], f[id], g[id], h[id]};
      std::memcpy(columns[k] + row + first, line, sizeof line);
    }
  }
};

}  // namespace nta
