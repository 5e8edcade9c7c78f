#include "trainers/cli/table_head.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/series_table.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/series_h5.hpp"
#include "libnta/shards/shard_reader.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <vector>

namespace nta::cli {
namespace {

using nlohmann::ordered_json;

/// Objects from JSON lines, at most n.
ordered_json objects_of(std::string const& lines, std::size_t n) {
  ordered_json rows = ordered_json::array();
  std::istringstream in(lines);
  for (std::string line; rows.size() < n && std::getline(in, line);) {
    rows.push_back(ordered_json::parse(line));
  }
  return rows;
}

ordered_json flow_rows(std::filesystem::path const& path, std::size_t n) {
  FeatureFileReader const reader(path);
  std::ostringstream lines;
  write_json_lines(reader.read(0, std::min(n, reader.rows())), lines);
  return objects_of(lines.str(), n);
}

ordered_json series_rows(std::filesystem::path const& path, std::size_t n) {
  std::ostringstream lines;
  write_json_lines(read_series_h5(path), lines);
  return objects_of(lines.str(), n);
}

/// The packet with the endpoints that it went from and to.
ordered_json packet_row(PacketTable const& table, std::size_t row) {
  auto const& key = table.keys[table.key[row]];
  bool const from_a = (table.bits[row] & kRowSide) == 0;
  ordered_json out;
  out["record"] = table.first_index + table.index[row];
  out["time_s"] = table.time_base_s;
  out["time_ns"] = table.time_ns[row];  // since time_s
  out["src_ip"] = address_text(from_a ? key.addr_a : key.addr_b, key.ip_version);
  out["src_port"] = from_a ? key.port_a : key.port_b;
  out["dst_ip"] = address_text(from_a ? key.addr_b : key.addr_a, key.ip_version);
  out["dst_port"] = from_a ? key.port_b : key.port_a;
  out["protocol"] = key.protocol;
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    if (info.name != "key" && info.name != "index" && info.name != "dt") {
      out[std::string(info.name)] = (table.*member)[row];
    }
  });
  return out;
}

/// Shards hold packets by partition: put back in capture order, an outer layer before its inner.
ordered_json packet_rows(std::filesystem::path const& path, std::size_t n) {
  auto const folder = ShardFolder::open(path);
  ordered_json rows = ordered_json::array();
  for (std::size_t shard = 0; shard < folder.size() && rows.size() < n; ++shard) {
    auto const table = folder.read(shard);
    std::vector<std::size_t> order(table.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    auto const place = [&](std::size_t row) {
      bool const inner = (table.bits[row] & kRowPrimary) == 0;
      return std::pair(table.index[row], inner);
    };
    auto const wanted = std::min(n - rows.size(), order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted),
                      order.end(), [&](std::size_t a, std::size_t b) {
                        return std::pair(place(a), a) < std::pair(place(b), b);
                      });
    for (std::size_t i = 0; i < wanted; ++i) {
      rows.push_back(packet_row(table, order[i]));
    }
  }
  return rows;
}

using Cells = std::vector<std::vector<std::string>>;

std::string cell_text(ordered_json const& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Cells cells_of(ordered_json const& rows) {
  Cells cells;
  for (auto const& [name, value] : rows.front().items()) {
    cells.push_back({name});
  }
  for (auto const& row : rows) {
    std::size_t column = 0;
    for (auto const& [name, value] : row.items()) {
      cells.at(column++).push_back(cell_text(value));
    }
  }
  return cells;
}

Cells transposed(Cells const& cells) {
  Cells out(cells.front().size());
  for (auto const& column : cells) {
    for (std::size_t i = 0; i < column.size(); ++i) {
      out[i].push_back(column[i]);
    }
  }
  return out;
}

}  // namespace

ordered_json head_rows(std::filesystem::path const& path, std::string const& content,
                       std::size_t n) {
  if (content == "shards") {
    return packet_rows(path, n);
  }
  return content == "series" ? series_rows(path, n) : flow_rows(path, n);
}

std::string head_text(ordered_json const& rows) {
  constexpr std::size_t kMostColumns = 23;  // of a packet
  if (rows.empty()) {
    return "  no rows\n";
  }
  auto lines = cells_of(rows);
  if (lines.size() <= kMostColumns) {
    lines = transposed(lines);
  }
  std::vector<std::size_t> width(lines.front().size(), 0);
  for (auto const& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      width[i] = std::max(width[i], line[i].size());
    }
  }
  std::string text;
  for (auto const& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += fmt::format("  {:>{}}", line[i], width[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace nta::cli
