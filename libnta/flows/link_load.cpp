#include "libnta/flows/link_load.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/time_window.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace nta {
namespace {

constexpr std::int64_t kMaxIntervalNs = 1'000'000'000'000'000;
constexpr std::size_t kIn = 0, kOut = 1;

/// What a row's formulas see.
struct LoadRow {
  Load load;
  std::int64_t interval_ns = 0;
};

struct LoadColumn {
  SeriesColumnInfo info;
  std::int64_t (*integer)(LoadRow const&) = nullptr;
  double (*real)(LoadRow const&) = nullptr;
};

constexpr std::array kColumns{
    LoadColumn{{"packets", "1", "packets of every status in the interval", true, 1},
               [](LoadRow const& r) { return static_cast<std::int64_t>(r.load.packets); }},
    LoadColumn{{"wire_bytes", "B", "sum of their lengths on the wire", true, 1},
               [](LoadRow const& r) { return static_cast<std::int64_t>(r.load.wire_bytes); }},
    LoadColumn{{"bits_per_s", "bit/s", "8 * wire_bytes / length of the interval", false, 1},
               nullptr,
               [](LoadRow const& r) {
                 return to_double(U128{r.load.wire_bytes} * 8'000'000'000U) /
                        to_double(r.interval_ns);
               }},
};

constexpr std::array<SeriesColumnInfo, kColumns.size()> infos() {
  std::array<SeriesColumnInfo, kColumns.size()> list{};
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i] = kColumns[i].info;
  }
  return list;
}
constexpr auto kInfos = infos();

void check_names(std::vector<NamedPrefix> const& prefixes) {
  std::set<std::string> seen;
  for (NamedPrefix const& prefix : prefixes) {
    bool const plain = std::all_of(prefix.name.begin(), prefix.name.end(), [](unsigned char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             c == '.' || c == '_' || c == '-';
    });
    NTA_EXPECTS(plain && !prefix.name.empty() && prefix.name != "capture", ErrorKind::usage,
                "prefix name \"{}\": letters, digits, . _ - make a name other than \"capture\"",
                prefix.name);
    NTA_EXPECTS(seen.insert(prefix.name).second, ErrorKind::usage,
                "prefix name \"{}\" is given twice", prefix.name);
  }
}

/// Packets mostly come in time order: the interval of the one before is tried first.
class Cursor {
 public:
  void add(std::map<I128, Load>& intervals, I128 number, std::uint32_t wire_len) {
    if (at_ == nullptr || number_ != number) {
      at_ = &intervals[number];
      number_ = number;
    }
    at_->packets += 1;
    at_->wire_bytes += wire_len;
  }

 private:
  Load* at_ = nullptr;
  I128 number_ = 0;
};

void add_all(std::map<I128, Load> const& from, std::map<I128, Load>& to) {
  for (auto const& [number, load] : from) {
    Load& sum = to[number];
    sum.packets += load.packets;
    sum.wire_bytes += load.wire_bytes;
  }
}

/// The units that a key's packets are part of besides their link, by side of the source.
struct PrefixHits {
  bool resolved = false;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> of_side[2];  // (prefix, in or out)
};

void resolve(PrefixHits& hits, PacketKey const& key, std::vector<NamedPrefix> const& prefixes) {
  hits.resolved = true;
  if (key.ip_version == 0) {
    return;  // no addresses
  }
  for (std::uint32_t p = 0; p < prefixes.size(); ++p) {
    bool const a = prefixes[p].contains(key.addr_a);
    bool const b = prefixes[p].contains(key.addr_b);
    for (unsigned side = 0; side < 2; ++side) {
      if (side == 0 ? b : a) {
        hits.of_side[side].emplace_back(p, kIn);
      }
      if (side == 0 ? a : b) {
        hits.of_side[side].emplace_back(p, kOut);
      }
    }
  }
}

}  // namespace

bool NamedPrefix::contains(IpAddress const& other) const {
  for (int bit = 0; bit < bits; bit += 8) {
    auto const at = static_cast<std::size_t>(bit / 8);
    unsigned const mask = bits - bit >= 8 ? 0xFFU : 0xFF00U >> (bits - bit) & 0xFFU;
    if (((address[at] ^ other[at]) & mask) != 0) {
      return false;
    }
  }
  return true;
}

std::span<SeriesColumnInfo const> link_load_columns() {
  return kInfos;
}

