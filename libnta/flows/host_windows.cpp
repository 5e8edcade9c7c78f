#include "libnta/flows/host_windows.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/host_columns.hpp"
#include "libnta/flows/host_state.hpp"
#include "libnta/flows/row_use.hpp"
#include "libnta/flows/time_window.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace nta {
namespace {

constexpr std::int64_t kMaxWindowNs = 86'400'000'000'000;

struct WindowId {
  std::uint32_t capture = 0;
  I128 number = 0;
  friend bool operator<(WindowId const& x, WindowId const& y) {
    return x.capture != y.capture ? x.capture < y.capture : x.number < y.number;
  }
};

struct Window {
  std::uint64_t packets = 0;  // of the capture
  bool packets_closed = false, flows_closed = false;
  std::unordered_map<IpAddress, HostState, HashAddress> hosts;
};

/// Where the last packet of a table's key went: hosts and peers stay in place while maps grow.
struct KeyPlace {
  bool resolved = false;
  std::uint32_t capture = 0;
  KeyUse use;
  Window* window = nullptr;
  HostState* host[2] = {nullptr, nullptr};   // of endpoints a and b
  PeerCounts* sent[2] = {nullptr, nullptr};  // from a to b, from b to a
};

std::span<std::int64_t const> integers(FeatureTable const& flows, std::string_view name) {
  for (auto const& feature : flows.features) {
    if (feature.name == name) {
      auto const* values = std::get_if<std::vector<std::int64_t>>(&feature.values);
      NTA_EXPECTS(values != nullptr, ErrorKind::failed, "flow column {} is not i64", name);
      return *values;
    }
  }
  fail(ErrorKind::failed, "host windows need the flow column {}", name);
}

/// S0, REJ, RSTOS0, SH of `tcp_state`.
bool is_failed_state(std::int64_t state) {
  return state == 1 || state == 4 || state == 9 || state == 11;
}

struct HostPlace {
  IpAddress const* address;
  HostState const* state;
};

/// A window's hosts, ascending by address bytes.
std::vector<HostPlace> ordered_hosts(Window const& window) {
  std::vector<HostPlace> hosts;
  hosts.reserve(window.hosts.size());
  for (auto const& [address, host] : window.hosts) {
    hosts.push_back({&address, &host});
  }
  std::sort(hosts.begin(), hosts.end(),
            [](HostPlace const& x, HostPlace const& y) { return *x.address < *y.address; });
  return hosts;
}

void set_row(std::vector<SeriesColumn>& columns, std::size_t at, HostRow const& row) {
  auto const formulas = host_columns();
  for (std::size_t c = 0; c < formulas.size(); ++c) {
    if (formulas[c].integer != nullptr) {
      std::get<std::vector<std::int64_t>>(columns[c].values)[at] = formulas[c].integer(row);
    } else {
      std::get<std::vector<double>>(columns[c].values)[at] = formulas[c].real(row);
    }
  }
}

/// Key columns of a row.
struct Keys {
  std::vector<std::uint32_t> capture;
  std::vector<std::int64_t> start_s;
  std::vector<std::uint32_t> start_ns;
  std::vector<IpAddress> host;
};

}  // namespace

struct HostWindows::State {
  Profile profile;
  HostWindowOptions options;
  std::map<WindowId, Window> windows;

  void add_packet(PacketTable const& table, std::size_t i, KeyPlace& place, Window& window) const;
  void add_flow(FeatureTable const& flows, std::size_t i, bool failed);
  void close_packets_before(PacketTable const& table, std::span<CaptureLink const> links);
  void close_flows_before(WindowId const& id);
  std::uint32_t capture_of(PacketKey const& key, std::span<CaptureLink const> links) const;
  void close_all();
  void write_rows(Keys& keys, std::vector<SeriesColumn>& columns) const;
};

std::uint32_t HostWindows::State::capture_of(PacketKey const& key,
                                             std::span<CaptureLink const> links) const {
  NTA_EXPECTS(key.link < links.size(), ErrorKind::data,
              "a packet names link {}, but only {} links are known", key.link, links.size());
  return options.join_files ? 0 : links[key.link].file;
}

