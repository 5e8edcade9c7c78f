#include "trainers/serving/flow_rows.hpp"

#include "libnta/config/sections/features.hpp"
#include "libnta/core/error.hpp"
#include "libnta/flows/feature_set.hpp"
#include "trainers/datasets/dataset_columns.hpp"
#include "trainers/datasets/meter_source.hpp"

#include <utility>

namespace nta {
namespace {

template <class E>
E named(std::string const& name) {
  for (auto const& entry : names(E{})) {
    if (entry.name == name) {
      return entry.value;
    }
  }
  fail(ErrorKind::data, "model.json: unknown sequence word '{}'", name);
}

SequenceConfig sequence_config(SequenceLayout const& layout) {
  SequenceConfig config;
  config.n = static_cast<int>(layout.n_steps);
  config.packets = named<SequencePackets>(layout.packets);
  config.size = named<SequenceSize>(layout.size);
  config.columns.clear();
  for (auto const& field : layout.fields) {
    config.columns.push_back(named<SequenceField>(field));
  }
  return config;
}

std::vector<std::string> column_names(FeatureTable const& table) {
  std::vector<std::string> out;
  for (auto const& column : table.features) {
    out.push_back(column.name);
  }
  return out;
}

std::vector<std::size_t> scorable(FeatureTable const& table, bool sequences) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!sequences || table.sequence.count[i] > 0) {
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

Profile profile_of_model(ModelMeta const& meta) {
  auto profile = parse_profile(meta.features.profile_json, "model.json");
  NTA_EXPECTS(profile.sha256 == meta.features.profile_sha256, ErrorKind::data,
              "model.json: the profile's hash is {}, its document's is {}",
              meta.features.profile_sha256, profile.sha256);
  return profile;
}

MeterOptions meter_of_model(ModelMeta const& meta) {
  MeterOptions options;
  options.features.set = meta.features.set_name;
  auto const set = select_features(options.features);
  NTA_EXPECTS(set.sha256 == meta.features.set_sha256, ErrorKind::data,
              "the model was trained on feature set {} with hash {}, this program computes {}; "
              "score with the program that trained it, or train again",
              meta.features.set_name, meta.features.set_sha256, set.sha256);
  if (meta.sequence.n_steps > 0) {
    options.sequence = sequence_spec(sequence_config(meta.sequence));
  }
  return options;
}

FlowScores score_flows(LoadedModel& model, FeatureTable table) {
  bool const sequences = model.meta.sequence.n_steps > 0;
  auto const columns = match_columns(model.meta, table.provenance.profile_sha256,
                                     sequences ? model.meta.sequence.fields : column_names(table));
  FlowScores out;
  out.scored = scorable(table, sequences);
  std::vector<RowPlace> rows;
  for (auto const flow : out.scored) {
    rows.push_back({0, static_cast<std::uint32_t>(flow)});
  }
  SourceTables sources;
  sources.files.push_back({});
  sources.tables.push_back(std::move(table));
  out.scores =
      sequences
          ? score_rows(model, gather_sequences(sources, rows, sequence_config(model.meta.sequence)))
          : score_rows(model, gather_columns(sources, rows, columns));
  out.table = std::move(sources.tables.front());
  return out;
}

}  // namespace nta
