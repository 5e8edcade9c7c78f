#include "trainers/datasets/series_source.hpp"

#include "kernels/bulk_meter.hpp"
#include "libnta/flows/host_windows.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/flow_source.hpp"
#include "trainers/datasets/flow_stream.hpp"
#include "trainers/datasets/temporary_shards.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace nta {
namespace {

/// Flows on their way into the windows of their starts.
class FlowsToWindows final : public FeatureSink {
 public:
  explicit FlowsToWindows(HostWindows& windows) : windows_(windows) {}
  void add(FeatureTable const& rows) override { windows_.add_flows(rows); }
  void finish() override {}

 private:
  HostWindows& windows_;
};

FlowRequest flow_request(HostWindowRequest const& request, bool join) {
  FlowRequest flows{request.profile, {}, request.exec};
  flows.meter.features = host_window_features();
  flows.meter.join_files = join;
  return flows;
}

HostWindows make_windows(HostWindowRequest const& request, bool join, IngestResult const& outcome) {
  return {request.profile,
          {.window_ns = request.window_ns,
           .join_files = join,
           .in_time_order = outcome.regressions == 0}};
}

StreamOptions stream_options(HostWindowRequest const& request) {
  StreamOptions options;
  options.memory_bytes = request.memory_bytes;
  options.folder = request.folder;
  return options;
}

SeriesResult named(SeriesTable table, IngestResult ingest) {
  SeriesResult result{std::move(table), std::move(ingest)};
  name_captures(result.ingest, result.table.provenance);
  return result;
}

/// Input that can be read once, without a bound: all packets are kept.
SeriesResult host_windows_of_kept_packets(IngestOptions const& options,
                                          HostWindowRequest const& request) {
  std::vector<PacketTable> tables;  // a table's keys name links that are complete only at the end
  auto outcome = ingest(options, [&](PacketTable&& table) {
    look_for_stop();
    tables.push_back(std::move(table));
  });
  BulkMeter meter(request.profile, flow_request(request, options.join).meter, request.exec);
  HostWindows windows = make_windows(request, options.join, outcome);
  for (auto& table : tables) {
    windows.add(table, outcome.links);
    meter.add(table, outcome.links);
    table = PacketTable{};
  }
  windows.add_flows(meter.finish());
  return named(windows.finish(), std::move(outcome));
}

}  // namespace

SeriesResult host_windows_of_captures(IngestOptions const& options,
                                      HostWindowRequest const& request) {
  if (std::find(options.paths.begin(), options.paths.end(), "-") != options.paths.end()) {
    if (request.memory_bytes == 0) {
      return host_windows_of_kept_packets(options, request);
    }
    TemporaryShards const temporary(options, {request.folder, request.memory_bytes, {}});
    return host_windows_of_shards(temporary.path(), request);
  }
  // Links, and whether windows may be closed on the way, are known only at the end of a pass.
  auto outcome = ingest(options, [](PacketTable&&) { look_for_stop(); });
  HostWindows windows = make_windows(request, options.join, outcome);
  ingest(options, [&](PacketTable&& table) {
    look_for_stop();
    windows.add(table, outcome.links);
  });
  FlowsToWindows sink(windows);
  stream_flows_of_captures(options, flow_request(request, options.join), stream_options(request),
                           sink);
  return named(windows.finish(), std::move(outcome));
}

SeriesResult host_windows_of_shards(std::filesystem::path const& folder,
                                    HostWindowRequest const& request) {
  auto const shards = ShardFolder::open(folder);
  bool const join = shards.manifest().join;
  IngestResult const& outcome = shards.manifest().ingest;
  HostWindows windows = make_windows(request, join, outcome);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    look_for_stop();
    windows.add(shards.read(i), outcome.links);
  }
  FlowsToWindows sink(windows);
  stream_flows_of_shards(folder, flow_request(request, join), stream_options(request), sink);
  return named(windows.finish(), outcome);
}

SeriesResult link_load_of_captures(IngestOptions const& options, LinkLoadOptions load) {
  load.join_files = options.join;
  LinkLoad sums(std::move(load));
  auto outcome = ingest(options, [&](PacketTable&& table) {
    look_for_stop();
    sums.add(table);
  });
  SeriesTable table = sums.finish(outcome.links);
  return named(std::move(table), std::move(outcome));
}

SeriesResult link_load_of_shards(std::filesystem::path const& folder, LinkLoadOptions load) {
  auto const shards = ShardFolder::open(folder);
  load.join_files = shards.manifest().join;
  LinkLoad sums(std::move(load));
  for (std::size_t i = 0; i < shards.size(); ++i) {
    look_for_stop();
    sums.add(shards.read(i));
  }
  return named(sums.finish(shards.manifest().ingest.links), shards.manifest().ingest);
}

}  // namespace nta
