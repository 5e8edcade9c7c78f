// Selection and orientation around the back ends: tables -> selected packets, finished flows ->
// rows.
#include "kernels/bulk_meter.hpp"

#include "kernels/backend.hpp"
#include "kernels/device_place.hpp"
#include "kernels/key_index.hpp"
#include "kernels/open_flows.hpp"
#include "kernels/radix_sort.hpp"
#include "kernels/raw_buffer.hpp"
#include "kernels/segment_mark.hpp"
#include "kernels/selected_rows.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/prefetch.hpp"
#include "libnta/flows/table_columns.hpp"
#include "libnta/flows/table_rows.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <numeric>

namespace nta {

namespace {

/// radix_sort on the calling thread.
struct RunInOrder {
  template <class F>
  void operator()(std::size_t n_blocks, F const& f) const {
    for (std::size_t block = 0; block < n_blocks; ++block) {
      f(block);
    }
  }
};

}  // namespace

struct BulkMeter::State {
  Profile profile;
  FeatureSet set;
  MeterOptions options;
  Exec exec;
  KeyIndex<> index;
  RawBuffer<RowKey> row_keys;  // of the table at hand
  SelectedRows rows;
  UseCounts use;

  std::unique_ptr<OpenFlows> open;  // once rows have been drained

  void number_keys(std::span<PacketKey const> keys, std::span<CaptureLink const> links);
  void recount(LeftOut const& left_out);
  std::size_t max_rows(std::size_t out_bytes) const;
  void take_batch(bool last, std::size_t out_bytes, RowsOut const& out);
  std::unique_ptr<BulkBackend> backend(std::unique_ptr<DevicePlace>& place) const;
  void fill(FeatureTable& table, BulkBackend& backend, std::vector<FlowCut> const& cuts,
            std::span<std::uint32_t const> order) const;
  std::vector<std::uint32_t> row_order(std::vector<FlowCut> const& cuts) const;
  void write_identities(std::vector<FlowCut> const& cuts, std::span<std::uint32_t const> order,
                        FlowIdentity& identity) const;
};

BulkMeter::BulkMeter(Profile profile, MeterOptions const& options, Exec exec)
    : state_(std::make_unique<State>()) {
  NTA_EXPECTS(options.sequence.n >= 0 && options.sequence.n <= kMaxSequence, ErrorKind::usage,
              "sequences of {} packets: 0 to {} can be asked for", options.sequence.n,
              kMaxSequence);
  NTA_EXPECTS(exec.threads >= 1, ErrorKind::usage, "{} threads: at least one is needed",
              exec.threads);
  if (exec.device == Exec::Device::cuda) {
    device_indices(exec, cuda_device_count());  // is it there?
  }
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
  state.number_keys(table.keys, links);
  state.use.add(state.rows.add(table, {state.row_keys.data(), state.row_keys.size()},
                               state.profile.rules, state.exec));
}

/// What the meter knows of each of the table's keys; block by block, so that what is between a
/// packet key and its number stays in the nearest cache.
void BulkMeter::State::number_keys(std::span<PacketKey const> keys,
                                   std::span<CaptureLink const> links) {
  constexpr std::size_t kBlock = KeyIndex<>::kBlock;
  auto const& rules = profile.rules;
  row_keys.shrink(row_keys.size());
  auto* const out = row_keys.grow(keys.size());
  auto* const files = rows.add_keys(keys);
  index.reserve(keys.size());
  FlowKey projected[kBlock];
  for (std::size_t first = 0; first < keys.size(); first += kBlock) {
    auto const n = std::min(kBlock, keys.size() - first);
    for (std::size_t i = 0; i < n; ++i) {
      auto const& key = keys[first + i];
      NTA_EXPECTS(key.link < links.size(), ErrorKind::data,
                  "a packet names link {}, but only {} links are known", key.link, links.size());
      auto const& link = links[key.link];
      auto const of = project(key, options.join_files ? 0 : link.file, rules);
      projected[i] = of.key;
      ::new (static_cast<void*>(out + first + i))
          RowKey(use_of_key(key, link.link_type, rules), of.one_sided);
      files[first + i] = link.file;
    }
    index.number_block(std::span(projected, n),
                       [&](std::size_t i, std::uint32_t id) { out[first + i].id = id; });
  }
}

/// Flows in the order of their rows: by (first_packet, layer).
std::vector<std::uint32_t> BulkMeter::State::row_order(std::vector<FlowCut> const& cuts) const {
  std::vector<std::uint32_t> order(cuts.size());
  if (cuts.empty()) {
    return order;
  }
  if (rows.in_capture_order()) {  // rows themselves ascend by (packet, layer)
    auto const earlier = [](FlowCut const& x, FlowCut const& y) {
      return x.first_row < y.first_row;
    };
    if (std::is_sorted(cuts.begin(), cuts.end(), earlier)) {  // a flow a key, or nearly
      std::iota(order.begin(), order.end(), 0U);
      return order;
    }
    std::vector<std::uint64_t> keys(cuts.size()), scratch(cuts.size());
    for (std::uint32_t f = 0; f < cuts.size(); ++f) {
      keys[f] = std::uint64_t{cuts[f].first_row} << 32 | f;
    }
    auto const* const sorted =
        radix_sort(keys.data(), scratch.data(), keys.size(), 32,
                   static_cast<int>(std::bit_width(rows.size())), 1, RunInOrder{});
    for (std::size_t r = 0; r < order.size(); ++r) {
      order[r] = static_cast<std::uint32_t>(sorted[r]);
    }
    return order;
  }
  struct Ranked {
    std::uint64_t first_packet;
    std::uint32_t layer, flow;
    bool operator<(Ranked const& other) const {
      return first_packet != other.first_packet ? first_packet < other.first_packet
                                                : layer < other.layer;
    }
  };
  std::vector<Ranked> ranked(cuts.size());
  for (std::uint32_t f = 0; f < cuts.size(); ++f) {
    ranked[f] = {rows.record(cuts[f].first_row), layer_of(rows.key(cuts[f].first_row).path), f};
  }
  std::sort(ranked.begin(), ranked.end());
  std::transform(ranked.begin(), ranked.end(), order.begin(),
                 [](Ranked const& flow) { return flow.flow; });
  return order;
}

void BulkMeter::State::write_identities(std::vector<FlowCut> const& cuts,
                                        std::span<std::uint32_t const> order,
                                        FlowIdentity& identity) const {
  constexpr std::size_t kBlock = 4096;
  for_each_block(order.size(), kBlock, exec, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      constexpr std::size_t kCutAhead = 24, kRowsAhead = 16, kKeyAhead = 8;
      if (row + kCutAhead < last) {
        prefetch_line(&cuts[order[row + kCutAhead]]);
        rows.fetch_rows(cuts[order[row + kRowsAhead]]);
        rows.fetch_key(cuts[order[row + kKeyAhead]]);
      }
      set_identity(identity, row, rows.origin(cuts[order[row]], profile.rules), profile.rules);
    }
  });
}

