// Files of any format -> FeatureTable, by the experiment's flow rules.
#include "trainers/datasets/meter_source.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/datasets/flow_source.hpp"

#include <utility>

namespace nta {

SequenceSpec sequence_spec(SequenceConfig const& config) {
  SequenceSpec spec;
  spec.n = config.n.value_or(0);
  spec.packets =
      config.packets == SequencePackets::all ? SequenceFilter::all : SequenceFilter::payload;
  spec.size = config.size == SequenceSize::ip     ? SequenceBasis::ip
              : config.size == SequenceSize::wire ? SequenceBasis::wire
                                                  : SequenceBasis::payload;
  return spec;
}

namespace {

/// A capture that ends early gives the packets before the damage; whoever trains on it is told.
void add_notes(IngestResult const& ingest, std::vector<std::string>& notes) {
  for (CaptureInput const& input : ingest.inputs) {
    for (FileFault const& fault : input.faults) {
      notes.push_back(fault.text);
    }
  }
}

/// A stored table must have been made by the experiment's own rules.
FeatureTable checked_features(SourceFile const& file, FlowRequest const& request,
                              std::string const& set_sha256) {
  FeatureTable table = read_features_h5(file.path);
  NTA_EXPECTS(
      table.provenance.part.empty(), ErrorKind::data,
      "{} holds the flows of some partitions alone; join the parts with nta features --merge",
      file.path.string());
  NTA_EXPECTS(table.provenance.profile_sha256 == request.profile.sha256, ErrorKind::data,
              "{} was made by profile {}, the experiment asks for {} ({})", file.path.string(),
              table.provenance.profile_sha256.substr(0, 12), request.profile.name,
              request.profile.sha256.substr(0, 12));
  NTA_EXPECTS(table.provenance.set_sha256 == set_sha256, ErrorKind::data,
              "{} holds feature set {} ({}), the experiment asks for {} ({}); compute it again "
              "without --include and --exclude",
              file.path.string(), table.provenance.set_name,
              table.provenance.set_sha256.substr(0, 12), request.meter.features.set,
              set_sha256.substr(0, 12));
  return table;
}

/// A flow that goes on over captures would belong to two units of a split.
FlowResult separate_flows(std::filesystem::path const& folder, FlowRequest const& request) {
  auto const shards = ShardFolder::open(folder);
  NTA_EXPECTS(!shards.manifest().join || shards.manifest().ingest.inputs.size() < 2,
              ErrorKind::data,
              "{} was ingested with --join yes, so its flows go on from one capture into the next "
              "and no split can keep captures apart; ingest the captures again without it",
              folder.string());
  return flows_of_shards(folder, request);
}

}  // namespace

TableReader make_table_reader(Experiment const& experiment, Exec exec,
                              std::vector<std::string>& notes) {
  FlowRequest request;
  request.profile = load_profile(experiment.features.profile);
  request.meter.features.set = experiment.features.set;
  request.meter.sequence = sequence_spec(experiment.features.sequence);
  request.exec = exec;
  std::string const set_sha256 = select_features(request.meter.features).sha256;
  return [request, set_sha256, &notes](SourceFile const& file) {
    if (file.format == SourceFormat::features) {
      return checked_features(file, request, set_sha256);
    }
    IngestOptions options;
    options.paths = {file.path.string()};
    options.rows_per_table = kMeteredRows;
    FlowResult flows = file.format == SourceFormat::shards ? separate_flows(file.path, request)
                                                           : flows_of_captures(options, request);
    add_notes(flows.ingest, notes);
    return std::move(flows.table);
  };
}

BuiltDataset load_dataset(Experiment const& experiment, Exec exec) {
  std::vector<std::string> notes;
  TableReader const reader = make_table_reader(experiment, exec, notes);
  BuiltDataset built = build_dataset(experiment, read_sources(experiment.data, reader));
  built.report.notes = std::move(notes);
  return built;
}

}  // namespace nta
