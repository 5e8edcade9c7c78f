// Cells of nta's own columns as text: see text_cells.hpp. Other tools' layouts: text_layouts.cpp.
#include "libnta/flows/text_cells.hpp"

#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/number_text.hpp"

#include <spdlog/fmt/fmt.h>

#include <arpa/inet.h>
#include <utility>

namespace nta {
namespace {

template <class T>
TextColumn number_column(std::string name, std::vector<T> const& values) {
  return {std::move(name), false,
          [&values](std::size_t row, std::string& line) { append_number_text(values[row], line); }};
}

TextColumn address_column(std::string name, std::vector<IpAddress> const& values,
                          std::vector<std::uint8_t> const& versions) {
  return {std::move(name), true, [&](std::size_t row, std::string& line) {
            line += address_text(values[row], versions[row]);
          }};
}

TextColumn mac_column(std::string name, std::vector<std::uint64_t> const& values) {
  return {std::move(name), true,
          [&](std::size_t row, std::string& line) { line += mac_text(values[row]); }};
}

/// Year, month and day of a day since 1970-01-01; any i64 second has its day (400-year cycles of
/// the Gregorian calendar, counted from March of year 0).
struct CivilDate {
  std::int64_t year;
  unsigned month, day;
};
CivilDate civil_date(std::int64_t days) {
  constexpr std::int64_t kDaysOfCycle = 146'097, kToMarchOfYear0 = 719'468;
  std::int64_t const z = days + kToMarchOfYear0;
  std::int64_t const cycle = (z >= 0 ? z : z - kDaysOfCycle + 1) / kDaysOfCycle;
  auto const day = static_cast<unsigned>(z - cycle * kDaysOfCycle);
  unsigned const year = (day - day / 1460 + day / 36'524 - day / 146'096) / 365;
  unsigned const of_year = day - (365 * year + year / 4 - year / 100);
  unsigned const march_based = (5 * of_year + 2) / 153;
  unsigned const month = march_based < 10 ? march_based + 3 : march_based - 9;
  return {cycle * 400 + year + (month <= 2 ? 1 : 0), month,
          of_year - (153 * march_based + 2) / 5 + 1};
}

}  // namespace

std::vector<TextColumn> identity_columns(FlowIdentity const& id) {
  std::vector<TextColumn> columns;
  columns.push_back(number_column("first_packet", id.first_packet));
  columns.push_back(number_column("last_packet", id.last_packet));
  columns.push_back(number_column("capture", id.capture));
  columns.push_back(number_column("start_s", id.start_s));
  columns.push_back(number_column("start_ns", id.start_ns));
  columns.push_back(address_column("src_ip", id.src_ip, id.ip_version));
  columns.push_back(address_column("dst_ip", id.dst_ip, id.ip_version));
  columns.push_back(number_column("src_port", id.src_port));
  columns.push_back(number_column("dst_port", id.dst_port));
  columns.push_back(number_column("protocol", id.protocol));
  columns.push_back(number_column("ip_version", id.ip_version));
  columns.push_back(number_column("vlan_outer", id.vlan_outer));
  columns.push_back(number_column("vlan_inner", id.vlan_inner));
  columns.push_back(number_column("tunnel", id.tunnel));
  columns.push_back(number_column("tunnel_id", id.tunnel_id));
  columns.push_back(mac_column("src_mac", id.src_mac));
  columns.push_back(mac_column("dst_mac", id.dst_mac));
  columns.push_back(number_column("flow_end_reason", id.flow_end_reason));
  columns.push_back(number_column("continuation_of", id.continuation_of));
  return columns;
}

std::vector<TextColumn> feature_columns(FeatureTable const& table) {
  std::vector<TextColumn> columns;
  for (FeatureColumn const& feature : table.features) {
    std::visit([&](auto const& values) { columns.push_back(number_column(feature.name, values)); },
               feature.values);
  }
  return columns;
}

std::vector<SequenceField> sequence_fields(SequenceColumns const& sequence) {
  std::vector<SequenceField> fields;
  auto const n = static_cast<std::size_t>(sequence.n);
  auto const field = [&](std::string name, auto const& values) {
    if (values.empty()) {
      return;
    }
    fields.push_back(
        {std::move(name), [&values, n](std::size_t row, std::size_t position, std::string& line) {
           append_number_text(values[row * n + position], line);
         }});
  };
  field("seq_direction", sequence.direction);
  field("seq_size", sequence.size);
  field("seq_gap_ns", sequence.gap_ns);
  field("seq_flags", sequence.flags);
  field("seq_window", sequence.window);
  return fields;
}

std::string address_text(IpAddress const& address, std::uint8_t ip_version) {
  char buffer[INET6_ADDRSTRLEN] = {};
  bool const v4 = ip_version == 4;
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), buffer, sizeof buffer);
  return buffer;
}

std::string mac_text(std::uint64_t mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", (mac >> 40) & 255,
                     (mac >> 32) & 255, (mac >> 24) & 255, (mac >> 16) & 255, (mac >> 8) & 255,
                     mac & 255);
}

std::string utc_text(std::int64_t second, std::uint32_t ns) {
  constexpr std::int64_t kDay = 86'400;
  std::int64_t const rest = second % kDay < 0 ? second % kDay + kDay : second % kDay;
  CivilDate const date = civil_date((second / kDay) - (second % kDay < 0 ? 1 : 0));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", date.year, date.month, date.day,
                     rest / 3600, rest / 60 % 60, rest % 60, ns / 1000);
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (char const c : text) {
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace nta
