#include "trainers/datasets/partition_work.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/columns.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace nta {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMostSlices = 4096;

/// A slice has more open flows, or rows that must stay together, than the budget allows.
/// `divisible`: more slices would be smaller.
struct TooLarge {
  bool divisible = true;
};

class SliceRun {
 public:
  SliceRun(PartitionContext const& context, std::uint32_t partition, std::uint32_t slice,
           std::uint32_t n_slices)
      : context_(context),
        partition_(partition),
        slice_(slice),
        n_slices_(n_slices),
        meter_(context.request.profile, context.request.meter, context.worker.exec),
        budget_(meter_budget(context.memory_bytes, context.worker.device_bytes)) {}

  /// Throws TooLarge.
  void run() {
    auto const& shards = context_.shards;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      if (shards.manifest().shards[i].partition_rows[partition_] == 0) {
        continue;
      }
      add(shards.read(i, partition_, partition_ + 1));
    }
    meter_.finish(budget_.out_bytes, [&](FeatureTable&& table) { hold(std::move(table)); });
  }
  std::vector<RowRun> take_runs() { return std::move(runs_); }
  UseCounts const& use() const { return meter_.use(); }
  std::int64_t rows_seen() const { return rows_seen_; }

 private:
  void add(PacketTable table) {
    context_.clock.apply(table, context_.request.profile.rules.unit_ns);
    keep_slice(table, slice_, n_slices_);
    auto const n = static_cast<std::int64_t>(table.size());
    rows_seen_ += n;
    for (auto const& key : table.keys) {
      hash_ = hash_.value_or(partition_hash(key));
      divisible_ = divisible_ || partition_hash(key) != *hash_;
    }
    context_.step(n);
    meter_.add(table, context_.shards.manifest().ingest.links);
    if (meter_.held_bytes() <= budget_.held_bytes &&
        meter_.device_memory() <= budget_.device_bytes) {
      return;
    }
    if (!meter_.can_carry() || meter_.carried_bytes() > budget_.carried_bytes) {
      throw TooLarge{divisible_};
    }
    meter_.drain(budget_.out_bytes, [&](FeatureTable&& rows) { hold(std::move(rows)); });
  }
  void hold(FeatureTable&& table) { runs_.push_back(context_.runs.hold(std::move(table))); }

  PartitionContext const& context_;
  std::uint32_t partition_, slice_, n_slices_;
  BulkMeter meter_;
  MeterBudget budget_;
  std::vector<RowRun> runs_;
  std::int64_t rows_seen_ = 0;
  std::optional<std::uint64_t> hash_;  // of the keys, if it is one
  bool divisible_ = false;
};

[[noreturn]] void refuse(PartitionContext const& context, std::uint32_t partition) {
  NTA_EXPECTS(context.worker.device_bytes == 0, ErrorKind::usage,
              "partition {}: the packets of a flow key do not fit {} MB of memory or a worker's {} "
              "MB on the device; allow more --memory, or use --device cpu",
              partition, context.memory_bytes >> 20U, context.worker.device_bytes >> 20U);
  fail(ErrorKind::usage,
       "partition {}: the packets of a flow key do not fit {} MB of memory; allow more --memory{}",
       partition, context.memory_bytes >> 20U,
       context.request.profile.rules.order == PacketOrder::sorted
           ? " (order \"sorted\" needs all packets of a key at once)"
           : "");
}

/// All slices of the partition; nothing if one of them is too large.
std::optional<UseCounts> try_slices(PartitionContext const& context, std::uint32_t partition,
                                    std::uint32_t n_slices) {
  std::vector<RowRun> runs;
  UseCounts use;
  std::int64_t rows_seen = 0;
  for (std::uint32_t slice = 0; slice < n_slices; ++slice) {
    SliceRun run(context, partition, slice, n_slices);
    bool too_large = false;
    try {
      run.run();
    } catch (TooLarge const& found) {
      if (!found.divisible) {
        refuse(context, partition);
      }
      too_large = true;
    }
    rows_seen += run.rows_seen();
    for (auto& one : run.take_runs()) {
      runs.push_back(std::move(one));
    }
    if (too_large) {
      context.runs.drop(std::move(runs));
      context.step(-rows_seen);
      return std::nullopt;
    }
    use.add(run.use());
  }
  context.runs.commit(std::move(runs));
  return use;
}

}  // namespace

MeterBudget meter_budget(std::size_t memory_bytes, std::size_t device_bytes) {
  auto const on_device = device_bytes == 0 ? SIZE_MAX : device_bytes / 4 * 3;
  auto const rows_on_device = device_bytes == 0 ? SIZE_MAX : device_bytes / 4;
  if (memory_bytes == 0) {
    return {SIZE_MAX, SIZE_MAX, rows_on_device, on_device};
  }
  // A meter numbers its packets with 32 bits; more than 20 B of each are held.
  constexpr std::size_t kMostHeld = std::size_t{64} << 30U;
  // The last quarter is for the table of packets at hand, and what allocators keep.
  return {std::min(memory_bytes / 8 * 3, kMostHeld), memory_bytes / 4,
          std::min(memory_bytes / 8, rows_on_device), on_device};
}

void keep_slice(PacketTable& table, std::uint32_t slice, std::uint32_t n_slices) {
  auto const n_keys = table.keys.size();
  std::vector<std::uint32_t> number(n_keys, kUnseen);
  std::vector<PacketKey> keys;
  std::vector<std::uint8_t> is_in(n_keys, 1);
  if (n_slices > 1) {
    std::transform(table.keys.begin(), table.keys.end(), is_in.begin(), [&](PacketKey const& key) {
      return static_cast<std::uint8_t>((partition_hash(key) & (n_slices - 1)) == slice ? 1 : 0);
    });
  }
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto const key = table.key[i];
    if (is_in[key] == 0) {
      continue;
    }
    rows.push_back(i);
    if (number[key] == kUnseen) {
      number[key] = static_cast<std::uint32_t>(keys.size());
      keys.push_back(table.keys[key]);
    }
    table.key[i] = number[key];
  }
  table.keys = std::move(keys);
  if (rows.size() == table.size()) {
    return;
  }
  visit_row_columns([&](ColumnInfo const&, auto member) {
    auto& column = table.*member;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      column[i] = column[rows[i]];  // rows[i] >= i
    }
    column.resize(rows.size());
  });
}

UseCounts run_partition(PartitionContext const& context, std::uint32_t partition) {
  for (std::uint32_t n_slices = 1; n_slices <= kMostSlices; n_slices *= 2) {
    if (auto const use = try_slices(context, partition, n_slices)) {
      return *use;
    }
  }
  refuse(context, partition);
}

}  // namespace nta