void HostWindows::State::add_packet(PacketTable const& table, std::size_t i, KeyPlace& place,
                                    Window& window) const {
  PacketKey const& key = table.keys[table.key[i]];
  if (place.window != &window) {
    place.window = &window;
    place.host[0] = &window.hosts[key.addr_a];
    place.host[1] = &window.hosts[key.addr_b];
    place.sent[0] = place.sent[1] = nullptr;
  }
  unsigned const side = table.bits[i] & kRowSide;
  if (place.sent[side] == nullptr) {
    place.sent[side] = &place.host[side]->sent_to[side == 0 ? key.addr_b : key.addr_a];
  }
  HostCounts& from = place.host[side]->counts;
  HostCounts& to = place.host[side ^ 1]->counts;
  std::uint32_t const ip_len = table.ip_len[i];
  from.packets_out += 1;
  from.ip_bytes_out += ip_len;
  to.packets_in += 1;
  to.ip_bytes_in += ip_len;
  place.sent[side]->packets += 1;
  place.sent[side]->ip_bytes += ip_len;
}

void HostWindows::State::add_flow(FeatureTable const& flows, std::size_t i, bool failed) {
  FlowIdentity const& id = flows.identity;
  WindowId const at{options.join_files ? 0 : id.capture[i],
                    WindowClock(id.start_s[i], options.window_ns).window_of(id.start_ns[i])};
  close_flows_before(at);
  Window& window = windows[at];
  NTA_EXPECTS(!window.flows_closed, ErrorKind::failed, "flow {} is not in time order", i);
  HostState& source = window.hosts[id.src_ip[i]];
  source.counts.flows_out += 1;
  source.counts.failed_out += failed ? 1 : 0;
  source.flow_peers[id.dst_ip[i]] |= HostState::kOut;
  source.dst_ports[std::uint32_t{id.protocol[i]} << 16 | id.dst_port[i]] += 1;
  HostState& target = window.hosts[id.dst_ip[i]];
  target.counts.flows_in += 1;
  target.flow_peers[id.src_ip[i]] |= HostState::kIn;
}

/// Of each capture that the table goes on with: its windows before the table's first packet.
void HostWindows::State::close_packets_before(PacketTable const& table,
                                              std::span<CaptureLink const> links) {
  if (!options.in_time_order) {
    return;
  }
  WindowClock const clock(table.time_base_s, options.window_ns);
  std::map<std::uint32_t, I128> first;
  for (std::size_t i = 0; i < table.size(); ++i) {
    I128 const window = clock.window_of(table.time_ns[i]);
    auto const [place, added] =
        first.try_emplace(capture_of(table.keys[table.key[i]], links), window);
    place->second = std::min(place->second, window);
  }
  for (auto const& [capture, number] : first) {
    auto const end = windows.lower_bound({capture, number});
    for (auto at = end; at != windows.begin();) {
      --at;
      if (at->first.capture != capture || at->second.packets_closed) {
        break;
      }
      for (auto& [address, host] : at->second.hosts) {
        host.close_packets();
      }
      at->second.packets_closed = true;
    }
  }
}

void HostWindows::State::close_flows_before(WindowId const& id) {
  if (!options.in_time_order) {
    return;
  }
  for (auto at = windows.lower_bound(id); at != windows.begin();) {
    --at;
    if (at->first.capture != id.capture || at->second.flows_closed) {
      break;
    }
    for (auto& [address, host] : at->second.hosts) {
      host.close_flows();
    }
    at->second.flows_closed = true;
  }
}

void HostWindows::State::close_all() {
  for (auto& [id, window] : windows) {
    for (auto& [address, host] : window.hosts) {
      if (!window.packets_closed) {
        host.close_packets();
      }
      if (!window.flows_closed) {
        host.close_flows();
      }
    }
    window.packets_closed = window.flows_closed = true;
  }
}

void HostWindows::State::write_rows(Keys& keys, std::vector<SeriesColumn>& columns) const {
  std::size_t row = 0;
  WindowId first;
  for (auto at = windows.begin(); at != windows.end(); ++at) {
    auto const& [id, window] = *at;
    if (at == windows.begin() || id.capture != first.capture) {
      first = id;
    }
    auto const before = windows.find({id.capture, id.number - 1});
    Instant const start = window_start(id.number, options.window_ns);
    for (HostPlace const& host : ordered_hosts(window)) {
      HostRow values{host.state->counts, nullptr, id.number == first.number, window.packets};
      if (before != windows.end()) {
        auto const found = before->second.hosts.find(*host.address);
        values.before = found == before->second.hosts.end() ? nullptr : &found->second.counts;
      }
      keys.capture.push_back(id.capture);
      keys.start_s.push_back(start.s);
      keys.start_ns.push_back(start.ns);
      keys.host.push_back(*host.address);
      set_row(columns, row++, values);
    }
  }
}

