#include "libnta/flows/series_table.hpp"

#include "libnta/core/sha256.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/number_text.hpp"
#include "libnta/flows/text_cells.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <ostream>

namespace nta {
namespace {

std::string_view type_name(SeriesColumnInfo const& info) {
  return info.integer ? "i64" : "f64";
}

template <class T>
TextColumn text_column(std::string const& name, std::vector<T> const& values) {
  return {name, false,
          [&values](std::size_t row, std::string& line) { append_number_text(values[row], line); }};
}

TextColumn text_column(std::string const& name, std::vector<IpAddress> const& values) {
  return {name, true,
          [&values](std::size_t row, std::string& line) { line += host_text(values[row]); }};
}

TextColumn text_column(std::string const& name, CodedText const& values) {
  return {name, true, [&values](std::size_t row, std::string& line) {
            line += values.names[values.code[row]];  // names need no quoting: no comma, no quote
          }};
}

std::vector<TextColumn> text_columns(SeriesTable const& table) {
  std::vector<TextColumn> columns;
  for (auto const& key : table.keys) {
    std::visit([&](auto const& values) { columns.push_back(text_column(key.name, values)); },
               key.values);
  }
  for (auto const& column : table.columns) {
    std::visit([&](auto const& values) { columns.push_back(text_column(column.name, values)); },
               column.values);
  }
  return columns;
}

}  // namespace

std::vector<SeriesColumn> make_series_columns(std::span<SeriesColumnInfo const> list,
                                              std::size_t n) {
  std::vector<SeriesColumn> columns;
  for (SeriesColumnInfo const& info : list) {
    SeriesColumn column{std::string(info.name), std::string(info.unit), std::string(info.text),
                        info.version, std::vector<std::int64_t>()};
    if (info.integer) {
      column.values = std::vector<std::int64_t>(n);
    } else {
      column.values = std::vector<double>(n);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string series_sha256(std::span<SeriesColumnInfo const> list) {
  auto published = nlohmann::json::array();
  for (SeriesColumnInfo const& info : list) {
    published.push_back({info.name, info.unit, type_name(info), info.version});
  }
  return sha256_hex(published.dump());
}

std::string series_list_text(std::span<SeriesColumnInfo const> list) {
  std::size_t width = 0;
  for (auto const& info : list) {
    width = std::max(width, info.name.size());
  }
  std::string text;
  for (auto const& info : list) {
    text += fmt::format("{:<{}}  {:<5}  {}  {}\n", info.name, width, info.unit, type_name(info),
                        info.text);
  }
  return text;
}

void write_csv(SeriesTable const& table, std::ostream& out) {
  auto const columns = text_columns(table);
  std::string line;
  for (auto const& column : columns) {
    line += (line.empty() ? "" : ",") + column.name;
  }
  out << line << '\n';
  for (std::size_t row = 0; row < table.size(); ++row) {
    line.clear();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) {
        line += ',';
      }
      columns[i].append(row, line);
    }
    out << line << '\n';
  }
}

void write_json_lines(SeriesTable const& table, std::ostream& out) {
  auto const columns = text_columns(table);
  std::string line;
  for (std::size_t row = 0; row < table.size(); ++row) {
    line = "{";
    for (auto const& column : columns) {
      line += (line.size() > 1 ? ",\"" : "\"") + column.name + "\":";
      line += column.quoted ? "\"" : "";
      column.append(row, line);
      line += column.quoted ? "\"" : "";
    }
    out << line << "}\n";
  }
}

std::string host_text(IpAddress const& address) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
  bool const ipv4 = std::equal(kMapped, kMapped + 12, address.begin());
  return address_text(address, ipv4 ? 4 : 6);
}

}  // namespace nta
