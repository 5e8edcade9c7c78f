// Who did what to whom and when -> a label per flow. A rule file names time windows, endpoints and
// ports; what it says is checked completely before any flow is looked at.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "trainers/datasets/utc_time.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Addresses that share their first `prefix_bits` of 128 (IPv4 as ::ffff:a.b.c.d). Bytes and mask
/// are kept as two words each: rules ask this for every flow.
struct AddressRange {
  AddressRange(IpAddress const& address, int prefix_bits);
  bool contains(IpAddress const& other) const {
    std::array<std::uint64_t, 2> const words = std::bit_cast<std::array<std::uint64_t, 2>>(other);
    return (((words[0] ^ value[0]) & mask[0]) | ((words[1] ^ value[1]) & mask[1])) == 0;
  }
  IpAddress address;
  std::array<std::uint64_t, 2> value, mask;
};
/// "10.0.9.0/24", "2001:db8::1", ...; nothing for any other text.
std::optional<AddressRange> parse_address_range(std::string const& text);

struct PortRange {
  std::uint16_t first = 0, last = 65535;
};

/// Empty lists: any. A flow matches when its start is in [from, to) and endpoints (a = initiator;
/// either_way: or a = responder), protocol and b's port fit.
struct LabelRule {
  std::string label;
  std::optional<std::string> otherwise;  // key "else": label of a match with too little payload
  std::int64_t priority = 0;             // the highest wins
  std::string capture = "*";             // glob over file names, with a / over paths
  UtcTime from = kBeginningOfTime, to = kEndOfTime;
  std::vector<AddressRange> a, b;
  bool either_way = false;
  std::vector<std::uint8_t> protocols;
  std::vector<PortRange> ports_b;
  std::int64_t payload_bytes_min = 0;
};

struct LabelRules {
  std::string file;
  std::optional<std::string> default_label;
  std::vector<LabelRule> rules;
};

/// Error(usage) naming file and JSON pointer: unknown keys, wrong types, times without zone, empty
/// windows. `file` stands in the messages.
LabelRules parse_label_rules(std::string_view json, std::string const& file);
LabelRules read_label_rules(std::filesystem::path const& path);

struct LabelReport {
  std::map<std::string, std::int64_t> flows_per_label;
  std::vector<std::size_t> rules_without_flows;  // positions in the file
  std::int64_t defaulted = 0;                    // no rule; the default label
  std::int64_t unmatched = 0;                    // no rule, no default: label ""
  std::int64_t many_to_one = 0;                  // join tables: flows that several rows fit
  void merge(LabelReport const& other);          // of the same rules on another table
};

/// Sets table.labels. Error(data) if two labels of equal priority fit one flow (both rules named),
/// or a rule asks for payload and the table has no column payload_bytes. O(flows x rules that are
/// in force in the flow's capture and at its start).
LabelReport apply_label_rules(LabelRules const& rules, FeatureTable& table);

}  // namespace nta
