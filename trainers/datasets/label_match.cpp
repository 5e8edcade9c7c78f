// Rules on flows. Which rules are in force is looked up by capture and by time, so that a thousand
// rules on a hundred thousand flows stay far below a second.
#include "libnta/core/error.hpp"
#include "libnta/core/glob.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <algorithm>
#include <set>

namespace nta {

void LabelReport::merge(LabelReport const& other) {
  for (auto const& [label, flows] : other.flows_per_label) {
    flows_per_label[label] += flows;
  }
  std::vector<std::size_t> both;
  std::set_intersection(rules_without_flows.begin(), rules_without_flows.end(),
                        other.rules_without_flows.begin(), other.rules_without_flows.end(),
                        std::back_inserter(both));
  rules_without_flows = std::move(both);
  defaulted += other.defaulted;
  unmatched += other.unmatched;
  many_to_one += other.many_to_one;
}

namespace {

/// Rules in force between two neighbouring window ends: time -> list, in file order.
class TimeIndex {
 public:
  TimeIndex(std::vector<LabelRule> const& rules, std::vector<std::size_t> const& chosen) {
    std::set<UtcTime> ends{kBeginningOfTime};
    for (std::size_t const r : chosen) {
      ends.insert({rules[r].from, rules[r].to});
    }
    starts_.assign(ends.begin(), ends.end());
    in_force_.resize(starts_.size());
    for (std::size_t const r : chosen) {
      for (std::size_t i = place(rules[r].from); i < starts_.size() && starts_[i] < rules[r].to;
           ++i) {
        in_force_[i].push_back(r);
      }
    }
  }
  std::vector<std::size_t> const& at(UtcTime time) const { return in_force_[place(time)]; }

 private:
  std::size_t place(UtcTime time) const {
    auto const after = std::upper_bound(starts_.begin(), starts_.end(), time);
    return static_cast<std::size_t>(after - starts_.begin()) - 1;
  }
  std::vector<UtcTime> starts_;
  std::vector<std::vector<std::size_t>> in_force_;
};

std::string file_name(std::string const& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 = 0
}

bool capture_fits(LabelRule const& rule, std::string const& path) {
  bool const whole_path = rule.capture.find('/') != std::string::npos;
  return glob_matches(rule.capture, whole_path ? path : file_name(path));
}

bool holds(std::vector<AddressRange> const& ranges, IpAddress const& address) {
  return ranges.empty() ||
         std::any_of(ranges.begin(), ranges.end(),
                     [&](AddressRange const& range) { return range.contains(address); });
}

bool holds(std::vector<PortRange> const& ranges, std::uint16_t port) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](PortRange range) {
           return range.first <= port && port <= range.last;
         });
}

bool endpoints_fit(LabelRule const& rule, FlowIdentity const& id, std::size_t flow) {
  bool const forward = holds(rule.a, id.src_ip[flow]) && holds(rule.b, id.dst_ip[flow]) &&
                       holds(rule.ports_b, id.dst_port[flow]);
  if (forward || !rule.either_way) {
    return forward;
  }
  return holds(rule.a, id.dst_ip[flow]) && holds(rule.b, id.src_ip[flow]) &&
         holds(rule.ports_b, id.src_port[flow]);
}

bool protocol_fits(LabelRule const& rule, std::uint8_t protocol) {
  auto const& list = rule.protocols;
  return list.empty() || std::find(list.begin(), list.end(), protocol) != list.end();
}

/// Column payload_bytes, or null where no rule asks for it.
std::vector<std::int64_t> const* payload_column(LabelRules const& rules,
                                                FeatureTable const& table) {
  bool const asked = std::any_of(rules.rules.begin(), rules.rules.end(),
                                 [](LabelRule const& rule) { return rule.payload_bytes_min > 0; });
  if (!asked) {
    return nullptr;
  }
  for (FeatureColumn const& column : table.features) {
    if (column.name == "payload_bytes") {
      if (auto const* values = std::get_if<std::vector<std::int64_t>>(&column.values)) {
        return values;
      }
    }
  }
  fail(ErrorKind::data,
       "{}: payload_bytes_min needs the column payload_bytes, which this feature table lacks",
       rules.file);
}