/// Rows that were selected and are in no flow.
void BulkMeter::State::recount(LeftOut const& left_out) {
  use.rows[static_cast<std::size_t>(RowUse::in_flow)] -= left_out.late_fin + left_out.single;
  use.rows[static_cast<std::size_t>(RowUse::late_fin)] += left_out.late_fin;
  use.rows[static_cast<std::size_t>(RowUse::single_packet_flow)] += left_out.single;
}

/// Flows `order` as all rows of `table`, whose memory is used again.
void BulkMeter::State::fill(FeatureTable& table, BulkBackend& backend,
                            std::vector<FlowCut> const& cuts,
                            std::span<std::uint32_t const> order) const {
  remake_feature_table(table, profile, set, options.sequence, order.size());
  std::vector<FeatureCell*> columns;
  for (auto& feature : table.features) {
    columns.push_back(column_cells(feature));
  }
  write_identities(cuts, order, table.identity);
  if (!order.empty()) {
    backend.finish({.order = order,
                    .ids = set.ids,
                    .columns = columns,
                    .sequence = options.sequence,
                    .cells = sequence_pointers(table.sequence),
                    .count = table.sequence.count.data()});
  }
  add_flow_start(table, set);
}

/// `place`: where it runs, if the caller gave none.
std::unique_ptr<BulkBackend> BulkMeter::State::backend(std::unique_ptr<DevicePlace>& place) const {
  if (exec.device == Exec::Device::cpu) {
    return make_cpu_backend(set.family, profile.rules, exec);
  }
  auto there = exec;
  if (there.place == nullptr) {
    place = make_device_place(exec, device_bytes(rows.size()));
    there = place->exec(exec);
  }
  return make_cuda_backend(set.family, profile.rules, there);
}

