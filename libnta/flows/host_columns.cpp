// THE columns of host windows: name, unit, definition and formula in one list (`flows.md` 4.5).
#include "libnta/flows/host_columns.hpp"

#include "libnta/core/wide_int.hpp"

#include <array>

namespace nta {
namespace {

std::int64_t integer(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

/// (x_w - x_(w-1)) / max(1, x_(w-1)); an absent window before has 0, the first one no change.
double change(HostRow const& row, std::uint64_t HostCounts::*x) {
  if (row.first_window) {
    return 0.0;
  }
  std::uint64_t const before = row.before == nullptr ? 0 : row.before->*x;
  return to_double(integer(row.now.*x) - integer(before)) / to_double(before == 0 ? 1 : before);
}

double address_frequency(HostRow const& row) {
  if (row.capture_packets == 0) {
    return 0.0;  // flows start at packets; only a clock that was set back leaves such a window
  }
  return to_double(row.now.packets_out + row.now.packets_in) / to_double(row.capture_packets);
}

constexpr HostColumn count(std::string_view name, std::string_view unit, std::string_view text,
                           std::int64_t (*value)(HostRow const&)) {
  return {{name, unit, text, true, 1}, value, nullptr};
}
constexpr HostColumn real(std::string_view name, std::string_view unit, std::string_view text,
                          double (*value)(HostRow const&)) {
  return {{name, unit, text, false, 1}, nullptr, value};
}

using Row = HostRow const&;

constexpr std::array kColumns{
    count("packets_out", "1", "packets sent in the window",
          [](Row r) { return integer(r.now.packets_out); }),
    count("ip_bytes_out", "B", "sum of their IP lengths",
          [](Row r) { return integer(r.now.ip_bytes_out); }),
    count("packets_in", "1", "packets received in the window",
          [](Row r) { return integer(r.now.packets_in); }),
    count("ip_bytes_in", "B", "sum of their IP lengths",
          [](Row r) { return integer(r.now.ip_bytes_in); }),
    count("flows_out", "1", "flows from this host that start in the window",
          [](Row r) { return integer(r.now.flows_out); }),
    count("flows_in", "1", "flows to this host that start in the window",
          [](Row r) { return integer(r.now.flows_in); }),
    count("peers_out", "1", "distinct destination addresses of flows_out",
          [](Row r) { return integer(r.now.peers_out); }),
    count("peers_in", "1", "distinct source addresses of flows_in",
          [](Row r) { return integer(r.now.peers_in); }),
    count("dst_ports_out", "1", "distinct (protocol, destination port) of flows_out",
          [](Row r) { return integer(r.now.dst_ports_out); }),
    count("failed_out", "1",
          "flows_out that failed: TCP in state S0, REJ, RSTOS0 or SH; others without reply",
          [](Row r) { return integer(r.now.failed_out); }),
    real("address_frequency", "1",
         "(packets_out + packets_in) / all packets of the capture in the window",
         address_frequency),
    real("packets_out_change", "1",
         "(x - x of the window before) / max(1, x of the window before); 0 in the capture's first "
         "window",
         [](Row r) { return change(r, &HostCounts::packets_out); }),
    real("ip_bytes_out_change", "1", "the same of ip_bytes_out",
         [](Row r) { return change(r, &HostCounts::ip_bytes_out); }),
    real("flows_out_change", "1", "the same of flows_out",
         [](Row r) { return change(r, &HostCounts::flows_out); }),
    real("peer_entropy", "bit", "entropy of packets_out by destination address",
         [](Row r) { return r.now.peer_entropy; }),
    real("port_entropy", "bit", "entropy of flows_out by (protocol, destination port)",
         [](Row r) { return r.now.port_entropy; }),
    real("byte_entropy", "bit", "entropy of ip_bytes_out by destination address",
         [](Row r) { return r.now.byte_entropy; }),
};

constexpr std::array<SeriesColumnInfo, kColumns.size()> infos() {
  std::array<SeriesColumnInfo, kColumns.size()> list{};
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i] = kColumns[i].info;
  }
  return list;
}

constexpr auto kInfos = infos();

}  // namespace

std::span<HostColumn const> host_columns() {
  return kColumns;
}

std::span<SeriesColumnInfo const> host_window_columns() {
  return kInfos;
}

}  // namespace nta