HostWindows::HostWindows(Profile profile, HostWindowOptions const& options)
    : state_(std::make_unique<State>()) {
  NTA_EXPECTS(options.window_ns > 0 && options.window_ns <= kMaxWindowNs, ErrorKind::usage,
              "host windows of {} ns: more than 0, at most 86400 s can be asked for",
              options.window_ns);
  state_->profile = std::move(profile);
  state_->options = options;
}

HostWindows::~HostWindows() = default;
HostWindows::HostWindows(HostWindows&&) noexcept = default;
HostWindows& HostWindows::operator=(HostWindows&&) noexcept = default;

void HostWindows::add(PacketTable const& table, std::span<CaptureLink const> links) {
  State& state = *state_;
  state.close_packets_before(table, links);
  WindowClock const clock(table.time_base_s, state.options.window_ns);
  std::vector<KeyPlace> places(table.keys.size());
  WindowId id;
  Window* window = nullptr;
  for (std::size_t i = 0; i < table.size(); ++i) {
    PacketKey const& key = table.keys[table.key[i]];
    KeyPlace& place = places[table.key[i]];
    if (!place.resolved) {
      place.capture = state.capture_of(key, links);
      place.use = use_of_key(key, links[key.link].link_type, state.profile.rules);
      place.resolved = true;
    }
    I128 const number = clock.window_of(table.time_ns[i]);
    if (window == nullptr || id.number != number || id.capture != place.capture) {
      id = {place.capture, number};
      window = &state.windows[id];
      NTA_EXPECTS(!window->packets_closed, ErrorKind::failed, "packet {} is not in time order",
                  table.first_index + table.index[i]);
    }
    window->packets += (table.bits[i] & kRowPrimary) != 0 ? 1 : 0;
    if (table.status[i] == 0 && use_of_row(place.use, table.bits[i], table.cap_len[i],
                                           state.profile.rules) == RowUse::in_flow) {
      state.add_packet(table, i, place, *window);
    }
  }
}

void HostWindows::add_flows(FeatureTable const& flows) {
  auto const tcp_state = integers(flows, "tcp_state");
  auto const replies = integers(flows, "bwd_packets");
  for (std::size_t i = 0; i < flows.size(); ++i) {
    bool const tcp = flows.identity.protocol[i] == kProtocolTcp;
    state_->add_flow(flows, i, tcp ? is_failed_state(tcp_state[i]) : replies[i] == 0);
  }
}

void HostWindows::merge(HostWindows&& other) {
  State& mine = *state_;
  HostWindowOptions const& theirs = other.state_->options;
  NTA_EXPECTS(mine.profile.sha256 == other.state_->profile.sha256 &&
                  mine.options.window_ns == theirs.window_ns &&
                  mine.options.join_files == theirs.join_files && !mine.options.in_time_order &&
                  !theirs.in_time_order,
              ErrorKind::failed, "host windows of other rules, or in time order, cannot be merged");
  for (auto& [id, window] : other.state_->windows) {
    Window& to = mine.windows[id];
    to.packets += window.packets;
    for (auto const& [address, host] : window.hosts) {
      to.hosts[address].merge(host);
    }
  }
  other.state_->windows.clear();
}

SeriesTable HostWindows::finish() {
  State& state = *state_;
  state.close_all();
  std::size_t n = 0;
  for (auto const& [id, window] : state.windows) {
    n += window.hosts.size();
  }
  SeriesTable table;
  table.kind = "host_window";
  table.set_sha256 = series_sha256(host_window_columns());
  table.parameters = fmt::format(R"({{"join":{},"window_ns":{}}})", state.options.join_files,
                                 state.options.window_ns);
  table.provenance.profile_json = state.profile.canonical;
  table.provenance.profile_sha256 = state.profile.sha256;
  table.columns = make_series_columns(host_window_columns(), n);
  Keys keys;
  state.write_rows(keys, table.columns);
  table.keys.push_back({"capture", std::move(keys.capture)});
  table.keys.push_back({"start_s", std::move(keys.start_s)});
  table.keys.push_back({"start_ns", std::move(keys.start_ns)});
  table.keys.push_back({"host", std::move(keys.host)});
  state.windows.clear();
  return table;
}

FeatureSelection host_window_features() {
  return {"nta", {"tcp_state", "bwd_packets"}, {}};
}

}  // namespace nta
