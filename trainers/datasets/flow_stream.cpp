#include "trainers/datasets/flow_stream.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/core/stop_flag.hpp"
#include "libnta/flows/table_columns.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/feature_part.hpp"
#include "trainers/datasets/partition_work.hpp"
#include "trainers/datasets/range_stream.hpp"
#include "trainers/datasets/row_runs.hpp"
#include "trainers/datasets/table_maker.hpp"
#include "trainers/datasets/temporary_shards.hpp"

#include <algorithm>
#include <charconv>
#include <malloc.h>
#include <memory>
#include <mutex>
#include <utility>

namespace nta {
namespace {

/// Counts rows for all workers.
class Progress {
 public:
  Progress(std::uint64_t total, std::function<void(FlowProgress)> const& report)
      : total_(total), report_(report) {}
  void step(std::int64_t rows) {
    look_for_stop();
    std::lock_guard const lock(mutex_);
    rows_ += static_cast<std::uint64_t>(rows);  // modulo 2^64: the sum never is negative
    if (report_) {
      report_({rows_, total_});
    }
  }

 private:
  std::uint64_t total_;
  std::function<void(FlowProgress)> const& report_;
  std::mutex mutex_;
  std::uint64_t rows_ = 0;
};

std::uint64_t rows_in(Manifest const& manifest, PartitionRange range) {
  std::uint64_t sum = 0;
  for (auto const& shard : manifest.shards) {
    for (auto p = range.first; p < range.last; ++p) {
      sum += shard.partition_rows[p];
    }
  }
  return sum;
}

/// A quarter of the budget is for finished rows, the rest for meters.
std::size_t runs_share(std::size_t memory_bytes) {
  return memory_bytes == 0 ? SIZE_MAX / 2 : memory_bytes / 4;
}

/// On the worker's own thread.
WorkerPlace place_of(WorkerPlan const& plan, std::size_t worker, Exec exec) {
  auto const& [device, device_bytes] = plan.workers[worker];
  exec.threads = plan.threads;
  if (device < 0) {
    return {exec, 0, nullptr};
  }
  exec.index = device;
  auto place = make_device_place(exec, device_bytes);
  exec = place->exec(exec);
  return {exec, device_bytes, std::move(place)};
}

class ShardStream {
 public:
  ShardStream(ShardFolder const& shards, FlowRequest request, StreamOptions const& options)
      : shards_(shards),
        request_(std::move(request)),
        options_(options),
        range_(options.partitions.value_or(PartitionRange{0, shards.manifest().partitions})),
        runs_(options.folder, runs_share(options.memory_bytes)),
        clock_(shards, request_.profile) {
    NTA_EXPECTS(range_.last <= shards.manifest().partitions, ErrorKind::usage,
                "--partition-range {}-{}: {} has {} partitions, so the last range ends at {}",
                range_.first, range_.last, shards.path().string(), shards.manifest().partitions,
                shards.manifest().partitions);
    request_.meter.join_files = shards.manifest().join;
    request_.profile = with_settled_clock(std::move(request_.profile));
    plan_ = plan_workers(request_.exec, range_.last - range_.first);
    auto const bound = options_.memory_bytes;
    auto const taken = runs_share(bound) + clock_.bytes();
    NTA_EXPECTS(bound == 0 || bound > taken, ErrorKind::usage,
                "the capture's packets are so far out of order that the profile's clock needs {} MB"
                " alone; allow more --memory",
                clock_.bytes() >> 20U);
    bytes_each_ = bound == 0 ? 0 : (bound - taken) / plan_.workers.size();
  }

  /// All rows of the folder into the sink, if their packets fit the budget at once.
  std::optional<RangeResult> compute_at_once(FeatureProvenance const& names, FeatureSink& sink) {
    auto const ranges = even_ranges(shards_.manifest(), range_, plan_.workers.size());
    auto const most = std::min<std::size_t>(meter_budget(bytes_each_).held_bytes / kHeldRowBytes,
                                            UINT32_MAX / 2);  // meters number packets by 32 bits
    bool const on_cpu = request_.exec.device == Exec::Device::cpu;
    auto const is_too_large = [&](PartitionRange range) {
      return rows_in(shards_.manifest(), range) > most;
    };
    if (!on_cpu || options_.partitions || std::any_of(ranges.begin(), ranges.end(), is_too_large)) {
      return std::nullopt;
    }
    Progress progress(rows_in(shards_.manifest(), range_), options_.progress);
    auto const context = context_for(place_of(plan_, 0, request_.exec), progress);
    return stream_ranges(context, ranges, names, sink);
  }

