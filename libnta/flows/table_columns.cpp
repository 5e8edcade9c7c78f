#include "libnta/flows/table_columns.hpp"

#include <cstring>
#include <type_traits>

namespace nta {
namespace {

template <std::size_t kBytes>
void gather_column(std::byte* to, std::size_t column, std::span<TableRow const> places) {
  for (auto const& place : places) {
    std::memcpy(to, place.columns[column].data + place.row * kBytes, kBytes);
    to += kBytes;
  }
}

void gather_column(std::byte* to, std::size_t column, std::size_t bytes,
                   std::span<TableRow const> places) {
  for (auto const& place : places) {
    std::memcpy(to, place.columns[column].data + place.row * bytes, bytes);
    to += bytes;
  }
}

}  // namespace

std::vector<ValueColumn> value_columns(FeatureTable& table) {
  std::vector<ValueColumn> columns;
  visit_values(table, [&](auto& column, std::size_t per_flow) {
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    static_assert(std::is_trivially_copyable_v<T>);
    columns.push_back({reinterpret_cast<std::byte*>(column.data()), per_flow * sizeof(T)});
  });
  return columns;
}

std::size_t row_bytes(FeatureTable const& table) {
  std::size_t sum = 0;
  visit_values(table, [&](auto const& column, std::size_t per_flow) {
    sum += per_flow * sizeof(typename std::remove_cvref_t<decltype(column)>::value_type);
  });
  return sum;
}

FeatureTable rows_like(FeatureTable const& model, std::size_t n) {
  FeatureTable out;
  for (auto const& feature : model.features) {
    std::visit(
        [&](auto const& values) {
          out.features.push_back(
              {feature.name, feature.unit, std::remove_cvref_t<decltype(values)>{}});
        },
        feature.values);
  }
  out.sequence.n = model.sequence.n;
  out.sequence.packets = model.sequence.packets;
  out.sequence.size_basis = model.sequence.size_basis;
  out.provenance = model.provenance;
  std::vector<std::size_t> per_flow;
  visit_values(model, [&](auto const&, std::size_t values) { per_flow.push_back(values); });
  std::size_t place = 0;
  visit_values(out, [&](auto& column, std::size_t) { column.resize(n * per_flow[place++]); });
  return out;
}

void gather_rows(FeatureTable& to, std::span<TableRow const> places) {
  auto const columns = value_columns(to);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    switch (columns[c].bytes) {
      case 1:
        gather_column<1>(columns[c].data, c, places);
        break;
      case 2:
        gather_column<2>(columns[c].data, c, places);
        break;
      case 4:
        gather_column<4>(columns[c].data, c, places);
        break;
      case 8:
        gather_column<8>(columns[c].data, c, places);
        break;
      case 16:
        gather_column<16>(columns[c].data, c, places);
        break;
      default:
        gather_column(columns[c].data, c, columns[c].bytes, places);
    }
  }
}

void pack_rows(FeatureTable& from, std::size_t first, std::size_t n, std::byte* to) {
  for (auto const& column : value_columns(from)) {
    if (column.bytes * n > 0) {
      std::memcpy(to, column.data + first * column.bytes, column.bytes * n);
      to += column.bytes * n;
    }
  }
}

void unpack_rows(FeatureTable& to, std::byte const* from) {
  auto const n = to.size();
  for (auto const& column : value_columns(to)) {
    if (column.bytes * n > 0) {
      std::memcpy(column.data, from, column.bytes * n);
      from += column.bytes * n;
    }
  }
}

}  // namespace nta
