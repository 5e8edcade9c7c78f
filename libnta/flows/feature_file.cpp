// Text forms of feature tables: see feature_file.hpp.
#include "libnta/flows/feature_file.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>
#include <functional>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace nta {
namespace {

/// How a cell gets its value: appends text to a line; `quoted`: text, not a number.
struct TextColumn {
  std::string name;
  bool quoted = false;
  std::function<void(std::size_t row, std::string& line)> append;
};

template <class Number>
void append_number(Number value, std::string& line) {
  char buffer[64];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, value);
  line.append(buffer, end.ptr);
}

void append_double(double value, std::string& line) {
  if (std::isnan(value)) {
    line += "NaN";
  } else if (std::isinf(value)) {
    line += value > 0 ? "Infinity" : "-Infinity";
  } else {
    append_number(value, line);
  }
}

template <class T>
TextColumn number_column(std::string name, std::vector<T> const& values) {
  return {std::move(name), false, [&values](std::size_t row, std::string& line) {
            if constexpr (std::is_same_v<T, double>) {
              append_double(values[row], line);
            } else {
              append_number(values[row], line);
            }
          }};
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

std::vector<TextColumn> scalar_columns(FeatureTable const& table) {
  auto columns = identity_columns(table.identity);
  for (FeatureColumn const& feature : table.features) {
    std::visit([&](auto const& values) { columns.push_back(number_column(feature.name, values)); },
               feature.values);
  }
  return columns;
}

/// A field of the sequence: position p of row r.
struct SequenceField {
  std::string name;
  std::function<void(std::size_t row, std::size_t position, std::string& line)> append;
};

std::vector<SequenceField> sequence_fields(SequenceColumns const& sequence) {
  std::vector<SequenceField> fields;
  auto const n = static_cast<std::size_t>(sequence.n);
  auto const field = [&](std::string name, auto const& values) {
    if (values.empty()) {
      return;
    }
    fields.push_back(
        {std::move(name), [&values, n](std::size_t row, std::size_t position, std::string& line) {
           append_number(values[row * n + position], line);
         }});
  };
  field("seq_direction", sequence.direction);
  field("seq_size", sequence.size);
  field("seq_gap_ns", sequence.gap_ns);
  field("seq_flags", sequence.flags);
  field("seq_window", sequence.window);
  return fields;
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

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void append_csv_sequence(FeatureTable const& table, std::vector<SequenceField> const& fields,
                         std::size_t row, std::string& line) {
  line += ',';
  append_number(table.sequence.count[row], line);
  for (auto const& field : fields) {
    for (int position = 0; position < table.sequence.n; ++position) {
      line += ',';
      field.append(row, static_cast<std::size_t>(position), line);
    }
  }
}

void append_json_sequence(FeatureTable const& table, std::vector<SequenceField> const& fields,
                          std::size_t row, std::string& line) {
  std::size_t const count = table.sequence.count[row];
  line += ",\"seq_count\":";
  append_number(count, line);
  for (auto const& field : fields) {
    line += ",\"" + field.name + "\":[";
    for (std::size_t position = 0; position < count; ++position) {
      if (position > 0) {
        line += ',';
      }
      field.append(row, position, line);
    }
    line += ']';
  }
}

/// Numbers that JSON has no form for.
bool needs_quotes(std::string_view number) {
  return number == "NaN" || number == "Infinity" || number == "-Infinity";
}

}  // namespace

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

std::vector<std::string> text_columns(FeatureTable const& table) {
  std::vector<std::string> names;
  for (auto const& column : scalar_columns(table)) {
    names.push_back(column.name);
  }
  if (table.sequence.n > 0) {
    names.emplace_back("seq_count");
    for (auto const& field : sequence_fields(table.sequence)) {
      for (int k = 1; k <= table.sequence.n; ++k) {
        names.push_back(fmt::format("{}_{}", field.name, k));
      }
    }
  }
  if (!table.labels.empty()) {
    names.emplace_back("label");
  }
  return names;
}

void write_csv(FeatureTable const& table, std::ostream& out) {
  auto const columns = scalar_columns(table);
  auto const fields = sequence_fields(table.sequence);
  out << fmt::format("{}\n", fmt::join(text_columns(table), ","));
  std::string line;
  for (std::size_t row = 0; row < table.size(); ++row) {
    line.clear();
    for (auto const& column : columns) {
      if (!line.empty()) {
        line += ',';
      }
      column.append(row, line);
    }
    if (table.sequence.n > 0) {
      append_csv_sequence(table, fields, row, line);
    }
    if (!table.labels.empty()) {
      line += ',' + csv_text(table.labels[row]);
    }
    line += '\n';
    out << line;
  }
}

void write_json_lines(FeatureTable const& table, std::ostream& out) {
  auto const columns = scalar_columns(table);
  auto const fields = sequence_fields(table.sequence);
  std::string line;
  std::string value;
  for (std::size_t row = 0; row < table.size(); ++row) {
    line = "{";
    for (auto const& column : columns) {
      value.clear();
      column.append(row, value);
      bool const quotes = column.quoted || needs_quotes(value);
      line += fmt::format("{}\"{}\":{}", line.size() > 1 ? "," : "", column.name,
                          quotes ? '"' + value + '"' : value);
    }
    if (table.sequence.n > 0) {
      append_json_sequence(table, fields, row, line);
    }
    if (!table.labels.empty()) {
      line += ",\"label\":" + json_text(table.labels[row]);
    }
    line += "}\n";
    out << line;
  }
}

}  // namespace nta
