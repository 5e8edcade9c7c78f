#include "trainers/datasets/global_clock.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/flow_packet.hpp"

#include <algorithm>

namespace nta {
namespace {

struct UsedRow {
  std::uint32_t index = 0;
  std::int64_t t = 0;
};

/// Used rows by record.
std::vector<UsedRow> used_rows(PacketTable const& table, std::vector<CaptureLink> const& links,
                               Rules const& rules) {
  std::vector<KeyUse> keys;
  keys.reserve(table.keys.size());
  for (auto const& key : table.keys) {
    NTA_EXPECTS(key.link < links.size(), ErrorKind::data,
                "a packet names link {}, but only {} links are known", key.link, links.size());
    keys.push_back(use_of_key(key, links[key.link].link_type, rules));
  }
  std::vector<UsedRow> used;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table.status[i] == 0 &&
        use_of_row(keys[table.key[i]], table.bits[i], table.cap_len[i], rules) == RowUse::in_flow) {
      used.push_back({table.index[i], to_unit(table.time_ns[i], rules.unit_ns)});
    }
  }
  std::sort(used.begin(), used.end(),
            [](UsedRow const& x, UsedRow const& y) { return x.index < y.index; });
  return used;
}

}  // namespace

GlobalClock::GlobalClock(ShardFolder const& shards, Profile const& profile) {
  auto const& ingest = shards.manifest().ingest;
  if (profile.rules.order != PacketOrder::monotone || ingest.regressions == 0) {
    return;
  }
  for (std::size_t i = 0; i < shards.size(); ++i) {
    auto const table = shards.read(i);
    if (table.size() > 0) {
      walk(table, ingest.links, profile.rules);
    }
  }
}

void GlobalClock::walk(PacketTable const& table, std::vector<CaptureLink> const& links,
                       Rules const& rules) {
  clock_ = shifted(clock_, time_shift(base_s_, table.time_base_s, rules.unit_ns));
  base_s_ = table.time_base_s;
  bool held = false;
  for (auto const& row : used_rows(table, links, rules)) {
    auto const record = table.first_index + row.index;
    if (row.t >= clock_) {
      clock_ = row.t;
      held = false;
    } else if (held) {
      stretches_.back().to = record;
    } else {
      stretches_.push_back({record, record, clock_});
      held = true;
    }
  }
}

void GlobalClock::apply(PacketTable& table, std::int64_t unit_ns) const {
  if (stretches_.empty()) {
    return;
  }
  auto at = stretches_.begin();
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto const record = table.first_index + table.index[i];
    if (i == 0 || record < before) {  // the next partition begins
      at = std::lower_bound(stretches_.begin(), stretches_.end(), record,
                            [](ClockStretch const& s, std::uint64_t r) { return s.to < r; });
    }
    before = record;
    while (at != stretches_.end() && at->to < record) {
      ++at;
    }
    if (at != stretches_.end() && at->from <= record) {
      table.time_ns[i] = at->clock * unit_ns;
    }
  }
}

Profile with_settled_clock(Profile profile) {
  if (profile.rules.order == PacketOrder::monotone) {
    profile.rules.order = PacketOrder::capture;
  }
  return profile;
}

}  // namespace nta