std::size_t BulkMeter::State::max_rows(std::size_t out_bytes) const {
  auto const one = make_feature_table(profile, set, options.sequence, 1);
  return std::max<std::size_t>(out_bytes / row_bytes(one), 1);
}

FeatureTable BulkMeter::finish() {
  FeatureTable table;
  finish(SIZE_MAX, [&](FeatureTable&& rows) { table = std::move(rows); });
  return table;
}

void BulkMeter::finish(std::size_t out_bytes, RowsOut const& out) {
  auto& state = *state_;
  if (state.open) {
    state.take_batch(true, out_bytes, out);
    state.open.reset();
  } else {
    std::unique_ptr<DevicePlace> place;  // longer than what it holds
    auto const backend = state.backend(place);
    if (state.profile.rules.order == PacketOrder::sorted) {
      state.rows.sort_by_time();
    }
    auto const cuts = backend->cut(state.rows.selected(state.index.size()));
    state.recount(backend->left_out());
    auto const order = state.row_order(cuts);
    auto const rows = std::span(order);
    auto const most = state.max_rows(out_bytes);
    FeatureTable table;
    for (std::size_t first = 0; first == 0 || first < rows.size(); first += most) {
      state.fill(table, *backend, cuts, rows.subspan(first, std::min(most, rows.size() - first)));
      out(std::move(table));
    }
  }
  state.rows.clear();
  state.index.clear();
}

void BulkMeter::State::take_batch(bool last, std::size_t out_bytes, RowsOut const& out) {
  recount(open->take(
      {.rows = rows, .n_keys = index.size(), .last = last, .max_rows = max_rows(out_bytes)}, out));
  rows.clear_rows();
}

void BulkMeter::drain(std::size_t out_bytes, RowsOut const& out) {
  auto& state = *state_;
  NTA_EXPECTS(can_carry(), ErrorKind::failed,
              "open flows can be carried on CPU cores alone, and not for order \"sorted\"");
  if (!state.open) {
    state.open = make_open_flows(state.profile, state.set, state.options.sequence, state.exec);
  }
  state.take_batch(false, out_bytes, out);
}

bool BulkMeter::can_carry() const {
  return state_->exec.device == Exec::Device::cpu &&
         state_->profile.rules.order != PacketOrder::sorted;
}

std::size_t BulkMeter::held_bytes() const {
  static_assert(SelectedRows::kRowBytes == 44, "said at kPacketBytes");
  auto const& rows = state_->rows;
  return rows.bytes() + rows.size() * (kPacketBytes - SelectedRows::kRowBytes);
}

std::size_t BulkMeter::device_memory() const {
  return state_->exec.device == Exec::Device::cpu ? 0 : device_bytes(state_->rows.size());
}

std::size_t BulkMeter::carried_bytes() const {
  auto const& state = *state_;
  auto const each = open_flow_bytes(state.set.family, state.options.sequence);
  return state.index.size() == 0 ? 0 : state.index.size() * each + state.index.bytes();
}

}  // namespace nta
