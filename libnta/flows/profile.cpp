// The schema of `flows.md` 3: a word of the document for every enumerator of Rules.
#include "libnta/flows/profile.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/flows/documents.hpp"
#include "libnta/flows/flow_packet.hpp"
#include "libnta/flows/json_object.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

namespace nta {
namespace {

constexpr std::string_view kTunnelKinds[] = {"",    "ipip",   "gre",    "erspan", "vxlan", "geneve",
                                             "gtp", "teredo", "capwap", "tzsp",   "ah"};
constexpr std::string_view kShims[] = {"llc", "8100", "other-tag", "mpls", "eompls", "pppoe"};
constexpr std::string_view kKeyParts[] = {"addresses",  "ports",     "protocol",    "vlan_outer",
                                          "vlan_inner", "vlan_last", "tunnel_kind", "tunnel_id",
                                          "icmp",       "link",      "macs"};
constexpr std::string_view kRowUses[] = {"",
                                         "",
                                         "not_in_profile",
                                         "later_fragment",
                                         "short_frame",
                                         "no_total_length",
                                         "truncated_ipv6",
                                         "l4_missing",
                                         "no_next_header",
                                         "failed_tunnel",
                                         "late_fin",
                                         "single_packet_flow"};
static_assert(std::size(kRowUses) == kRowUseCount);

constexpr std::int64_t kMaxSeconds = 1'000'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

using Json = nlohmann::json;

template <std::size_t N>
std::size_t index_in(std::string_view const (&table)[N], std::string_view word,
                     JsonPlace const& place) {
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (table[i].empty()) {
      continue;
    }
    if (table[i] == word) {
      return i;
    }
    known += (known.empty() ? "" : ", ") + std::string(table[i]);
  }
  place.refuse("\"{}\" is none of {}", word, known);
}

void refuse_twice(std::vector<std::string> words, JsonPlace const& place) {
  std::sort(words.begin(), words.end());
  auto const twice = std::adjacent_find(words.begin(), words.end());
  if (twice != words.end()) {
    place.refuse("\"{}\" stands there twice", *twice);
  }
}

/// Bits of a list of words.
template <std::size_t N>
std::uint16_t mask_of(std::string_view const (&table)[N], std::vector<std::string> const& words,
                      JsonPlace const& place) {
  unsigned mask = 0;
  refuse_twice(words, place);
  for (auto const& word : words) {
    mask |= 1U << index_in(table, word, place);
  }
  return static_cast<std::uint16_t>(mask);
}

std::vector<std::int64_t> numbers(Json const& list, std::int64_t high, JsonPlace const& place) {
  if (!list.is_array()) {
    place.refuse("\"all\" or a list of numbers is needed");
  }
  std::vector<std::int64_t> result;
  for (auto const& number : list) {
    bool const fits = number.is_number_unsigned() &&
                      number.get<std::uint64_t>() <= static_cast<std::uint64_t>(high);
    if (!fits) {
      place.refuse("{} is no number from 0 to {}", number.dump(), high);
    }
    auto const value = number.get<std::int64_t>();
    if (std::find(result.begin(), result.end(), value) != result.end()) {
      place.refuse("{} stands there twice", value);
    }
    result.push_back(value);
  }
  return result;
}

ProtocolSet protocol_set(Json const& value, JsonPlace const& place) {
  ProtocolSet set;
  if (value == "all") {
    for (auto& word : set.word) {
      word = ~std::uint64_t{0};
    }
    return set;
  }
  for (std::int64_t const protocol : numbers(value, 255, place)) {
    set.word[protocol >> 6] |= std::uint64_t{1} << (protocol & 63);
  }
  return set;
}

/// "all", "none", or a list of kinds; "gtp@ipv4" opens a kind over IPv4 alone.
void read_open(JsonObject& use, Rules& rules) {
  JsonPlace const place = use.place("open");
  Json const& open = use.at("open");
  if (open == "none") {
    return;
  }
  unsigned over_ipv4 = 0;
  unsigned over_ipv6 = 0;
  if (open == "all") {
    for (unsigned kind = 1; kind < std::size(kTunnelKinds); ++kind) {
      over_ipv4 |= 1U << kind;
    }
    over_ipv6 = over_ipv4;
  } else {
    if (!open.is_array()) {
      place.refuse("\"all\", \"none\" or a list of kinds is needed");
    }
    std::vector<std::string> names;
    for (std::string word : use.texts("open")) {
      auto const at = word.find('@');
      std::string const version = at == std::string::npos ? "" : word.substr(at + 1);
      if (at != std::string::npos && version != "ipv4") {
        place.refuse("\"{}\": only \"@ipv4\" may follow a kind", word);
      }
      word.resize(at == std::string::npos ? word.size() : at);
      unsigned const bit = 1U << index_in(kTunnelKinds, word, place);
      over_ipv4 |= bit;
      if (version.empty()) {
        over_ipv6 |= bit;
      }
      names.push_back(word);
    }
    refuse_twice(names, place);
  }
  rules.open_over_ipv4 = static_cast<std::uint16_t>(over_ipv4);
  rules.open_over_ipv6 = static_cast<std::uint16_t>(over_ipv6);
}

void read_link_types(JsonObject& use, Rules& rules) {
  Json const& value = use.at("link_types");
  if (value == "all") {
    return;
  }
  auto const types = numbers(value, UINT16_MAX, use.place("link_types"));
  if (types.empty() || types.size() > Rules::kMaxLinkTypes) {
    use.place("link_types").refuse("1 to {} link types are needed", Rules::kMaxLinkTypes);
  }
  rules.n_link_types = static_cast<std::int32_t>(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    rules.link_types[i] = static_cast<std::uint32_t>(types[i]);
  }
}

void read_use(JsonObject use, Rules& rules) {
  read_open(use, rules);
  rules.tunnels = use.choice<Tunnels>(
      "tunnels", {{"inner", Tunnels::inner}, {"outer", Tunnels::outer}, {"both", Tunnels::both}});
  rules.drop_failed_tunnel = use.choice<bool>("failed_tunnel", {{"keep", false}, {"drop", true}});
  read_link_types(use, rules);
  rules.shims = use.at("shims") == "all" ? std::uint16_t{UINT16_MAX}
                                         : mask_of(kShims, use.texts("shims"), use.place("shims"));
  if (use.at("protocols") == "all") {
    rules.protocols_ipv4 = rules.protocols_ipv6 = protocol_set("all", use.place("protocols"));
  } else {
    JsonObject protocols = use.object("protocols");
    rules.protocols_ipv4 = protocol_set(protocols.at("ipv4"), protocols.place("ipv4"));
    rules.protocols_ipv6 = protocol_set(protocols.at("ipv6"), protocols.place("ipv6"));
    if (protocols.at("ipv4") == Json::array() && protocols.at("ipv6") == Json::array()) {
      use.place("protocols").refuse("no protocol is left; name one, or take \"all\"");
    }
    protocols.finish();
  }
  JsonPlace const place = use.place("drop");
  rules.drop = mask_of(kRowUses, use.texts("drop"), place);
  for (RowUse const use_name : {RowUse::not_in_profile, RowUse::failed_tunnel, RowUse::late_fin,
                                RowUse::single_packet_flow}) {
    if (rules.drops(use_name)) {
      place.refuse("\"{}\" follows from other fields; leave it out", row_use_name(use_name));
    }
  }
  use.finish();
}

TimeLimit read_limit(JsonObject& document, std::string const& key, std::int64_t unit_ns) {
  if (document.at(key).is_null()) {
    return {};
  }
  JsonObject limit = document.object(key);
  TimeLimit result;
  result.on = true;
  result.limit = limit.integer("s", 0, kMaxSeconds) * (kNsPerSecond / unit_ns);
  result.strict = limit.choice<bool>("cut", {{">=", false}, {">", true}});
  limit.finish();
  return result;
}

void read_tcp_end(JsonObject end, Rules& rules) {
  rules.tcp_end = end.choice<TcpEndRule>("rule", {{"none", TcpEndRule::none},
                                                  {"close_linger", TcpEndRule::close_linger},
                                                  {"cic_fixed", TcpEndRule::cic_fixed},
                                                  {"cic_original", TcpEndRule::cic_original}});
  if (rules.tcp_end == TcpEndRule::close_linger) {
    rules.linger = end.integer("linger_s", 0, kMaxSeconds) * (kNsPerSecond / rules.unit_ns);
  } else if (end.has("linger_s")) {
    end.place("linger_s").refuse("only rule \"close_linger\" has a linger time; leave it out");
  }
  end.finish();
}

void read_flow_rules(JsonObject& document, Rules& rules) {
  rules.order =
      document.choice<PacketOrder>("order", {{"capture", PacketOrder::capture},
                                             {"sorted", PacketOrder::sorted},
                                             {"monotone", PacketOrder::monotone},
                                             {"monotone_key", PacketOrder::monotone_key}});
  rules.unit_ns =
      document.choice<std::int64_t>("time_unit", {{"ns", 1}, {"us", 1000}, {"ms", 1'000'000}});
  rules.idle = read_limit(document, "idle", rules.unit_ns);
  rules.active = read_limit(document, "active", rules.unit_ns);
  read_tcp_end(document.object("tcp_end"), rules);
  rules.direction = document.choice<DirectionRule>(
      "direction",
      {{"first_packet", DirectionRule::first_packet}, {"synack_swap", DirectionRule::synack_swap}});
  rules.compare = document.choice<CompareRule>(
      "compare", {{"endpoint", CompareRule::endpoint}, {"address", CompareRule::address}});
  rules.continuation = document.choice<Continuation>(
      "continuation", {{"packet", Continuation::packet},
                       {"inherit", Continuation::inherit},
                       {"inherit_first_forward", Continuation::inherit_first_forward}});
  if (rules.continuation == Continuation::inherit_first_forward && !rules.active.on) {
    document.place("continuation")
        .refuse(
            "\"inherit_first_forward\" is about active cuts, but /active is null; set /active or "
            "take \"packet\"");
  }
  rules.singles =
      document.choice<Singles>("singles", {{"keep", Singles::keep}, {"drop", Singles::drop}});
}

RateAtZero read_rate_at_zero(JsonObject& document) {
  Json const& value = document.at("rate_at_zero");
  if (value == 0) {
    return RateAtZero::zero;
  }
  if (value == -1) {
    return RateAtZero::minus_one;
  }
  if (value == "inf_nan") {
    return RateAtZero::inf_nan;
  }
  document.place("rate_at_zero").refuse("0, -1 or \"inf_nan\" is needed, not {}", value.dump());
}

void read_numbers(JsonObject& document, Rules& rules) {
  std::int64_t const per_second = kNsPerSecond / rules.unit_ns;
  rules.size = document.choice<SizeBasis>("size", {{"ip", SizeBasis::ip},
                                                   {"wire", SizeBasis::wire},
                                                   {"wire16", SizeBasis::wire16},
                                                   {"l4", SizeBasis::l4},
                                                   {"payload", SizeBasis::payload}});
  rules.ddof = static_cast<std::uint32_t>(document.integer("ddof", 0, 1));
  rules.rate_at_zero = read_rate_at_zero(document);
  rules.subflow_gap = document.integer("subflow_s", 0, kMaxSeconds) * per_second;
  rules.idle_gap = document.integer("active_s", 0, kMaxSeconds) * per_second;
  rules.bulk_gap = document.integer("bulk_s", 0, kMaxSeconds) * per_second;
  rules.bulk_min_packets = static_cast<std::uint64_t>(document.integer("bulk_min", 1, 1'000'000));
  rules.bulk = document.choice<BulkRule>(
      "bulk", {{"runs", BulkRule::runs}, {"runs_merged", BulkRule::runs_merged}});
  rules.active_last = document.boolean("active_last");
  rules.cic_formulas =
      document.choice<CicFormulas>("cic_formulas", {{"corrected", CicFormulas::corrected},
                                                    {"fixed", CicFormulas::fixed},
                                                    {"original", CicFormulas::original}});
}

void read_key(JsonObject& document, Rules& rules) {
  JsonPlace const place = document.place("key");
  rules.key_parts = mask_of(kKeyParts, document.texts("key"), place);
  for (auto const part : {kKeyAddresses, kKeyPorts, kKeyProtocol}) {
    if (!rules.has_key(part)) {
      place.refuse("a key must hold addresses, ports and protocol");
    }
  }
  Json const& ports = document.at("port_protocols");
  if (!ports.is_array()) {
    document.place("port_protocols").refuse("a list is needed");
  }
  rules.port_protocols = protocol_set(ports, document.place("port_protocols"));
  // Shards are partitioned by the ports of TCP and UDP: a flow must not lie in two partitions.
  if (!rules.port_protocols.has(kProtocolTcp) || !rules.port_protocols.has(kProtocolUdp)) {
    document.place("port_protocols").refuse("6 (TCP) and 17 (UDP) must be there");
  }
  rules.fragments = document.choice<FragmentRule>(
      "fragments", {{"join", FragmentRule::join}, {"drop", FragmentRule::drop}});
  bool const drops = rules.drops(RowUse::later_fragment);
  if (drops != (rules.fragments == FragmentRule::drop)) {
    document.place("fragments")
        .refuse("\"{}\" contradicts /use/drop, which has {}\"later_fragment\"",
                drops ? "join" : "drop", drops ? "" : "no ");
  }
}

}  // namespace

