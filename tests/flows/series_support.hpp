// Tables of series as values: cells by name, whole tables as text, traffic cut into tables.
#pragma once

#include "libnta/flows/series_table.hpp"
#include "tests/flows/traffic.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nta::test {

/// A cell as a number; counts below 2^53 are exact.
inline double cell(SeriesTable const& table, std::string const& name, std::size_t row) {
  for (auto const& column : table.columns) {
    if (column.name == name) {
      return std::visit([&](auto const& v) { return static_cast<double>(v.at(row)); },
                        column.values);
    }
  }
  throw std::out_of_range("no column " + name);
}

/// Cell of a key column as its text.
inline std::string key_text(SeriesTable const& table, std::string const& name, std::size_t row) {
  std::ostringstream out;
  write_json_lines(table, out);
  std::istringstream lines(out.str());
  std::string line;
  for (std::size_t i = 0; i <= row; ++i) {
    if (!std::getline(lines, line)) {
      throw std::out_of_range("no row " + std::to_string(row));
    }
  }
  auto const at = line.find('"' + name + "\":");
  if (at == std::string::npos) {
    throw std::out_of_range("no key column " + name);
  }
  auto const from = at + name.size() + 3;
  return line.substr(from, line.find_first_of(",}", from) - from);
}

inline std::string csv(SeriesTable const& table) {
  std::ostringstream out;
  write_csv(table, out);
  return out.str();
}

using PacketList = std::vector<std::pair<PacketKey, Row>>;

inline PacketTable table_of(PacketList const& packets, std::size_t begin, std::size_t end) {
  TableMaker maker(1'600'000'020, begin);
  for (std::size_t i = begin; i < end; ++i) {
    maker.add(packets[i].first, packets[i].second);
  }
  return maker.table();
}

/// Packets of 6 hosts and 5 ports over about half an hour, both directions, some skipped. Times run
/// back now and then unless `in_order`.
inline PacketList random_packets(std::uint64_t seed, std::size_t n, bool in_order) {
  Draw draw(seed);
  PacketList packets;
  std::int64_t t = 0;
  for (std::size_t i = 0; i < n; ++i) {
    t += static_cast<std::int64_t>(draw.below(2'000'000'000));
    std::int64_t const back =
        in_order || !draw.one_in(9) ? 0 : static_cast<std::int64_t>(draw.below(90'000'000'000));
    Row row;
    row.time_ns = t - back;
    if (draw.one_in(12)) {
      row.status = 5;
      packets.emplace_back(PacketKey{}, row);
      continue;
    }
    std::uint8_t const protocol = draw.one_in(3) ? 17 : kProtocolTcp;
    PacketKey key = host_key(static_cast<std::uint8_t>(1 + draw.below(6)),
                             static_cast<std::uint16_t>(1000 + draw.below(3)), protocol,
                             static_cast<std::uint16_t>(80 + draw.below(5)));
    key.addr_b[15] = static_cast<std::uint8_t>(1 + draw.below(4));
    row.side = static_cast<std::uint8_t>(draw.below(2));
    row.flags = static_cast<std::uint8_t>(1U << draw.below(5));
    row.payload = static_cast<std::uint32_t>(draw.below(1400));
    packets.emplace_back(key, row);
  }
  return packets;
}

}  // namespace nta::test
