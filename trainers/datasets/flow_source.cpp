#include "trainers/datasets/flow_source.hpp"

#include "libnta/core/sha256.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/flow_stream.hpp"

#include <utility>
#include <vector>

namespace nta {

void name_captures(IngestResult const& ingest, FeatureProvenance& provenance, bool hash) {
  provenance.captures.clear();
  provenance.capture_sha256.clear();
  for (auto const& input : ingest.inputs) {
    provenance.captures.push_back(input.path);
    std::error_code absent;
    bool const readable = hash && std::filesystem::is_regular_file(input.path, absent) &&
                          std::filesystem::file_size(input.path, absent) == input.bytes;
    bool const is_known = !input.sha256.empty();  // hashed on the way
    provenance.capture_sha256.push_back(!readable  ? ""
                                        : is_known ? input.sha256
                                                   : sha256_file_hex(input.path, look_for_stop));
  }
}

void copy_names(FeatureProvenance const& from, FeatureProvenance& to) {
  to.captures = from.captures;
  to.capture_sha256 = from.capture_sha256;
}

FlowResult flows_of_captures(IngestOptions const& options, FlowRequest const& request) {
  FlowResult result;
  MeterOptions meter_options = request.meter;
  meter_options.join_files = options.join;
  BulkMeter meter(request.profile, meter_options, request.exec);
  auto ingest_options = options;
  ingest_options.threads = request.exec.threads;
  ingest_options.hash = true;
  result.ingest = ingest_linked(ingest_options,
                                [&](PacketTable&& table, auto links) { meter.add(table, links); });
  result.table = meter.finish();
  result.use = meter.use();
  name_captures(result.ingest, result.table.provenance);
  return result;
}

FlowResult flows_of_shards(std::filesystem::path const& folder, FlowRequest const& request) {
  auto const shards = ShardFolder::open(folder);
  FlowResult result;
  result.ingest = shards.manifest().ingest;
  MeterOptions meter_options = request.meter;
  meter_options.join_files = shards.manifest().join;
  BulkMeter meter(request.profile, meter_options, request.exec);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    meter.add(shards.read(i), result.ingest.links);
  }
  result.table = meter.finish();
  result.use = meter.use();
  name_captures(result.ingest, result.table.provenance);
  return result;
}

bool is_shard_folder(std::filesystem::path const& path) {
  return std::filesystem::is_regular_file(path / "manifest.json") &&
         !std::filesystem::is_regular_file(path / "model.json");
}

}  // namespace nta