Profile parse_profile(std::string_view json, std::string_view source) {
  Json const value = parse_strict(json, source);
  JsonObject document(value, {std::string(source), ""});
  Profile profile;
  profile.name = document.text("name");
  bool const good = !profile.name.empty() &&
                    profile.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                        std::string::npos;
  if (!good) {
    document.place("name").refuse("small letters, digits, - _ . are needed");
  }
  profile.version = static_cast<int>(document.integer("version", 1, 1'000'000));
  read_use(document.object("use"), profile.rules);
  read_key(document, profile.rules);
  read_flow_rules(document, profile.rules);
  read_numbers(document, profile.rules);
  document.finish();
  profile.canonical = value.dump();  // nlohmann::json keeps keys sorted
  profile.sha256 = sha256_hex(profile.canonical);
  return profile;
}

std::vector<std::string> built_in_profile_names() {
  std::vector<std::string> names;
  for (Document const& document : profile_documents()) {
    names.emplace_back(document.name);
  }
  return names;
}

Profile load_profile(std::string const& name_or_path) {
  for (Document const& document : profile_documents()) {
    if (document.name == name_or_path) {
      return parse_profile(document.text, "profile " + name_or_path);
    }
  }
  if (!std::filesystem::exists(name_or_path)) {
    fail(ErrorKind::usage, "{}: neither a built-in profile ({}) nor a file", name_or_path,
         fmt::join(built_in_profile_names(), ", "));
  }
  return parse_profile(read_file(name_or_path), name_or_path);
}

Profile with_tunnels(Profile const& profile, std::string const& tunnels) {
  Json document = Json::parse(profile.canonical);
  document["use"]["tunnels"] = tunnels;
  return parse_profile(document.dump(), "profile " + profile.name + " with tunnels " + tunnels);
}

std::string_view row_use_name(RowUse use) {
  return kRowUses[static_cast<std::size_t>(use)];
}

}  // namespace nta
