#include "trainers/datasets/range_stream.hpp"

#include "libnta/flows/table_columns.hpp"
#include "trainers/datasets/table_maker.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace nta {
namespace {

/// Tables that stay in the nearer caches on their way from a meter to the file.
constexpr std::size_t kTableBytes = std::size_t{4} << 20U;

/// The packets of a range in a meter.
class RangeMeter {
 public:
  RangeMeter(PartitionContext const& context, PartitionRange range)
      : context_(context),
        range_(range),
        meter_(context.request.profile, context.request.meter, context.worker.exec),
        held_bytes_(meter_budget(context.memory_bytes).held_bytes) {}

  /// No: they are more than the budget allows.
  bool add_all() {
    auto const& shards = context_.shards;
    PacketTable table;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      auto const& rows = shards.manifest().shards[i].partition_rows;
      if (std::all_of(rows.begin() + range_.first, rows.begin() + range_.last,
                      [](std::uint64_t n) { return n == 0; })) {
        continue;
      }
      shards.read_into(table, i, range_.first, range_.last);
      context_.clock.apply(table, context_.request.profile.rules.unit_ns);
      rows_ += static_cast<std::int64_t>(table.size());
      context_.step(static_cast<std::int64_t>(table.size()));
      meter_.add(table, shards.manifest().ingest.links);
      if (meter_.held_bytes() > held_bytes_) {
        return false;
      }
    }
    return true;
  }
  void finish(RowsOut const& out) { meter_.finish(kTableBytes, out); }
  UseCounts const& use() const { return meter_.use(); }
  std::int64_t rows() const { return rows_; }

 private:
  PartitionContext const& context_;
  PartitionRange range_;
  BulkMeter meter_;
  std::size_t held_bytes_;
  std::int64_t rows_ = 0;
};

/// A maker as one of merge_rows' sources, which that owns.
class MakerSource : public RowSource {
 public:
  explicit MakerSource(TableMaker& maker) : maker_(maker) {}
  FeatureTable* next() override { return maker_.next(); }

 private:
  TableMaker& maker_;
};

/// One range: no merge, no second thread.
std::uint64_t finish_one(RangeMeter& meter, FeatureProvenance const& names, FeatureSink& sink) {
  std::uint64_t flows = 0;
  meter.finish([&](FeatureTable&& table) {
    copy_names(names, table.provenance);
    flows += table.size();
    sink.add(table);
  });
  return flows;
}

/// The meters' rows while they finish, each on its thread.
std::uint64_t finish_all(std::deque<RangeMeter>& meters, FeatureProvenance const& names,
                         FeatureSink& sink) {
  std::deque<TableMaker> makers;
  for (auto& meter : meters) {
    makers.emplace_back([&meter](TableMaker::Out const& out) { meter.finish(out); });
  }
  FeatureTable model;
  std::vector<std::unique_ptr<RowSource>> sources;
  for (auto& maker : makers) {
    auto const& first = maker.first();
    if (sources.empty() || (model.size() == 0 && first.size() > 0)) {
      model = rows_like(first, std::min<std::size_t>(first.size(), 1));
    }
    sources.push_back(std::make_unique<MakerSource>(maker));
  }
  copy_names(names, model.provenance);
  return merge_rows(std::move(sources), model, sink);
}

}  // namespace

std::vector<PartitionRange> even_ranges(Manifest const& manifest, PartitionRange all,
                                        std::size_t n) {
  std::vector<std::uint64_t> rows(all.last - all.first, 0);
  std::uint64_t left = 0;
  for (auto const& shard : manifest.shards) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] += shard.partition_rows[all.first + i];
      left += shard.partition_rows[all.first + i];
    }
  }
  std::vector<PartitionRange> ranges;
  for (auto at = all.first; at < all.last;) {
    auto const n_left = std::max<std::uint64_t>(n - ranges.size(), 1);
    PartitionRange range{at, at};
    std::uint64_t sum = 0;
    do {
      sum += rows[range.last++ - all.first];
    } while (range.last < all.last &&
             (n_left == 1 || (sum + rows[range.last - all.first] / 2) <= left / n_left));
    left -= sum;
    at = range.last;
    ranges.push_back(range);
  }
  return ranges;
}

std::optional<RangeResult> stream_ranges(PartitionContext const& context,
                                         std::span<PartitionRange const> ranges,
                                         FeatureProvenance const& names, FeatureSink& sink) {
  std::deque<RangeMeter> meters;
  for (auto const& range : ranges) {
    meters.emplace_back(context, range);
  }
  auto const n = static_cast<std::uint32_t>(meters.size());
  std::vector<char> fits(n, 0);
  share_partitions({0, n}, n, [&](std::size_t) -> PartitionJob {
    return [&](std::uint32_t i) { fits[i] = meters[i].add_all() ? 1 : 0; };
  });
  if (std::find(fits.begin(), fits.end(), 0) != fits.end()) {
    for (auto const& meter : meters) {
      context.step(-meter.rows());
    }
    return std::nullopt;
  }
  RangeResult result;
  result.flows = meters.size() == 1 ? finish_one(meters.front(), names, sink)
                                    : finish_all(meters, names, sink);
  for (auto const& meter : meters) {
    result.use.add(meter.use());
  }
  return result;
}

}  // namespace nta