  UseCounts compute() {
    Progress progress(rows_in(shards_.manifest(), range_), options_.progress);
    std::mutex mutex;
    UseCounts use;
    share_partitions(range_, plan_.workers.size(), [&](std::size_t worker) -> PartitionJob {
      auto const context = std::make_shared<PartitionContext>(
          context_for(place_of(plan_, worker, request_.exec), progress));
      return [&, context](std::uint32_t partition) {
        auto const part = run_partition(*context, partition);
        std::lock_guard const lock(mutex);
        use.add(part);
      };
    });
    ::malloc_trim(0);  // what the workers gave back is the merge's now
    return use;
  }

  RowRuns& runs() { return runs_; }
  PartitionRange range() const { return range_; }

 private:
  /// Keys come on top, so the meters look again as they fill.
  static constexpr std::size_t kHeldRowBytes = BulkMeter::kPacketBytes;

  PartitionContext context_for(WorkerPlace&& place, Progress& progress) {
    return {shards_,
            request_,
            clock_,
            runs_,
            std::move(place),
            bytes_each_,
            [&progress](std::int64_t rows) { progress.step(rows); }};
  }

  ShardFolder const& shards_;
  FlowRequest request_;
  StreamOptions const& options_;
  PartitionRange range_;
  RowRuns runs_;
  GlobalClock clock_;
  WorkerPlan plan_;
  std::size_t bytes_each_ = 0;  // of a worker; 0: no bound
};

/// A sink that looks for a stop, too.
class StoppableSink : public FeatureSink {
 public:
  explicit StoppableSink(FeatureSink& to) : to_(to) {}
  void add(FeatureTable const& rows) override {
    look_for_stop();
    to_.add(rows);
  }
  void finish() override { to_.finish(); }

