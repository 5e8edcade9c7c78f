// Rule files: JSON -> LabelRules. Every key is known, typed and checked; messages carry the place.
#include "trainers/datasets/label_rules.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/json_object.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <limits>

namespace nta {

namespace {

using Json = nlohmann::json;

/// A value with its place; every complaint starts with file and pointer.
struct Place {
  std::string const& file;
  std::string pointer;
  Place at(std::string_view key) const { return {file, pointer + "/" + std::string(key)}; }
  Place at(std::size_t index) const { return at(std::to_string(index)); }
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::usage, "{}: {}: {}", file, pointer.empty() ? "/" : pointer,
         fmt::format(format, std::forward<Args>(args)...));
  }
};

std::string text_of(Json const& json, Place const& place) {
  if (!json.is_string() || json.get_ref<std::string const&>().empty()) {
    place.refuse("a text that is not empty is expected, not {}", json.dump());
  }
  return json.get<std::string>();
}

std::int64_t integer_of(Json const& json, Place const& place, std::int64_t low, std::int64_t high) {
  if (!json.is_number_integer() || json.get<std::int64_t>() < low ||
      json.get<std::int64_t>() > high) {
    place.refuse("an integer in [{}, {}] is expected, not {}", low, high, json.dump());
  }
  return json.get<std::int64_t>();
}

UtcTime time_of(Json const& json, Place const& place) {
  std::string const text = text_of(json, place);
  auto const time = parse_utc(text);
  if (!time) {
    place.refuse("\"{}\" is no time such as 2025-03-01T10:00:00Z (Z or an offset is needed)", text);
  }
  return *time;
}

template <class F>
void for_each_item(Json const& json, Place const& place, F f) {
  if (!json.is_array() || json.empty()) {
    place.refuse("a list that is not empty is expected, not {}", json.dump());
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    f(json[i], place.at(i));
  }
}

std::vector<AddressRange> addresses_of(Json const& json, Place const& place) {
  std::vector<AddressRange> ranges;
  for_each_item(json, place, [&](Json const& item, Place const& here) {
    std::string const text = text_of(item, here);
    auto const range = parse_address_range(text);
    if (!range) {
      here.refuse("\"{}\" is no address such as 10.0.1.5 or 10.0.9.0/24", text);
    }
    ranges.push_back(*range);
  });
  return ranges;
}

struct ProtocolName {
  std::string_view name;
  std::uint8_t number;
};
constexpr auto kProtocols = std::to_array<ProtocolName>(
    {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"gre", 47}, {"icmpv6", 58}, {"sctp", 132}});

std::uint8_t protocol_of(Json const& json, Place const& place) {
  if (json.is_number()) {
    return static_cast<std::uint8_t>(integer_of(json, place, 0, 255));
  }
  std::string const name = text_of(json, place);
  for (ProtocolName const& known : kProtocols) {
    if (known.name == name) {
      return known.number;
    }
  }
  place.refuse("unknown protocol \"{}\"; known are icmp, tcp, udp, gre, icmpv6, sctp and numbers",
               name);
}

