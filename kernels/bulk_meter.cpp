// Selection and orientation around the back ends: tables -> selected packets, finished flows ->
// rows.
#include "kernels/bulk_meter.hpp"

#include "kernels/backend.hpp"
#include "kernels/key_index.hpp"
#include "kernels/segment_mark.hpp"
#include "kernels/selected_rows.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/table_rows.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>

namespace nta {

struct BulkMeter::State {
  Profile profile;
  FeatureSet set;
  MeterOptions options;
  Exec exec;
  KeyIndex<> index;
  SelectedRows rows;
  UseCounts use;

  FlowOrigin origin_of(std::vector<FlowCut> const& cuts, std::size_t f) const;
  std::vector<std::uint32_t> places(std::vector<FlowCut> const& cuts) const;
  void write_identities(std::vector<FlowCut> const& cuts, std::vector<std::uint32_t> const& place,
                        FlowIdentity& identity) const;
};

BulkMeter::BulkMeter(Profile profile, MeterOptions const& options, Exec exec)
    : state_(std::make_unique<State>()) {
  require_computable(profile);
  NTA_EXPECTS(options.sequence.n >= 0 && options.sequence.n <= kMaxSequence, ErrorKind::usage,
              "sequences of {} packets: 0 to {} can be asked for", options.sequence.n,
              kMaxSequence);
  NTA_EXPECTS(exec.threads >= 1, ErrorKind::usage, "{} threads: at least one is needed",
              exec.threads);
  NTA_EXPECTS(exec.device == Exec::Device::cpu || cuda_available(), ErrorKind::device,
              "no CUDA device is there; use --device cpu");
  state_->set = select_features(options.features);
  state_->profile = std::move(profile);
  state_->options = options;
  state_->exec = exec;
}

BulkMeter::~BulkMeter() = default;
BulkMeter::BulkMeter(BulkMeter&&) noexcept = default;
BulkMeter& BulkMeter::operator=(BulkMeter&&) noexcept = default;

UseCounts const& BulkMeter::use() const {
  return state_->use;
}

void BulkMeter::add(PacketTable const& table, std::span<CaptureLink const> links) {
  auto& state = *state_;
  if (table.size() == 0) {
    return;
  }
  auto const& rules = state.profile.rules;
  std::vector<RowKey> row_keys(table.keys.size());
  std::vector<FlowKey> flow_keys(table.keys.size());
  for (std::size_t k = 0; k < table.keys.size(); ++k) {
    auto const& key = table.keys[k];
    NTA_EXPECTS(key.link < links.size(), ErrorKind::data,
                "a packet names link {}, but only {} links are known", key.link, links.size());
    auto const& link = links[key.link];
    auto const projected = project(key, state.options.join_files ? 0 : link.file, rules);
    flow_keys[k] = projected.key;
    row_keys[k].use = use_of_key(key, link.link_type, rules);
    row_keys[k].one_sided = projected.one_sided;
    row_keys[k].capture = link.file;
  }
  std::vector<std::uint32_t> ids(flow_keys.size());
  state.index.number(flow_keys, ids);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    row_keys[k].id = ids[k];
  }
  state.use.add(state.rows.add(table, row_keys, rules, state.exec));
}

FlowOrigin BulkMeter::State::origin_of(std::vector<FlowCut> const& cuts, std::size_t f) const {
  auto const& cut = cuts[f];
  FlowOrigin origin;
  origin.first_packet = rows.record(cut.first_row);
  origin.last_packet = rows.record(cut.last_row);
  if ((cut.mark & kMarkContinues) != 0) {
    origin.continuation_of = static_cast<std::int64_t>(rows.record(cuts[f - 1].first_row));
  }
  origin.forward = (cut.mark & kMarkForwardB) != 0 ? 1 : 0;
  origin.end_reason = static_cast<EndReason>(cut.end_reason);
  origin.key = rows.key(cut.first_row);
  origin.capture = rows.capture(cut.first_row);
  origin.layer = layer_of(origin.key.path);
  set_start(origin, rows.base_s(cut.first_row), cut.first_t, profile.rules.unit_ns);
  return origin;
}

/// Each flow's row: its rank by (first_packet, layer).
std::vector<std::uint32_t> BulkMeter::State::places(std::vector<FlowCut> const& cuts) const {
  struct Ranked {
    std::uint64_t first_packet;
    std::uint32_t layer, flow;
    bool operator<(Ranked const& other) const {
      return first_packet != other.first_packet ? first_packet < other.first_packet
                                                : layer < other.layer;
    }
  };
  std::vector<Ranked> order(cuts.size());
  for (std::uint32_t f = 0; f < cuts.size(); ++f) {
    order[f] = {rows.record(cuts[f].first_row), layer_of(rows.key(cuts[f].first_row).path), f};
  }
  // Without tunnels, and from one capture, flows are nearly in order already.
  if (!std::is_sorted(order.begin(), order.end())) {
    std::sort(order.begin(), order.end());
  }
  std::vector<std::uint32_t> place(cuts.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    place[order[rank].flow] = rank;
  }
  return place;
}

void BulkMeter::State::write_identities(std::vector<FlowCut> const& cuts,
                                        std::vector<std::uint32_t> const& place,
                                        FlowIdentity& identity) const {
  constexpr std::size_t kBlock = 4096;
  for_each_block(cuts.size(), kBlock, exec, [&](std::size_t first, std::size_t last) {
    for (std::size_t f = first; f < last; ++f) {
      set_identity(identity, place[f], origin_of(cuts, f), profile.rules);
    }
  });
}

FeatureTable BulkMeter::finish() {
  auto& state = *state_;
  auto const backend = state.exec.device == Exec::Device::cpu
                           ? make_cpu_backend(state.set.family, state.profile.rules, state.exec)
                           : make_cuda_backend(state.set.family, state.profile.rules, state.exec);
  auto const cuts = backend->cut(state.rows.selected(state.index.size()));
  auto const place = state.places(cuts);
  auto const& sequence = state.options.sequence;
  auto table = make_feature_table(state.profile, state.set, sequence, cuts.size());
  std::vector<FeatureCell*> columns;
  for (auto& feature : table.features) {
    columns.push_back(column_cells(feature));
  }
  state.write_identities(cuts, place, table.identity);
  if (!cuts.empty()) {
    backend->finish({.place = place,
                     .ids = state.set.ids,
                     .columns = columns,
                     .sequence = sequence,
                     .cells = sequence_pointers(table.sequence),
                     .count = table.sequence.count.data()});
  }
  state.rows.clear();
  state.index.clear();
  return table;
}

}  // namespace nta