 private:
  FeatureSink& to_;
};

StreamResult finish_stream(ShardFolder const& shards, ShardStream& stream,
                           StreamOptions const& options, FeatureSink& sink) {
  StreamResult result;
  result.ingest = shards.manifest().ingest;
  StoppableSink stoppable(sink);
  FeatureProvenance names;
  name_captures(result.ingest, names, options.hash_captures);
  if (auto const all = stream.compute_at_once(names, stoppable)) {
    result.use = all->use;
    result.flows = all->flows;
    return result;
  }
  result.use = stream.compute();
  auto provenance = stream.runs().provenance();
  copy_names(names, provenance);
  if (options.partitions) {
    provenance.part = part_text({stream.range(), shards.manifest().partitions,
                                 sha256_file_hex(shards.path() / "manifest.json"), result.use});
  }
  result.flows = stream.runs().merge(provenance, stoppable);
  result.spilled_bytes = stream.runs().spilled_bytes();
  return result;
}

/// The captures need more than the budget.
struct BeyondBudget {};

/// Stays in the nearer caches; of a device the rows keep all multiprocessors busy.
std::size_t table_bytes(Exec const& exec) {
  return exec.device == Exec::Device::cpu ? std::size_t{4} << 20 : std::size_t{64} << 20;
}

/// The meter's rows straight into the sink, in tables of at most so many bytes.
void hand_over(BulkMeter& meter, Exec const& exec, std::size_t most_bytes,
               StreamOptions const& options, FeatureSink& sink, StreamResult& result) {
  FeatureProvenance names;
  name_captures(result.ingest, names, options.hash_captures);
  StoppableSink stoppable(sink);
  auto const use = [&](FeatureTable& rows) {
    copy_names(names, rows.provenance);
    result.flows += rows.size();
    stoppable.add(rows);
  };
  if (exec.device == Exec::Device::cuda || exec.threads <= 1) {
    meter.finish(most_bytes, [&](FeatureTable&& rows) { use(rows); });
  } else {  // the sink's work beside the meter's
    TableMaker maker([&](RowsOut const& out) { meter.finish(most_bytes, out); });
    auto columns = rows_like(maker.first(), 0);
    for (auto* rows = maker.next(); rows != nullptr; rows = maker.next()) {
      use(*rows);
    }
    if (result.flows == 0) {  // without rows nobody can tell which sequences there are: only then
      use(columns);
    }
  }
  result.use = meter.use();
}

/// From the decoder into one meter. Throws BeyondBudget if the open flows are too many, if rows
/// cannot wait elsewhere for a later packet, or if the packets do not fit the device.
StreamResult stream_at_once(IngestOptions const& ingest_options, FlowRequest const& request,
                            StreamOptions const& options, FeatureSink& sink) {
  auto const bound = options.memory_bytes;
  auto const worker = plan_workers(request.exec, 1).workers.front();
  auto exec = request.exec;
  exec.index = worker.device;  // the device whose memory was looked at
  auto const budget = meter_budget(bound == 0 ? 0 : bound - runs_share(bound), worker.device_bytes);
  RowRuns runs(options.folder, runs_share(bound));
  std::vector<RowRun> held;
  auto const hold = [&](FeatureTable&& rows) { held.push_back(runs.hold(std::move(rows))); };
  auto meter_options = request.meter;
  meter_options.join_files = ingest_options.join;
  BulkMeter meter(request.profile, meter_options, exec);
  FlowProgress progress;
  StreamResult result;
  auto const take = [&](PacketTable&& table, std::span<CaptureLink const> links) {
    look_for_stop();
    progress.rows += table.size();
    if (options.progress) {
      options.progress(progress);
    }
    meter.add(table, links);
    if (meter.held_bytes() <= budget.held_bytes && meter.device_memory() <= budget.device_bytes) {
      return;
    }
    if (!meter.can_carry() || meter.carried_bytes() > budget.carried_bytes) {
      throw BeyondBudget{};
    }
    meter.drain(budget.out_bytes, hold);
  };
  auto in_tables = ingest_options;
  in_tables.rows_per_table = rows_per_table(ingest_options, bound);
  in_tables.threads = request.exec.threads;
  in_tables.hash = options.hash_captures;
  result.ingest = ingest_linked(in_tables, take);
  if (held.empty()) {  // nothing has been drained, so all rows come in one ascending run
    hand_over(meter, exec, std::min(budget.out_bytes, table_bytes(exec)), options, sink, result);
    return result;
  }
  meter.finish(budget.out_bytes, hold);
  result.use = meter.use();
  runs.commit(std::move(held));
  auto provenance = runs.provenance();
  name_captures(result.ingest, provenance, options.hash_captures);
  StoppableSink stoppable(sink);
  result.flows = runs.merge(provenance, stoppable);
  result.spilled_bytes = runs.spilled_bytes();
  return result;
}

StreamResult stream_through_shards(IngestOptions const& ingest_options, FlowRequest const& request,
                                   StreamOptions const& options, FeatureSink& sink) {
  auto captures = ingest_options;
  captures.threads = request.exec.threads;
  TemporaryShards const temporary(captures,
                                  {options.folder, options.memory_bytes, [&](std::uint64_t rows) {
                                     if (options.progress) {
                                       options.progress({rows, 0});
                                     }
                                   }});
  auto const shards = ShardFolder::open(temporary.path());
  ShardStream stream(shards, request, options);
  return finish_stream(shards, stream, options, sink);
}

}  // namespace

void look_for_stop() {
  NTA_EXPECTS(stop_requested() == 0, ErrorKind::failed,
              "stopped by signal {} before all rows were there; nothing was written",
              stop_requested());
}

PartitionRange parse_partition_range(std::string const& text) {
  PartitionRange range;
  auto const* const end = text.data() + text.size();
  auto const first = std::from_chars(text.data(), end, range.first);
  bool const dash = first.ec == std::errc() && first.ptr != end && *first.ptr == '-';
  auto const last = dash ? std::from_chars(first.ptr + 1, end, range.last)
                         : std::from_chars_result{first.ptr, std::errc::invalid_argument};
  NTA_EXPECTS(
      last.ec == std::errc() && last.ptr == end && range.first < range.last, ErrorKind::usage,
      "--partition-range {}: expected A-B with A < B, which means partitions A to B - 1", text);
  return range;
}

StreamResult stream_flows_of_shards(std::filesystem::path const& folder, FlowRequest const& request,
                                    StreamOptions const& options, FeatureSink& sink) {
  auto const shards = ShardFolder::open(folder);
  ShardStream stream(shards, request, options);
  return finish_stream(shards, stream, options, sink);
}

StreamResult stream_flows_of_captures(IngestOptions const& ingest_options,
                                      FlowRequest const& request, StreamOptions const& options,
                                      FeatureSink& sink) {
  NTA_EXPECTS(!options.partitions, ErrorKind::usage,
              "--partition-range takes a shard folder; ingest the captures first");
  auto const& paths = ingest_options.paths;
  bool const once = std::find(paths.begin(), paths.end(), "-") != paths.end();
  bool const bound = options.memory_bytes > 0 || request.exec.device == Exec::Device::cuda;
  if (once && bound) {  // standard input cannot be read again
    return stream_through_shards(ingest_options, request, options, sink);
  }
  try {
    return stream_at_once(ingest_options, request, options, sink);
  } catch (BeyondBudget const&) {
    return stream_through_shards(ingest_options, request, options, sink);
  }
}

}  // namespace nta
