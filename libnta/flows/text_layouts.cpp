// CSV columns of a feature table: nta's own layout, and those of the tools whose columns a set
// publishes, so that programs that read these tools' files read ours (`flows.md` 4.2 and 4.3).
#include "libnta/capture/decode.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/flow_end.hpp"
#include "libnta/flows/text_cells.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace nta {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

TextColumn text_column(std::string name, std::function<std::string(std::size_t)> text) {
  return {std::move(name), true,
          [text = std::move(text)](std::size_t row, std::string& line) { line += text(row); }};
}

template <class Value>
TextColumn integer_column(std::string name, Value value) {
  return {std::move(name), false, [value = std::move(value)](std::size_t row, std::string& line) {
            line += std::to_string(value(row));
          }};
}

void append(std::vector<TextColumn>& columns, std::vector<TextColumn>&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(columns));
}

void append_sequence(std::vector<TextColumn>& columns, SequenceColumns const& sequence) {
  if (sequence.n == 0) {
    return;
  }
  columns.push_back(
      integer_column("seq_count", [&](std::size_t row) { return sequence.count[row]; }));
  for (auto const& field : sequence_fields(sequence)) {
    for (int k = 0; k < sequence.n; ++k) {
      auto const position = static_cast<std::size_t>(k);
      columns.push_back({fmt::format("{}_{}", field.name, k + 1), false,
                         [append = field.append, position](std::size_t row, std::string& line) {
                           append(row, position, line);
                         }});
    }
  }
}

void append_label(std::vector<TextColumn>& columns, FeatureTable const& table) {
  if (!table.labels.empty()) {
    columns.push_back(
        text_column("label", [&](std::size_t row) { return csv_text(table.labels[row]); }));
  }
}

std::vector<TextColumn> own_columns(FeatureTable const& table) {
  auto columns = identity_columns(table.identity);
  append(columns, feature_columns(table));
  append_sequence(columns, table.sequence);
  append_label(columns, table);
  return columns;
}

// --- cic76

std::vector<TextColumn> cic_identity(FlowIdentity const& id) {
  auto const src = [&](std::size_t row) {
    return address_text(id.src_ip[row], id.ip_version[row]);
  };
  auto const dst = [&](std::size_t row) {
    return address_text(id.dst_ip[row], id.ip_version[row]);
  };
  std::vector<TextColumn> columns;
  columns.push_back(text_column("Flow ID", [&id, src, dst](std::size_t row) {
    return fmt::format("{}-{}-{}-{}-{}", src(row), dst(row), id.src_port[row], id.dst_port[row],
                       id.protocol[row]);
  }));
  columns.push_back(text_column("Src IP", src));
  columns.push_back(integer_column("Src Port", [&](std::size_t r) { return id.src_port[r]; }));
  columns.push_back(text_column("Dst IP", dst));
  columns.push_back(integer_column("Dst Port", [&](std::size_t r) { return id.dst_port[r]; }));
  columns.push_back(integer_column("Protocol", [&](std::size_t r) { return id.protocol[r]; }));
  columns.push_back(text_column(
      "Timestamp", [&](std::size_t row) { return utc_text(id.start_s[row], id.start_ns[row]); }));
  return columns;
}

void rename(std::vector<TextColumn>& columns, CicNames names) {
  if (names == CicNames::of_2017) {
    auto const named = [&](std::string_view name) {
      return std::find_if(columns.begin(), columns.end(),
                          [&](auto const& column) { return column.name == name; });
    };
    auto const behind = named(kCicTwiceBehind);
    auto const twice = named(kCicTwiceIn2017);
    if (behind != columns.end() && twice != columns.end()) {
      TextColumn const copy = *twice;
      columns.insert(behind + 1, copy);
    }
  }
  for (auto& column : columns) {
    column.name = cic_name(column.name, names);
  }
}

std::vector<TextColumn> cic_columns(FeatureTable const& table, CicNames names) {
  auto columns = cic_identity(table.identity);
  append(columns, feature_columns(table));
  append_sequence(columns, table.sequence);
  columns.push_back(text_column("Label", [&](std::size_t row) {  // the tool's word for none
    bool const has = !table.labels.empty() && !table.labels[row].empty();
    return has ? csv_text(table.labels[row]) : std::string("NeedManualLabel");
  }));
  rename(columns, names);
  return columns;
}

// --- nfstream

