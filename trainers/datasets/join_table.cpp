// CSV join tables: every row and every flow becomes the same key text, looked up in a hash map.
#include "trainers/datasets/join_table.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "trainers/datasets/csv_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace nta {

namespace {

constexpr std::array<std::string_view, 8> kKeys{"capture", "l4",     "ip_a", "port_a",
                                                "ip_b",    "port_b", "vlan", "start_utc"};

std::optional<std::string> number_text(std::string const& value, unsigned most) {
  unsigned number = 0;
  auto const end = value.data() + value.size();
  auto const [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number > most) {
    return std::nullopt;
  }
  return std::to_string(number);
}

std::optional<std::string> protocol_text(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{{{"icmp", "1"},
                                                                                 {"tcp", "6"},
                                                                                 {"udp", "17"},
                                                                                 {"gre", "47"},
                                                                                 {"icmpv6", "58"},
                                                                                 {"sctp", "132"}}};
  for (auto const& [name, number] : kNames) {
    if (value == name) {
      return std::string(number);
    }
  }
  return number_text(value, 255);
}

std::string address_text(IpAddress const& address) {
  return {reinterpret_cast<char const*>(address.data()), address.size()};
}

/// The text that a value of key `name` is compared by; nothing if it is none.
std::optional<std::string> key_text(std::string_view name, std::string const& value) {
  if (name == "capture") {
    return value;
  }
  if (name == "l4") {
    return protocol_text(value);
  }
  if (name == "vlan" && value.empty()) {
    return "0";
  }
  if (name == "vlan") {
    return number_text(value, 4095);
  }
  if (name.starts_with("port")) {
    return number_text(value, 65535);
  }
  if (name == "start_utc") {
    auto const time = parse_utc(value);
    return time ? std::optional(std::to_string(time->s)) : std::nullopt;
  }
  auto const range = parse_address_range(value);
  if (!range || value.find('/') != std::string::npos) {
    return std::nullopt;
  }
  return address_text(range->address);
}

struct Header {
  std::size_t n_columns = 0, label = 0;
  std::vector<std::size_t> keys;  // columns of JoinTable::keys
};

Header header_of(std::string_view line, JoinTable& table) {
  std::vector<std::string> const names = csv_fields(line);
  auto const find = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  Header header{.n_columns = names.size(), .label = find("label"), .keys = {}};
  NTA_EXPECTS(header.label < names.size(), ErrorKind::usage,
              "{}: the first line names no column \"label\"", table.file);
  for (std::string_view const key : kKeys) {
    if (find(key) == names.size()) {
      continue;
    }
    table.keys.emplace_back(key);
    header.keys.push_back(find(key));
  }
  NTA_EXPECTS(!table.keys.empty(), ErrorKind::usage,
              "{}: no column to join by; there must be some of capture, l4, ip_a, port_a, ip_b, "
              "port_b, vlan, start_utc",
              table.file);
  return header;
}

void add_row(JoinTable& table, Header const& header, std::string_view text, std::size_t line) {
  std::vector<std::string> const fields = csv_fields(text);
  NTA_EXPECTS(fields.size() == header.n_columns, ErrorKind::usage,
              "{}:{}: {} fields, the header has {}", table.file, line, fields.size(),
              header.n_columns);
  if (fields[header.label].empty()) {
    return;
  }  // a row without label labels nothing
  std::string key;
  for (std::size_t k = 0; k < header.keys.size(); ++k) {
    std::string const& value = fields[header.keys[k]];
    auto const part = key_text(table.keys[k], value);
    NTA_EXPECTS(part.has_value(), ErrorKind::usage, "{}:{}: column {}: \"{}\" cannot be read",
                table.file, line, table.keys[k], value);
    key += *part + '\n';
  }
  table.places.emplace(std::move(key), table.rows.size());
  table.rows.push_back({fields[header.label], line});
}

/// The key text of a flow, its source as endpoint a, or as b.
std::string flow_key(JoinTable const& join, FeatureTable const& table, std::size_t flow,
                     bool source_is_a) {
  FlowIdentity const& id = table.identity;
  auto const& ip_a = source_is_a ? id.src_ip : id.dst_ip;
  auto const& ip_b = source_is_a ? id.dst_ip : id.src_ip;
  auto const& port_a = source_is_a ? id.src_port : id.dst_port;
  auto const& port_b = source_is_a ? id.dst_port : id.src_port;
  std::string key;
  for (std::string const& name : join.keys) {
    if (name == "capture") {
      key += std::filesystem::path(table.provenance.captures[id.capture[flow]]).filename().string();
    } else if (name == "l4") {
      key += std::to_string(id.protocol[flow]);
    } else if (name == "ip_a") {
      key += address_text(ip_a[flow]);
    } else if (name == "ip_b") {
      key += address_text(ip_b[flow]);
    } else if (name == "port_a") {
      key += std::to_string(port_a[flow]);
    } else if (name == "port_b") {
      key += std::to_string(port_b[flow]);
    } else if (name == "vlan") {
      key += std::to_string(id.vlan_outer[flow]);
    } else {
      key += std::to_string(id.start_s[flow]);
    }
    key += '\n';
  }
  return key;
}

}  // namespace

JoinTable parse_join_table(std::string_view csv, std::string const& file) {
  JoinTable table;
  table.file = file;
  std::optional<Header> header;
  for (std::size_t line = 1; !csv.empty(); ++line) {
    std::size_t const end = std::min(csv.find('\n'), csv.size());
    std::string_view text = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
    if (text.empty()) {
      continue;
    }
    if (header) {
      add_row(table, *header, text, line);
    } else {
      header = header_of(text, table);
    }
  }
  NTA_EXPECTS(header.has_value(), ErrorKind::usage, "{}: the file is empty", file);
  return table;
}

JoinTable read_join_table(std::filesystem::path const& path) {
  return parse_join_table(read_file(path), path.string());
}

LabelReport apply_join_table(JoinTable const& join, FeatureTable& table) {
  LabelReport report;
  std::vector<std::string> labels(table.size());
  std::vector<bool> used(join.rows.size());
  for (std::size_t flow = 0; flow < table.size(); ++flow) {
    std::vector<std::size_t> fitting;
    for (bool const source_is_a : {true, false}) {
      auto const [begin, end] = join.places.equal_range(flow_key(join, table, flow, source_is_a));
      for (auto at = begin; at != end; ++at) {
        fitting.push_back(at->second);
      }
    }
    std::sort(fitting.begin(), fitting.end());
    fitting.erase(std::unique(fitting.begin(), fitting.end()), fitting.end());
    for (std::size_t const row : fitting) {
      JoinTable::Row const& first = join.rows[fitting.front()];
      NTA_EXPECTS(join.rows[row].label == first.label, ErrorKind::data,
                  "{}: lines {} ({}) and {} ({}) both fit one flow; add a column that tells them "
                  "apart, such as start_utc",
                  join.file, first.line, first.label, join.rows[row].line, join.rows[row].label);
      used[row] = true;
    }
    if (fitting.empty()) {
      ++report.unmatched;
      continue;
    }
    report.many_to_one += fitting.size() > 1 ? 1 : 0;
    labels[flow] = join.rows[fitting.front()].label;
    ++report.flows_per_label[labels[flow]];
  }
  for (std::size_t row = 0; row < used.size(); ++row) {
    if (!used[row]) {
      report.rules_without_flows.push_back(row);
    }
  }
  table.labels = std::move(labels);
  return report;
}

}  // namespace nta