/// A series of rows.
struct LinkLoad::Unit {
  std::uint32_t capture = 0;
  std::string name, direction;
  Intervals load;
};

LinkLoad::LinkLoad(LinkLoadOptions options) : options_(std::move(options)) {
  NTA_EXPECTS(options_.interval_ns > 0 && options_.interval_ns <= kMaxIntervalNs, ErrorKind::usage,
              "intervals of {} ns: more than 0, at most 1000000 s can be asked for",
              options_.interval_ns);
  check_names(options_.prefixes);
}

void LinkLoad::add(PacketTable const& table) {
  WindowClock const clock(table.time_base_s, options_.interval_ns);
  std::size_t const n_prefixes = options_.prefixes.size();
  std::vector<PrefixHits> hits(table.keys.size());
  struct Cursors {
    LinkSeries* series = nullptr;
    Cursor all;
    std::vector<std::array<Cursor, 2>> prefixes;
  };
  std::map<std::uint32_t, Cursors> cursors;
  Cursors* at = nullptr;
  std::uint32_t link = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if ((table.bits[i] & kRowPrimary) == 0) {
      continue;
    }
    PacketKey const& key = table.keys[table.key[i]];
    if (at == nullptr || key.link != link) {
      link = key.link;
      at = &cursors[link];
      if (at->series == nullptr) {
        at->series = &links_[link];
        at->series->prefixes.resize(n_prefixes);
        at->prefixes.resize(n_prefixes);
      }
    }
    I128 const number = clock.window_of(table.time_ns[i]);
    at->all.add(at->series->all, number, table.wire_len[i]);
    if (n_prefixes == 0) {
      continue;
    }
    PrefixHits& hit = hits[table.key[i]];
    if (!hit.resolved) {
      resolve(hit, key, options_.prefixes);
    }
    for (auto const& [prefix, way] : hit.of_side[table.bits[i] & kRowSide]) {
      at->prefixes[prefix][way].add(at->series->prefixes[prefix][way], number, table.wire_len[i]);
    }
  }
}

void LinkLoad::merge(LinkLoad const& other) {
  auto const same = [](NamedPrefix const& x, NamedPrefix const& y) {
    return x.name == y.name && x.address == y.address && x.bits == y.bits;
  };
  auto const& theirs = other.options_;
  NTA_EXPECTS(options_.interval_ns == theirs.interval_ns &&
                  options_.join_files == theirs.join_files &&
                  std::equal(options_.prefixes.begin(), options_.prefixes.end(),
                             theirs.prefixes.begin(), theirs.prefixes.end(), same),
              ErrorKind::failed, "loads of other intervals or prefixes cannot be merged");
  for (auto const& [link, series] : other.links_) {
    LinkSeries& mine = links_[link];
    mine.prefixes.resize(options_.prefixes.size());
    add_all(series.all, mine.all);
    for (std::size_t p = 0; p < series.prefixes.size(); ++p) {
      add_all(series.prefixes[p][kIn], mine.prefixes[p][kIn]);
      add_all(series.prefixes[p][kOut], mine.prefixes[p][kOut]);
    }
  }
}

std::vector<LinkLoad::Unit> LinkLoad::units(std::span<CaptureLink const> links) const {
  std::map<std::uint32_t, std::vector<std::uint32_t>> links_of;  // capture -> links
  for (std::uint32_t link = 0; link < links.size(); ++link) {
    links_of[options_.join_files ? 0 : links[link].file].push_back(link);
  }
  std::vector<Unit> units;
  for (auto const& [capture, members] : links_of) {
    std::size_t const first = units.size();
    units.push_back({capture, "capture", "both", {}});
    for (std::uint32_t const link : members) {
      units.push_back({capture, fmt::format("link:{}", link), "both", {}});
    }
    for (NamedPrefix const& prefix : options_.prefixes) {
      units.push_back({capture, prefix.name, "in", {}});
      units.push_back({capture, prefix.name, "out", {}});
    }
    for (std::size_t m = 0; m < members.size(); ++m) {
      auto const found = links_.find(members[m]);
      if (found == links_.end()) {
        continue;  // no packet: its load is 0
      }
      add_all(found->second.all, units[first].load);
      add_all(found->second.all, units[first + 1 + m].load);
      for (std::size_t p = 0; p < options_.prefixes.size(); ++p) {
        std::size_t const place = first + 1 + members.size() + 2 * p;
        add_all(found->second.prefixes[p][kIn], units[place + kIn].load);
        add_all(found->second.prefixes[p][kOut], units[place + kOut].load);
      }
    }
  }
  return units;
}