/// Labels one flow at a time and counts.
class Labeller {
 public:
  Labeller(LabelRules const& rules, FeatureTable const& table)
      : rules_(rules),
        table_(table),
        payload_(payload_column(rules, table)),
        used_(rules.rules.size()) {}

  std::string label(std::size_t flow, std::vector<std::size_t> const& candidates) {
    std::size_t best = kNone, rival = kNone;  // rival: equal priority, another label
    std::string best_label;
    for (std::size_t const r : candidates) {
      auto const given = given_label(rules_.rules[r], flow);
      if (!given) {
        continue;
      }
      used_[r] = true;
      if (best == kNone || rules_.rules[r].priority > rules_.rules[best].priority) {
        best = r;
        best_label = *given;
        rival = kNone;
      } else if (rules_.rules[r].priority == rules_.rules[best].priority && *given != best_label) {
        rival = r;
      }
    }
    if (rival != kNone) {
      refuse_both(flow, best, rival);
    }
    return best == kNone ? without_rule() : count(best_label);
  }

  LabelReport report() const {
    LabelReport report = report_;
    for (std::size_t r = 0; r < used_.size(); ++r) {
      if (!used_[r]) {
        report.rules_without_flows.push_back(r);
      }
    }
    return report;
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// Time and capture fit already. The label, or nothing if the rest does not fit.
  std::optional<std::string> given_label(LabelRule const& rule, std::size_t flow) const {
    if (!protocol_fits(rule, table_.identity.protocol[flow]) ||
        !endpoints_fit(rule, table_.identity, flow)) {
      return std::nullopt;
    }
    bool const enough = payload_ == nullptr || (*payload_)[flow] >= rule.payload_bytes_min;
    return enough ? std::optional<std::string>(rule.label) : rule.otherwise;
  }

  std::string count(std::string const& label) {
    ++report_.flows_per_label[label];
    return label;
  }

  std::string without_rule() {
    if (rules_.default_label) {
      ++report_.defaulted;
      return count(*rules_.default_label);
    }
    ++report_.unmatched;
    return "";
  }

  [[noreturn]] void refuse_both(std::size_t flow, std::size_t one, std::size_t other) const {
    FlowIdentity const& id = table_.identity;
    fail(ErrorKind::data,
         "{}: /rules/{} ({}) and /rules/{} ({}) have equal priority and both fit the flow that "
         "starts at {}.{:09} s (ports {} and {}); give one of them a higher priority",
         rules_.file, one, rules_.rules[one].label, other, rules_.rules[other].label,
         id.start_s[flow], id.start_ns[flow], id.src_port[flow], id.dst_port[flow]);
  }

  LabelRules const& rules_;
  FeatureTable const& table_;
  std::vector<std::int64_t> const* payload_;
  std::vector<bool> used_;
  LabelReport report_;
};

/// One index per set of rules that some capture selects; captures that select the same share it.
class CaptureIndex {
 public:
  CaptureIndex(LabelRules const& rules, std::vector<std::string> const& captures) {
    std::map<std::vector<std::size_t>, std::size_t> known;
    for (std::string const& path : captures) {
      std::vector<std::size_t> chosen;
      for (std::size_t r = 0; r < rules.rules.size(); ++r) {
        if (capture_fits(rules.rules[r], path)) {
          chosen.push_back(r);
        }
      }
      auto const [entry, is_first] = known.emplace(chosen, indices_.size());
      if (is_first) {
        indices_.emplace_back(rules.rules, chosen);
      }
      of_capture_.push_back(entry->second);
    }
  }
  TimeIndex const& of(std::uint32_t capture) const { return indices_[of_capture_[capture]]; }

 private:
  std::vector<TimeIndex> indices_;
  std::vector<std::size_t> of_capture_;
};

}  // namespace

LabelReport apply_label_rules(LabelRules const& rules, FeatureTable& table) {
  CaptureIndex const index(rules, table.provenance.captures);
  Labeller labeller(rules, table);
  std::vector<std::string> labels(table.size());
  FlowIdentity const& id = table.identity;
  for (std::size_t flow = 0; flow < table.size(); ++flow) {
    UtcTime const start{id.start_s[flow], id.start_ns[flow]};
    labels[flow] = labeller.label(flow, index.of(id.capture[flow]).at(start));
  }
  table.labels = std::move(labels);
  return labeller.report();
}

}  // namespace nta