PortRange port_range_of(Json const& json, Place const& place) {
  if (json.is_number()) {
    auto const port = static_cast<std::uint16_t>(integer_of(json, place, 0, 65535));
    return {port, port};
  }
  std::string const text = text_of(json, place);
  unsigned first = 0, last = 0;
  char const* const end = text.data() + text.size();
  auto const left = std::from_chars(text.data(), end, first);
  bool ok = left.ec == std::errc() && left.ptr != end && *left.ptr == '-';
  if (ok) {
    auto const right = std::from_chars(left.ptr + 1, end, last);
    ok = right.ec == std::errc() && right.ptr == end && first <= last && last <= 65535;
  }
  if (!ok) {
    place.refuse("\"{}\" is no range of ports such as \"1-1024\"", text);
  }
  return {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

/// One key of a rule -> its member; false for an unknown key.
bool read_key(LabelRule& rule, std::string const& key, Json const& value, Place const& place) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (key == "label") {
    rule.label = text_of(value, place);
  } else if (key == "else") {
    if (!value.is_null()) {
      rule.otherwise = text_of(value, place);
    }
  } else if (key == "priority") {
    rule.priority = integer_of(value, place, -1'000'000, 1'000'000);
  } else if (key == "capture") {
    rule.capture = text_of(value, place);
  } else if (key == "from") {
    rule.from = time_of(value, place);
  } else if (key == "to") {
    rule.to = time_of(value, place);
  } else if (key == "a") {
    rule.a = addresses_of(value, place);
  } else if (key == "b") {
    rule.b = addresses_of(value, place);
  } else if (key == "either_way") {
    if (!value.is_boolean()) {
      place.refuse("true or false is expected, not {}", value.dump());
    }
    rule.either_way = value.get<bool>();
  } else if (key == "proto") {
    for_each_item(value, place, [&](Json const& item, Place const& here) {
      rule.protocols.push_back(protocol_of(item, here));
    });
  } else if (key == "ports_b") {
    for_each_item(value, place, [&](Json const& item, Place const& here) {
      rule.ports_b.push_back(port_range_of(item, here));
    });
  } else if (key == "payload_bytes_min") {
    rule.payload_bytes_min = integer_of(value, place, 0, kMost);
  } else {
    return false;
  }
  return true;
}

LabelRule rule_of(Json const& json, Place const& place) {
  if (!json.is_object()) {
    place.refuse("a rule is an object, not {}", json.dump());
  }
  LabelRule rule;
  for (auto const& [key, value] : json.items()) {
    if (!read_key(rule, key, value, place.at(key))) {
      place.at(key).refuse(
          "unknown key; a rule has label, else, priority, capture, from, to, a, b, either_way, "
          "proto, ports_b, payload_bytes_min");
    }
  }
  if (rule.label.empty()) {
    place.refuse("the rule has no label");
  }
  if (!(rule.from < rule.to)) {
    place.refuse("\"from\" is not before \"to\": nothing can match");
  }
  if (rule.otherwise && rule.payload_bytes_min == 0) {
    place.at("else").refuse("without payload_bytes_min this label is never given");
  }
  return rule;
}

}  // namespace

AddressRange::AddressRange(IpAddress const& of, int prefix_bits) : address(of) {
  IpAddress bytes{};
  for (int bit = 0; bit < prefix_bits; ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(0x80 >> (bit % 8));
  }
  value = std::bit_cast<std::array<std::uint64_t, 2>>(of);
  mask = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
}

std::optional<AddressRange> parse_address_range(std::string const& text) {
  std::size_t const slash = text.find('/');
  std::string const host = text.substr(0, slash);
  IpAddress address{};
  int width = 128;
  if (inet_pton(AF_INET, host.c_str(), address.data() + 12) == 1) {
    address[10] = address[11] = 0xFF;
    width = 32;
  } else if (inet_pton(AF_INET6, host.c_str(), address.data()) != 1) {
    return std::nullopt;
  }
  int bits = width;
  if (slash != std::string::npos) {
    char const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits < 0 || bits > width) {
      return std::nullopt;
    }
  }
  return AddressRange(address, 128 - width + bits);
}

LabelRules parse_label_rules(std::string_view json_text, std::string const& file) {
  Json const json = parse_strict(json_text, file);
  Place const root{file, ""};
  if (!json.is_object()) {
    root.refuse("an object is expected");
  }
  LabelRules rules;
  rules.file = file;
  if (!json.contains("nta_labels") || json["nta_labels"] != 1) {
    root.at("nta_labels").refuse("1 is expected: this reads version 1 of label rules");
  }
  if (!json.contains("rules")) {
    root.refuse("the key \"rules\" is missing");
  }
  for (auto const& [key, value] : json.items()) {
    if (key == "default") {
      if (!value.is_null()) {
        rules.default_label = text_of(value, root.at(key));
      }
    } else if (key == "rules") {
      if (!value.is_array()) {
        root.at(key).refuse("a list is expected");
      }
      for (std::size_t i = 0; i < value.size(); ++i) {
        rules.rules.push_back(rule_of(value[i], root.at(key).at(i)));
      }
    } else if (key != "nta_labels") {
      root.at(key).refuse("unknown key; there are nta_labels, default, rules");
    }
  }
  return rules;
}

LabelRules read_label_rules(std::filesystem::path const& path) {
  return parse_label_rules(read_file(path), path.string());
}

}  // namespace nta