namespace {

struct Keys {
  std::vector<std::uint32_t> capture;
  CodedText unit, direction;
  std::vector<std::int64_t> start_s;
  std::vector<std::uint32_t> start_ns;
};

std::uint32_t code_of(CodedText& text, std::string const& name) {
  auto const found = std::find(text.names.begin(), text.names.end(), name);
  if (found == text.names.end()) {
    text.names.push_back(name);
    return static_cast<std::uint32_t>(text.names.size() - 1);
  }
  return static_cast<std::uint32_t>(found - text.names.begin());
}

void set_row(std::vector<SeriesColumn>& columns, std::size_t at, LoadRow const& row) {
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    if (kColumns[c].integer != nullptr) {
      std::get<std::vector<std::int64_t>>(columns[c].values)[at] = kColumns[c].integer(row);
    } else {
      std::get<std::vector<double>>(columns[c].values)[at] = kColumns[c].real(row);
    }
  }
}

std::string parameters_text(LinkLoadOptions const& options) {
  auto prefixes = nlohmann::json::array();
  for (NamedPrefix const& prefix : options.prefixes) {
    prefixes.push_back({{"name", prefix.name},
                        {"address", host_text(prefix.address)},
                        {"bits_of_128", prefix.bits}});
  }
  return nlohmann::json{
      {"interval_ns", options.interval_ns}, {"join", options.join_files}, {"prefixes", prefixes}}
      .dump();
}

}  // namespace

/// The intervals of a capture, which all its units have.
struct LinkLoad::Range {
  I128 first = 0, n = 0;
};

std::map<std::uint32_t, LinkLoad::Range> LinkLoad::ranges(std::vector<Unit> const& units) const {
  std::map<std::uint32_t, Range> range_of;
  U128 rows = 0;
  for (Unit const& unit : units) {
    Range& range = range_of[unit.capture];
    if (unit.name == "capture" && !unit.load.empty()) {
      range.first = unit.load.begin()->first;
      range.n = unit.load.rbegin()->first - range.first + 1;
    }
    rows += static_cast<U128>(range.n);
    NTA_EXPECTS(rows <= options_.max_rows, ErrorKind::data,
                "the times of capture {} span {} intervals of {} ns, which makes more than {} "
                "rows; ask for longer intervals, or leave out packets whose time is wrong",
                unit.capture, static_cast<std::uint64_t>(range.n), options_.interval_ns,
                options_.max_rows);
  }
  return range_of;
}

SeriesTable LinkLoad::finish(std::span<CaptureLink const> links) const {
  for (auto const& [link, series] : links_) {
    NTA_EXPECTS(link < links.size(), ErrorKind::data,
                "a packet names link {}, but only {} links are known", link, links.size());
  }
  auto const all = units(links);
  auto const range_of = ranges(all);
  Keys keys;
  std::vector<Load> loads;
  for (Unit const& unit : all) {
    Range const& range = range_of.at(unit.capture);
    std::uint32_t const name = code_of(keys.unit, unit.name);
    std::uint32_t const direction = code_of(keys.direction, unit.direction);
    auto next = unit.load.begin();
    for (I128 number = range.first; number < range.first + range.n; ++number) {
      bool const busy = next != unit.load.end() && next->first == number;
      loads.push_back(busy ? next->second : Load{});
      next = busy ? std::next(next) : next;
      Instant const start = window_start(number, options_.interval_ns);
      keys.capture.push_back(unit.capture);
      keys.unit.code.push_back(name);
      keys.direction.code.push_back(direction);
      keys.start_s.push_back(start.s);
      keys.start_ns.push_back(start.ns);
    }
  }
  SeriesTable table;
  table.kind = "link_load";
  table.set_sha256 = series_sha256(link_load_columns());
  table.parameters = parameters_text(options_);
  table.columns = make_series_columns(link_load_columns(), loads.size());
  for (std::size_t row = 0; row < loads.size(); ++row) {
    set_row(table.columns, row, {loads[row], options_.interval_ns});
  }
  table.keys.push_back({"capture", std::move(keys.capture)});
  table.keys.push_back({"unit", std::move(keys.unit)});
  table.keys.push_back({"direction", std::move(keys.direction)});
  table.keys.push_back({"start_s", std::move(keys.start_s)});
  table.keys.push_back({"start_ns", std::move(keys.start_ns)});
  return table;
}

}  // namespace nta