/// The tool's numbers of the tunnels it knows.
int nfstream_tunnel(std::uint8_t kind) {
  constexpr std::pair<TunnelKind, int> kKnown[] = {
      {TunnelKind::gtp, 1}, {TunnelKind::capwap, 2}, {TunnelKind::tzsp, 3}};
  for (auto const& [ours, theirs] : kKnown) {
    if (static_cast<std::uint8_t>(ours) == kind) {
      return theirs;
    }
  }
  return 0;
}

std::vector<TextColumn> nfstream_endpoint(FlowIdentity const& id, bool src) {
  std::string const prefix = src ? "src_" : "dst_";
  auto const& ip = src ? id.src_ip : id.dst_ip;
  auto const& mac = src ? id.src_mac : id.dst_mac;
  auto const& port = src ? id.src_port : id.dst_port;
  constexpr std::size_t kOuiText = 8;  // "02:00:00"
  return {text_column(prefix + "ip",
                      [&](std::size_t row) { return address_text(ip[row], id.ip_version[row]); }),
          text_column(prefix + "mac", [&](std::size_t row) { return mac_text(mac[row]); }),
          text_column(prefix + "oui",
                      [&](std::size_t row) { return mac_text(mac[row]).substr(0, kOuiText); }),
          integer_column(prefix + "port", [&](std::size_t row) { return port[row]; })};
}

std::vector<TextColumn> nfstream_identity(FlowIdentity const& id, std::uint64_t first_row) {
  std::vector<TextColumn> columns;
  columns.push_back(integer_column("id", [=](std::size_t row) { return first_row + row; }));
  columns.push_back(integer_column("expiration_id", [&](std::size_t row) {
    return id.flow_end_reason[row] == static_cast<std::uint8_t>(EndReason::active) ? 1 : 0;
  }));
  append(columns, nfstream_endpoint(id, true));
  append(columns, nfstream_endpoint(id, false));
  columns.push_back(integer_column("protocol", [&](std::size_t r) { return id.protocol[r]; }));
  columns.push_back(integer_column("ip_version", [&](std::size_t r) { return id.ip_version[r]; }));
  columns.push_back(integer_column("vlan_id", [&](std::size_t r) { return id.vlan_inner[r]; }));
  columns.push_back(
      integer_column("tunnel_id", [&](std::size_t r) { return nfstream_tunnel(id.tunnel[r]); }));
  return columns;
}

/// A list in one field, as that tool's tables have it: "[0, 1, -1]".
template <class T>
void append_list(std::vector<TextColumn>& columns, std::string name, std::vector<T> const& values,
                 int n, std::int64_t divisor) {
  if (values.empty()) {
    return;
  }
  auto const list = [&values, n = static_cast<std::size_t>(n), divisor](std::size_t row) {
    std::string text = "\"[";
    for (std::size_t k = 0; k < n; ++k) {
      std::int64_t const value = values[row * n + k];
      // Padding is no time.
      text += (k == 0 ? "" : ", ") + std::to_string(value == -1 ? value : value / divisor);
    }
    return text + "]\"";
  };
  columns.push_back(text_column(std::move(name), list));
}

std::vector<TextColumn> nfstream_columns(FeatureTable const& table, std::uint64_t first_row) {
  auto columns = nfstream_identity(table.identity, first_row);
  append(columns, feature_columns(table));
  SequenceColumns const& sequence = table.sequence;
  append_list(columns, "splt_direction", sequence.direction, sequence.n, 1);
  append_list(columns, "splt_ps", sequence.size, sequence.n, 1);
  append_list(columns, "splt_piat_ms", sequence.gap_ns, sequence.n, kNsPerMs);
  append_label(columns, table);
  return columns;
}

}  // namespace

std::vector<TextColumn> csv_columns(FeatureTable const& table, CicNames names,
                                    std::uint64_t first_row) {
  SetFamily const family = family_of_set(table.provenance.set_name);
  NTA_EXPECTS(names == CicNames::head || family == SetFamily::cic76, ErrorKind::usage,
              "other names exist for set cic76 alone, not for {}", table.provenance.set_name);
  switch (family) {
    case SetFamily::cic76:
      return cic_columns(table, names);
    case SetFamily::nfstream:
      return nfstream_columns(table, first_row);
    case SetFamily::nta:
      break;
  }
  return own_columns(table);
}

}  // namespace nta
