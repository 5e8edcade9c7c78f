#include "trainers/datasets/series_source.hpp"

#include "kernels/bulk_meter.hpp"
#include "libnta/flows/host_windows.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/flow_source.hpp"

#include <utility>
#include <vector>

namespace nta {
namespace {

MeterOptions meter_options(bool join) {
  MeterOptions options;
  options.features = host_window_features();
  options.join_files = join;
  return options;
}

SeriesResult named(SeriesTable table, IngestResult ingest) {
  SeriesResult result{std::move(table), std::move(ingest)};
  name_captures(result.ingest, result.table.provenance);
  return result;
}

}  // namespace

SeriesResult host_windows_of_captures(IngestOptions const& options,
                                      HostWindowRequest const& request) {
  std::vector<PacketTable> tables;  // a table's keys name links that are complete only at the end
  auto outcome = ingest(options, [&](PacketTable&& table) { tables.push_back(std::move(table)); });
  BulkMeter meter(request.profile, meter_options(options.join), request.exec);
  HostWindows windows(request.profile, {.window_ns = request.window_ns,
                                        .join_files = options.join,
                                        .in_time_order = outcome.regressions == 0});
  for (auto& table : tables) {
    windows.add(table, outcome.links);
    meter.add(table, outcome.links);
    table = PacketTable{};
  }
  windows.add_flows(meter.finish());
  return named(windows.finish(), std::move(outcome));
}

SeriesResult host_windows_of_shards(std::filesystem::path const& folder,
                                    HostWindowRequest const& request) {
  auto const shards = ShardFolder::open(folder);
  bool const join = shards.manifest().join;
  IngestResult const& outcome = shards.manifest().ingest;
  BulkMeter meter(request.profile, meter_options(join), request.exec);
  HostWindows windows(request.profile, {.window_ns = request.window_ns,
                                        .join_files = join,
                                        .in_time_order = outcome.regressions == 0});
  for (std::size_t i = 0; i < shards.size(); ++i) {
    PacketTable const table = shards.read(i);
    windows.add(table, outcome.links);
    meter.add(table, outcome.links);
  }
  windows.add_flows(meter.finish());
  return named(windows.finish(), outcome);
}

SeriesResult link_load_of_captures(IngestOptions const& options, LinkLoadOptions load) {
  load.join_files = options.join;
  LinkLoad sums(std::move(load));
  auto outcome = ingest(options, [&](PacketTable&& table) { sums.add(table); });
  SeriesTable table = sums.finish(outcome.links);
  return named(std::move(table), std::move(outcome));
}

SeriesResult link_load_of_shards(std::filesystem::path const& folder, LinkLoadOptions load) {
  auto const shards = ShardFolder::open(folder);
  load.join_files = shards.manifest().join;
  LinkLoad sums(std::move(load));
  for (std::size_t i = 0; i < shards.size(); ++i) {
    sums.add(shards.read(i));
  }
  return named(sums.finish(shards.manifest().ingest.links), shards.manifest().ingest);
}

}  // namespace nta
